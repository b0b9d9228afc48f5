import FoxFiles

/// An object of a JSON file that knows where it stands.
struct JSONReader {
  let json: JSON
  let place: String
  let file: String

  init(_ json: JSON, _ place: String, _ file: String) throws(Fault) {
    _ = try json.expect(\.object, "an object", place, file)
    self.json = json
    self.place = place
    self.file = file
  }

  /// Refuses members that are not in `keys`.
  func allow(_ keys: Set<String>) throws(Fault) {
    for member in json.object?.members ?? [] where !keys.contains(member.key) {
      throw unsupported("\"\(member.key)\" in \(place)")
    }
  }

  /// The value of `key` unless it is absent or null.
  func present(_ key: String) -> JSON? {
    guard let value = json[key], !value.isNull else { return Optional.none }
    return value
  }

  func optional<Value>(
    _ key: String, _ value: (JSON) -> Value?, _ expected: String
  ) throws(Fault) -> Value? {
    guard let found = present(key) else { return nil }
    return try found.expect(value, expected, "\(place), \"\(key)\"", file)
  }

  func required<Value>(
    _ key: String, _ value: (JSON) -> Value?, _ expected: String
  ) throws(Fault) -> Value {
    if let found = try optional(key, value, expected) { return found }
    throw Fault(file, at: "\(place), \"\(key)\"", found: "nothing", expected: expected)
  }

  func unsupported(_ feature: String) -> Fault {
    .unsupported(file, feature)
  }

  /// The `type` of a part, quoted; what it is when it has none.
  static func type(of json: JSON) -> String {
    json["type"]?.string.map { "\"\($0)\"" } ?? "without a type"
  }
}

// What the `tokenizer.json` of any tokenizer has.
extension JSONReader {
  /// The document, with the members and the version that are known.
  init(tokenizer json: JSON, _ file: String) throws(Fault) {
    try self.init(json, "the document", file)
    try allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    if let version = try optional("version", \.string, "a string"), version != "1.0" {
      throw unsupported("the version \"\(version)\"")
    }
  }

  func part(
    _ name: String, _ type: String, _ members: Set<String>
  ) throws(Fault) -> JSONReader {
    guard let json = present(name) else { throw unsupported("a tokenizer without \(name)") }
    let found = Self.type(of: json)
    if found != "\"\(type)\"" { throw unsupported("the \(name) \(found)") }
    let reader = try JSONReader(json, name, file)
    try reader.allow(members)
    return reader
  }

  /// The model, of this type. Early files, GPT-2's own among them, do not name it: then it is what has
  /// the member `mark`.
  func model(_ type: String, markedBy mark: String) throws(Fault) -> JSONReader {
    let model = try JSONReader(required("model", { $0 }, "an object"), "model", file)
    if model.present("type") != nil || model.present(mark) == nil {
      let found = Self.type(of: model.json)
      if found != "\"\(type)\"" { throw unsupported("the model \(found)") }
    }
    return model
  }

  /// The vocabulary with the added tokens: their ids are those of the vocabulary, or the next free
  /// ones, in order.
  func addedTokens(_ vocabulary: TokenTable) throws(Fault) -> AddedTokenList {
    var added = AddedTokenList(
      file: file, vocabulary: vocabulary, words: vocabulary.count, isJSON: true)
    let list = try optional("added_tokens", \.array, "an array") ?? []
    for (index, json) in list.enumerated() {
      try added.add(listed: addedToken(json, "added_tokens[\(index)]"))
    }
    return added
  }

  private func addedToken(_ json: JSON, _ place: String) throws(Fault) -> AddedToken {
    let reader = try JSONReader(json, place, file)
    try reader.allow([
      "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
    ])
    func flag(_ key: String) throws(Fault) -> Bool {
      try reader.required(key, \.bool, "true or false")
    }
    return AddedToken(
      try reader.required("content", \.string, "a string"),
      id: try reader.required("id", \.integer, "an integer"), special: try flag("special"),
      singleWord: try flag("single_word"), stripsLeft: try flag("lstrip"),
      stripsRight: try flag("rstrip"), normalized: try flag("normalized"))
  }
}
