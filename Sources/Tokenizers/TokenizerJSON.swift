import Bytes

extension GPT2Tokenizer {
  /// Reads a `tokenizer.json`: a byte-level BPE model with the ByteLevel pre-tokenizer, decoder and
  /// (or `null`) post-processor, and added tokens.
  ///
  /// What the file asks for is done or refused by name; nothing is passed over. Its truncation and
  /// padding are the exception: they are defaults which every call of transformers resets.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  ///
  /// Spec: `BPE-14`.
  public init(jsonPath: String) throws(TokenizerError) {
    try self.init(json: try MappedFile.opened(jsonPath), addsPrefixSpace: nil)
  }

  init(json file: MappedFile, addsPrefixSpace: Bool?) throws(TokenizerError) {
    let reader = try TokenizerJSON(file.json(), file: file.path)
    var options = try reader.options()
    if let addsPrefixSpace { options.addsPrefixSpace = addsPrefixSpace }
    let (vocabulary, merges) = try reader.model()
    let added = try reader.addedTokens(vocabulary)
    self.init(vocabulary: vocabulary, merges: merges, added: added, options: options)
  }
}

/// The parts of a tokenizer.json.
private struct TokenizerJSON {
  private let root: JSONReader

  init(_ json: JSON, file: String) throws(TokenizerError) {
    root = try JSONReader(json, "the document", file)
    try root.allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    if let version = try root.optional("version", \.string, "a string"), version != "1.0" {
      throw root.unsupported("the version \"\(version)\"")
    }
    if let normalizer = root.present("normalizer") {
      throw root.unsupported("the normalizer \(JSONReader.type(of: normalizer))")
    }
  }

  func options() throws(TokenizerError) -> GPT2Tokenizer.Options {
    let pre = try byteLevel("pre_tokenizer")
    _ = try byteLevel("decoder")
    var options = GPT2Tokenizer.Options(
      addsPrefixSpace: try pre.required("add_prefix_space", \.bool, "true or false"),
      splitsWords: try pre.optional("use_regex", \.bool, "true or false") ?? true)
    if root.present("post_processor") != nil {
      let post = try byteLevel("post_processor")
      if try post.required("trim_offsets", \.bool, "true or false") {
        let keeps = try post.required("add_prefix_space", \.bool, "true or false")
        options.trims = .init(keepsFirst: keeps)
      }
    }
    return options
  }

  private func byteLevel(_ part: String) throws(TokenizerError) -> JSONReader {
    guard let json = root.present(part) else {
      throw root.unsupported("a tokenizer without \(part)")
    }
    let type = JSONReader.type(of: json)
    if type != "\"ByteLevel\"" { throw root.unsupported("the \(part) \(type)") }
    let reader = try JSONReader(json, part, root.file)
    try reader.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
    return reader
  }

  func model() throws(TokenizerError) -> (Vocabulary, MergeTable) {
    let model = try JSONReader(
      root.required("model", { $0 }, "an object"), "model", root.file)
    // Early files, GPT-2's own among them, do not name the type; what has merges is BPE.
    if model.present("type") != nil || model.present("merges") == nil {
      let type = JSONReader.type(of: model.json)
      if type != "\"BPE\"" { throw root.unsupported("the model \(type)") }
    }
    try refuseOptions(of: model)
    let vocabulary = try Vocabulary(
      model.required("vocab", { $0 }, "an object"), file: root.file, place: "model.vocab")
    try refuseUnknown(model, vocabulary)
    let merges = try model.required("merges", \.array, "an array")
    var builder = MergeBuilder(vocabulary, file: root.file, capacity: merges.count)
    for (index, merge) in merges.enumerated() { try builder.add(merge, at: index) }
    try builder.checkIsComplete()
    return (vocabulary, builder.table)
  }

  /// Options that are off are harmless; those that are on would change the tokens.
  private func refuseOptions(of model: JSONReader) throws(TokenizerError) {
    try model.allow([
      "type", "vocab", "merges", "unk_token", "dropout", "continuing_subword_prefix",
      "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
    ])
    if model.present("dropout") != nil { throw root.unsupported("model.dropout") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try model.optional(key, \.string, "a string"), !text.isEmpty {
        throw root.unsupported("model.\(key) \"\(text)\"")
      }
    }
    for key in ["fuse_unk", "byte_fallback", "ignore_merges"] {
      if try model.optional(key, \.bool, "true or false") == true {
        throw root.unsupported("model.\(key)")
      }
    }
  }

