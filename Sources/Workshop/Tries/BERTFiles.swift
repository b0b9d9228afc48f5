import FoxFiles

extension BERTTokenizer {
  /// Reads the tokenizer of a model folder.
  ///
  /// From `tokenizer.json` when there is one, else from `vocab.txt`. `tokenizer_config.json` may
  /// say `do_lower_case`, `strip_accents` and `tokenize_chinese_chars`, which take precedence, and
  /// `model_max_length`; it and `special_tokens_map.json` may name other special tokens;
  /// `added_tokens.json` may add tokens.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  ///
  /// Spec: `WP-12`.
  public init(folder: String) throws(TokenizerError) {
    let configuration = try BERTConfiguration(folder: folder)
    var parts: BERTParts
    if let json = try MappedFile.ifPresent("\(folder)/tokenizer.json") {
      parts = try BERTParts(json: json)
    } else if let lines = try MappedFile.ifPresent("\(folder)/vocab.txt") {
      parts = try BERTParts(lines: lines)
    } else {
      throw .noTokenizer(folder: folder)
    }
    configuration.change(&parts.options)
    if let list = try MappedFile.ifPresent("\(folder)/added_tokens.json") {
      try parts.add(list, specials: configuration.specials)
    }
    try self.init(parts, configuration)
  }

  /// Reads a vocabulary, one token a line: the id of a token is the number of its line.
  ///
  /// - Throws: ``TokenizerError``, naming file and line.
  public init(vocabularyPath: String, lowercases: Bool = true) throws(TokenizerError) {
    var parts = try BERTParts(lines: MappedFile.opened(vocabularyPath))
    parts.options.normalizer.lowercases = lowercases
    try self.init(parts, BERTConfiguration())
  }

  /// Reads a `tokenizer.json` of a WordPiece model.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  public init(jsonPath: String) throws(TokenizerError) {
    try self.init(BERTParts(json: MappedFile.opened(jsonPath)), BERTConfiguration())
  }

  private init(
    _ parts: BERTParts, _ configuration: BERTConfiguration
  ) throws(TokenizerError) {
    var parts = parts
    names = configuration.names
    vocabulary = parts.vocabulary
    let unknown = parts.unknown ?? names.unknown
    guard let unknownID = vocabulary.id(unknown) else {
      throw .tokenMissing(file: parts.file, token: unknown, purpose: "unknown words")
    }
    for token in configuration.specials { try parts.add(special: token) }
    parts.options.unknownID = unknownID
    options = parts.options
    guard
      let trie = WordPieceTrie(
        vocabulary, continuingPrefix: options.continuingPrefix,
        longest: options.continuingPrefix.utf8.count + 4 * options.longestWord)
    else { throw .unsupported(file: parts.file, feature: "a vocabulary of this size") }
    self.trie = trie
    let normalizer = options.normalizer
    added = AddedTokens(parts.added, in: vocabulary) { normalizer.normalized($0) }
    let (classifier, separator) = (names.classifier, names.separator)
    template =
      parts.template
      ?? .bert(
        classifier: (parts.id(of: classifier) ?? 0, classifier),
        separator: (parts.id(of: separator) ?? 0, separator))
    let end = (parts.added.map(\.id).max() ?? -1) + 1
    size = (max(vocabulary.endID, end), parts.count)
  }
}

extension BERTNormalizer {
  /// A normalized text.
  func normalized(_ text: String) -> [UInt8] {
    var text = text
    var result = NormalizedText()
    text.withUTF8 { append($0, 0..<$0.count, first: 0, to: &result) }
    return result.bytes
  }
}

/// What the files of a tokenizer say.
struct BERTParts: Sendable {
  /// The file of the vocabulary.
  let file: String
  let vocabulary: TokenTable
  /// Number of different lines, or tokens, of the vocabulary.
  let words: Int
  var added: [AddedToken] = []
  var options = BERTTokenizer.Options()
  /// What a tokenizer.json says; `nil` when it is to be BERT's own.
  var template: EncodingTemplate?
  var unknown: String?
  private let isJSON: Bool

  init(file: String, vocabulary: TokenTable, words: Int, isJSON: Bool) {
    self.file = file
    self.vocabulary = vocabulary
    self.words = words
    self.isJSON = isJSON
  }

