import FoxFiles

extension GPT2Tokenizer {
  /// Reads the tokenizer of a model folder.
  ///
  /// From `tokenizer.json` when there is one, else from `vocab.json` and `merges.txt`, else, under
  /// their older names, from `encoder.json` and `vocab.bpe`. An `add_prefix_space` in
  /// `tokenizer_config.json` takes precedence over that of the other files. Tokens are added by
  /// `added_tokens.json`, `special_tokens_map.json` and `tokenizer_config.json`.
  ///
  /// - Throws: `Fault`, naming file and place.
  ///
  /// Spec: `BPE-12`, `BPE-18`.
  public init(folder: String) throws(Fault) {
    func path(_ name: String) -> String { "\(folder)/\(name)" }
    if let json = try MappedFile.ifPresent(path("tokenizer.json")) {
      try self.init(json: json, folder: folder)
      return
    }
    for names in [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")] {
      guard let vocabulary = try MappedFile.ifPresent(path(names.0)) else { continue }
      let merges = try MappedFile(path: path(names.1))
      try self.init(vocabulary: vocabulary, merges: merges, folder: folder)
      return
    }
    throw .noTokenizer(folder)
  }

  /// Reads a vocabulary (a JSON object of ids by token) and its merges (a line each).
  ///
  /// `<|endoftext|>` is a special token; when the vocabulary lacks it, it gets the next id.
  ///
  /// - Throws: `Fault`, naming file and place.
  public init(vocabularyPath: String, mergesPath: String) throws(Fault) {
    try self.init(
      vocabulary: try MappedFile(path: vocabularyPath), merges: try MappedFile(path: mergesPath),
      folder: nil)
  }

  private init(
    vocabulary: MappedFile, merges: MappedFile, folder: String?
  ) throws(Fault) {
    let json = try vocabulary.json()
    let tokens = try TokenTable(json, file: vocabulary.path, place: "the document")
    var builder = MergeBuilder(tokens, file: merges.path, capacity: tokens.count)
    try withExtendedLifetime(merges) { () throws(Fault) in
      try builder.add(lines: merges.bytes.bindMemory(to: UInt8.self))
    }
    try builder.checkIsComplete()
    var list = AddedTokenList(
      file: vocabulary.path, vocabulary: tokens, words: tokens.count, isJSON: false)
    let end = Self.endOfText
    let defaults = ["bos_token": end, "eos_token": end, "unk_token": end]
    var options = Options()
    if let folder {
      options.addsPrefixSpace = try Self.prefixSpace(folder) ?? false
      options.padding = try list.addSpecial(folder: folder, defaults: defaults)
    } else {
      for token in SpecialTokenFiles(defaults: defaults).specials { try list.add(special: token) }
    }
    self.init(merges: builder.table, list, options: options)
  }

  static func prefixSpace(_ folder: String) throws(Fault) -> Bool? {
    guard let file = try MappedFile.ifPresent("\(folder)/tokenizer_config.json") else { return nil }
    guard let value = try file.json()["add_prefix_space"], !value.isNull else { return nil }
    return try value.expect(\.bool, "true or false", "add_prefix_space", file.path)
  }
}

extension AddedTokenList {
  /// Adds the added and special tokens that the other files of a GPT-2 folder name.
  ///
  /// - Returns: The padding token, where they name one.
  mutating func addSpecial(
    folder: String, defaults: [String: String]
  ) throws(Fault) -> PaddingToken? {
    let files = try SpecialTokenFiles(folder: folder, defaults: defaults)
    try add(folder: folder, files)
    for token in files.specials { try add(special: token) }
    guard let padding = files.named["pad_token"]?.content, let id = id(of: padding) else {
      return nil
    }
    return PaddingToken(id: id, token: padding)
  }
}

extension TokenTable {
  /// Reads an object of ids by token.
  ///
  /// - Throws: `Fault`; the JSON reader has already refused a token that appears twice.
  init(_ json: JSON, file: String, place: String) throws(Fault) {
    let members = try json.expect(\.object, "an object of ids by token", place, file).members
    self.init(capacity: members.count)
    for (token, value) in members {
      let id = try value.expect(\.integer, "an integer", "the id of \"\(token)\"", file)
      if id < 0 || id >= Self.idLimit {
        throw Fault(
          file, at: "the id of \(shown(token))", found: "\(id)",
          expected: "0 to \(Self.idLimit - 1)")
      }
      if let other = text(id) { throw .sameID(file, id, other, token) }
      if token.isEmpty {
        throw Fault(
          file, at: "the token of id \(id)", found: "an empty string",
          expected: "a character or more")
      }
      var spelling = token
      spelling.withUTF8 { insert($0, id: id) }
    }
  }
}

extension MappedFile {
  /// Opens the file at `path`, if there is one.
  static func ifPresent(_ path: String) throws(Fault) -> MappedFile? {
    do { return try MappedFile(path: path) } catch {
      if error == .fileMissing(path: path) { return nil }
      throw error
    }
  }

  func json() throws(Fault) -> JSON {
    try withBytes { bytes throws(Fault) in try JSON.parse(bytes, in: path) }
  }
}

extension JSON {
  /// This value as a `Value`, or an error that says where it stands.
  func expect<Value>(
    _ value: (JSON) -> Value?, _ expected: String, _ place: @autoclosure () -> String,
    _ file: String
  ) throws(Fault) -> Value {
    guard let value = value(self) else {
      throw Fault(file, at: place(), found: kind, expected: expected)
    }
    return value
  }
}