  /// An unknown token does nothing while every byte has a token of its own.
  private func refuseUnknown(
    _ model: JSONReader, _ vocabulary: Vocabulary
  ) throws(TokenizerError) {
    guard let token = try model.optional("unk_token", \.string, "a string") else { return }
    let isComplete = (0...255).allSatisfy { (byte: UInt8) in
      vocabulary.id(ByteAlphabet.spell([byte])) != nil
    }
    if !isComplete {
      throw root.unsupported("model.unk_token \"\(token)\" where bytes have no token")
    }
  }

  /// The added tokens with their ids: that of the vocabulary, or the next free one, in order.
  func addedTokens(_ vocabulary: Vocabulary) throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    var next = vocabulary.count
    let list = try root.optional("added_tokens", \.array, "an array") ?? []
    for (index, json) in list.enumerated() {
      let token = try addedToken(json, "added_tokens[\(index)]")
      if token.content.isEmpty { continue }
      if tokens.contains(where: { UTF8Key.equal($0.content, token.content) }) {
        throw .duplicateAddedToken(file: root.file, token: token.content)
      }
      let known = vocabulary.id(token.content)
      let assigned = known ?? next
      if assigned != token.id {
        throw .addedTokenID(
          file: root.file, token: token.content, assigned: assigned, stated: token.id)
      }
      try GPT2Tokenizer.check(token, isFreeIn: vocabulary, file: root.file)
      if known == nil { next += 1 }
      tokens.append(token)
    }
    return tokens
  }

  private func addedToken(_ json: JSON, _ place: String) throws(TokenizerError) -> AddedToken {
    let reader = try JSONReader(json, place, root.file)
    try reader.allow([
      "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
    ])
    func flag(_ key: String) throws(TokenizerError) -> Bool {
      try reader.required(key, \.bool, "true or false")
    }
    return AddedToken(
      try reader.required("content", \.string, "a string"),
      id: try reader.required("id", \.integer, "an integer"), special: try flag("special"),
      singleWord: try flag("single_word"), stripsLeft: try flag("lstrip"),
      stripsRight: try flag("rstrip"), normalized: try flag("normalized"))
  }
}

extension MergeBuilder {
  /// Adds an element of `model.merges`: `"a b"`, or `["a", "b"]` as newer files have it.
  fileprivate mutating func add(_ json: JSON, at index: Int) throws(TokenizerError) {
    if case .string(let text) = json {
      try Array(text.utf8).withBuffer { line throws(TokenizerError) in
        try add(line[...], at: .index(index))
      }
      return
    }
    let expected = "\"a b\" or [\"a\", \"b\"]"
    let pair = try json.expect(\.array, expected, "model.merges[\(index)]", file)
    guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else {
      throw .malformed(
        file: file, place: "model.merges[\(index)]", expected: expected, found: "another array")
    }
    try Array((left + right).utf8).withBuffer { both throws(TokenizerError) in
      try add(both[..<left.utf8.count], both[left.utf8.count...], at: .index(index))
    }
  }
}

/// An object of a JSON file that knows where it stands.
private struct JSONReader {
  let json: JSON
  let place: String
  let file: String

  init(_ json: JSON, _ place: String, _ file: String) throws(TokenizerError) {
    _ = try json.expect(\.object, "an object", place, file)
    self.json = json
    self.place = place
    self.file = file
  }

  /// Refuses members that are not in `keys`.
  func allow(_ keys: Set<String>) throws(TokenizerError) {
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
  ) throws(TokenizerError) -> Value? {
    guard let found = present(key) else { return nil }
    return try found.expect(value, expected, "\(place), \"\(key)\",", file)
  }

  func required<Value>(
    _ key: String, _ value: (JSON) -> Value?, _ expected: String
  ) throws(TokenizerError) -> Value {
    if let found = try optional(key, value, expected) { return found }
    throw .malformed(
      file: file, place: "\(place), \"\(key)\",", expected: expected, found: "nothing")
  }

  func unsupported(_ feature: String) -> TokenizerError {
    .unsupported(file: file, feature: feature)
  }

  /// The `type` of a part, quoted; what it is when it has none.
  static func type(of json: JSON) -> String {
    json["type"]?.string.map { "\"\($0)\"" } ?? "without a type"
  }
}