  /// Number of tokens, added ones included: the id that the next one gets.
  var count: Int { words + added.count { vocabulary.id($0.content) == nil } }

  func id(of token: String) -> Int? {
    added.first { UTF8Key.equal($0.content, token) }?.id ?? vocabulary.id(token)
  }

  /// Makes a token special, and adds it when it is not there. Then it gets the next id, as in the
  /// reference; a model may have no room for it.
  mutating func add(special token: AddedToken) throws(TokenizerError) {
    if token.content.isEmpty { return }
    if let index = added.firstIndex(where: { UTF8Key.equal($0.content, token.content) }) {
      added[index].special = true
      return
    }
    var token = token
    token.special = true
    token.id = vocabulary.id(token.content) ?? count
    try GPT2Tokenizer.check(token, isFreeIn: vocabulary, file: file)
    added.append(token)
  }

  /// Adds the tokens of an `added_tokens.json`, which are numbered on from the vocabulary.
  mutating func add(_ list: MappedFile, specials: [AddedToken]) throws(TokenizerError) {
    let members = try list.json().expect(
      \.object, "an object of ids by token", "the document", list.path
    ).members
    var tokens: [(content: String, id: Int)] = []
    for (content, id) in members {
      let place = "the id of \"\(content)\""
      tokens.append((content, try id.expect(\.integer, "an integer", place, list.path)))
    }
    for (content, id) in tokens.sorted(by: { $0.id < $1.id }) where !content.isEmpty {
      let known = isJSON ? self.id(of: content) : nil
      let assigned = known ?? count
      if id != assigned || (!isJSON && self.id(of: content) != nil) {
        throw .addedTokenID(file: list.path, token: content, assigned: assigned, stated: id)
      }
      if known != nil { continue }
      let isSpecial = specials.contains { UTF8Key.equal($0.content, content) }
      let token = AddedToken(content, id: id, special: isSpecial, normalized: !isSpecial)
      try GPT2Tokenizer.check(token, isFreeIn: vocabulary, file: list.path)
      added.append(token)
    }
  }
}

extension BERTParts {
  /// Reads a vocabulary of lines, which end with LF, CR LF or CR. The last of equal lines counts;
  /// an empty line has an id that no text gets.
  init(lines file: MappedFile) throws(TokenizerError) {
    defer { extendLifetime(file) }
    let bytes = file.bytes.bindMemory(to: UInt8.self)
    let lines = try Self.lines(bytes, file.path)
    var vocabulary = TokenTable(capacity: lines.count)
    var hasEmpty = false
    for (id, line) in lines.enumerated().reversed() {
      let spelling = UTF8Buffer(rebasing: bytes[line])
      if spelling.isEmpty {
        hasEmpty = true
      } else if vocabulary.id(spelling) == nil {
        vocabulary.insert(spelling, id: id)
      }
    }
    let words = vocabulary.count + (hasEmpty ? 1 : 0)
    self.init(file: file.path, vocabulary: vocabulary, words: words, isJSON: false)
  }

  private static func lines(
    _ bytes: UTF8Buffer, _ file: String
  ) throws(TokenizerError) -> [Range<Int>] {
    func wrong(_ place: String, _ expected: String, _ found: String) -> TokenizerError {
      .malformed(file: file, place: place, expected: expected, found: found)
    }
    if bytes.isEmpty { throw wrong("the vocabulary", "a token on each line", "an empty file") }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw wrong("line 1", "a token", "a byte-order mark; save the file without one")
    }
    var lines: [Range<Int>] = []
    var start = 0
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte != 0x0A, byte != 0x0D { continue }
      lines.append(start..<place - 1)
      if byte == 0x0D, place < bytes.count, bytes[place] == 0x0A { place += 1 }
      start = place
    }
    if start < bytes.count { lines.append(start..<bytes.count) }
    if lines.count > TokenTable.idLimit {
      throw wrong("the vocabulary", "at most \(TokenTable.idLimit) lines", "\(lines.count)")
    }
    let valid = validUTF8Prefix(bytes)
    if valid < bytes.count {
      let line = lines.firstIndex { $0.upperBound >= valid } ?? lines.count - 1
      throw wrong("line \(line + 1)", "UTF-8", "other bytes")
    }
    return lines
  }
}
