import FoxFiles

extension GPT2Tokenizer {
  /// Reads the tokenizer of a model folder.
  ///
  /// From `tokenizer.json` when there is one, else from `vocab.json` and `merges.txt`, else, under
  /// their older names, from `encoder.json` and `vocab.bpe`. An `add_prefix_space` in
  /// `tokenizer_config.json` takes precedence over that of the other files.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  ///
  /// Spec: `BPE-12`.
  public init(folder: String) throws(TokenizerError) {
    func path(_ name: String) -> String { "\(folder)/\(name)" }
    if let json = try MappedFile.ifPresent(path("tokenizer.json")) {
      try self.init(json: json, addsPrefixSpace: Self.prefixSpace(folder))
      return
    }
    for names in [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")] {
      guard let vocabulary = try MappedFile.ifPresent(path(names.0)) else { continue }
      let merges = try MappedFile.opened(path(names.1))
      try Self.refuseAddedTokens(folder)
      try self.init(
        vocabulary: vocabulary, merges: merges, addsPrefixSpace: Self.prefixSpace(folder) ?? false)
      return
    }
    throw .noTokenizer(folder: folder)
  }

  /// Reads a vocabulary (a JSON object of ids by token) and its merges (a line each).
  ///
  /// `<|endoftext|>` is a special token; when the vocabulary lacks it, it gets the next id.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  public init(vocabularyPath: String, mergesPath: String) throws(TokenizerError) {
    try self.init(
      vocabulary: try MappedFile.opened(vocabularyPath), merges: try MappedFile.opened(mergesPath),
      addsPrefixSpace: false)
  }

  private init(
    vocabulary: MappedFile, merges: MappedFile, addsPrefixSpace: Bool
  ) throws(TokenizerError) {
    let json = try vocabulary.json()
    let tokens = try TokenTable(json, file: vocabulary.path, place: "the document")
    var builder = MergeBuilder(tokens, file: merges.path, capacity: tokens.count)
    try withExtendedLifetime(merges) { () throws(TokenizerError) in
      try builder.add(lines: merges.bytes.bindMemory(to: UInt8.self))
    }
    try builder.checkIsComplete()
    let end = AddedToken(
      Self.endOfText, id: tokens.id(Self.endOfText) ?? tokens.count, special: true)
    try Self.check(end, isFreeIn: tokens, file: vocabulary.path)
    self.init(
      vocabulary: tokens, merges: builder.table, added: [end],
      options: Options(addsPrefixSpace: addsPrefixSpace))
  }

  /// An added token may take the id of a vocabulary token of the same spelling, or a new one.
  static func check(
    _ token: AddedToken, isFreeIn vocabulary: TokenTable, file: String
  ) throws(TokenizerError) {
    if let other = vocabulary.text(token.id), !UTF8Key.equal(other, token.content) {
      throw .duplicateID(file: file, id: token.id, tokens: [other, token.content])
    }
  }

  private static func prefixSpace(_ folder: String) throws(TokenizerError) -> Bool? {
    guard let file = try MappedFile.ifPresent("\(folder)/tokenizer_config.json") else { return nil }
    guard let value = try file.json()["add_prefix_space"], !value.isNull else { return nil }
    return try value.expect(\.bool, "true or false", "add_prefix_space", file.path)
  }

  /// Older folders keep added tokens in a file of their own; to read the vocabulary without it
  /// would give wrong ids.
  private static func refuseAddedTokens(_ folder: String) throws(TokenizerError) {
    guard let file = try MappedFile.ifPresent("\(folder)/added_tokens.json") else { return }
    guard let tokens = try file.json().object else { return }
    if tokens.members.contains(where: { !UTF8Key.equal($0.key, endOfText) }) {
      throw .unsupported(
        file: file.path, feature: "a list of added tokens without a tokenizer.json")
    }
  }
}

extension TokenTable {
  /// Reads an object of ids by token.
  ///
  /// - Throws: ``TokenizerError``; the JSON reader has already refused a token that appears twice.
  init(_ json: JSON, file: String, place: String) throws(TokenizerError) {
    let members = try json.expect(\.object, "an object of ids by token", place, file).members
    self.init(capacity: members.count)
    for (token, value) in members {
      let id = try value.expect(\.integer, "an integer", "the id of \"\(token)\"", file)
      if id < 0 || id >= Self.idLimit {
        throw .idOutOfRange(file: file, token: token, id: id, limit: Self.idLimit)
      }
      if let other = text(id) { throw .duplicateID(file: file, id: id, tokens: [other, token]) }
      if token.isEmpty {
        throw .malformed(
          file: file, place: "the token of id \(id)", expected: "a character or more",
          found: "an empty string")
      }
      var spelling = token
      spelling.withUTF8 { insert($0, id: id) }
    }
  }
}

extension MappedFile {
  /// Opens the file at `path`, if there is one.
  static func ifPresent(_ path: String) throws(TokenizerError) -> MappedFile? {
    do { return try MappedFile(path: path) } catch {
      if case .fileMissing = error { return nil }
      throw .file(error)
    }
  }

  /// Opens the file at `path`.
  static func opened(_ path: String) throws(TokenizerError) -> MappedFile {
    do { return try MappedFile(path: path) } catch { throw .file(error) }
  }

  /// The JSON document in the file.
  func json() throws(TokenizerError) -> JSON {
    do throws(BytesError) {
      return try withBytes { bytes throws(BytesError) in try JSON.parse(bytes) }
    } catch {
      throw .file(error.in(path: path))
    }
  }
}

extension JSON {
  /// This value as a `Value`, or an error that says where it stands.
  func expect<Value>(
    _ value: (JSON) -> Value?, _ expected: String, _ place: @autoclosure () -> String,
    _ file: String
  ) throws(TokenizerError) -> Value {
    guard let value = value(self) else {
      throw .malformed(file: file, place: place(), expected: expected, found: kind)
    }
    return value
  }
}
