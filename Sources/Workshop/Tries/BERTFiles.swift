import FoxFiles

extension BERTTokenizer {
  /// Reads the tokenizer of a model folder.
  ///
  /// From `tokenizer.json` when there is one, else from `vocab.txt`. `tokenizer_config.json` may
  /// say `do_lower_case`, `strip_accents` and `tokenize_chinese_chars`, which take precedence, and
  /// `model_max_length`; it and `special_tokens_map.json` may name other special tokens;
  /// `added_tokens.json` may add tokens.
  ///
  /// - Throws: `Fault`, naming file and place.
  ///
  /// Spec: `WP-12`.
  public init(folder: String) throws(Fault) {
    let configuration = try BERTConfiguration(folder: folder)
    var parts: BERTParts
    if let json = try MappedFile.ifPresent("\(folder)/tokenizer.json") {
      parts = try BERTParts(json: json)
    } else if let lines = try MappedFile.ifPresent("\(folder)/vocab.txt") {
      parts = try BERTParts(lines: lines)
    } else {
      throw .noTokenizer(folder)
    }
    configuration.change(&parts.options)
    try parts.list.add(folder: folder, configuration.tokens)
    try self.init(parts, configuration)
  }

  /// Reads a vocabulary, one token a line: the id of a token is the number of its line.
  ///
  /// - Throws: `Fault`, naming file and line.
  public init(vocabularyPath: String, lowercases: Bool = true) throws(Fault) {
    var parts = try BERTParts(lines: MappedFile(path: vocabularyPath))
    parts.options.normalizer.lowercases = lowercases
    try self.init(parts, BERTConfiguration())
  }

  /// Reads a `tokenizer.json` of a WordPiece model.
  ///
  /// - Throws: `Fault`, naming file and place.
  public init(jsonPath: String) throws(Fault) {
    try self.init(BERTParts(json: MappedFile(path: jsonPath)), BERTConfiguration())
  }

  private init(
    _ parts: BERTParts, _ configuration: BERTConfiguration
  ) throws(Fault) {
    var parts = parts
    names = configuration.names
    vocabulary = parts.list.vocabulary
    let unknown = parts.unknown ?? names.unknown
    guard let unknownID = vocabulary.id(unknown) else {
      throw Fault(
        parts.list.file, found: "no \(shown(unknown))", expected: "a token for unknown words")
    }
    for token in configuration.tokens.specials { try parts.list.add(special: token) }
    parts.options.unknownID = unknownID
    options = parts.options
    guard
      let trie = WordPieceTrie(
        vocabulary, continuingPrefix: options.continuingPrefix,
        longest: options.continuingPrefix.utf8.count + 4 * options.longestWord)
    else { throw .unsupported(parts.list.file, "a vocabulary of this size") }
    self.trie = trie
    let normalizer = options.normalizer
    added = AddedTokens(parts.list.tokens, in: vocabulary) { normalizer.normalized($0) }
    let (classifier, separator) = (names.classifier, names.separator)
    template =
      parts.template
      ?? .bert(
        classifier: (parts.list.id(of: classifier) ?? 0, classifier),
        separator: (parts.list.id(of: separator) ?? 0, separator))
    let end = (parts.list.tokens.map(\.id).max() ?? -1) + 1
    size = (max(vocabulary.endID, end), parts.list.count)
  }
}

extension BERTNormalizer {
  func normalized(_ text: String) -> [UInt8] {
    var text = text
    var result = NormalizedText()
    text.withUTF8 { append($0, 0..<$0.count, first: 0, to: &result) }
    return result.bytes
  }
}

/// What the files of a tokenizer say.
struct BERTParts: Sendable {
  /// The vocabulary, and what is added to it.
  var list: AddedTokenList
  var options = BERTTokenizer.Options()
  /// What a tokenizer.json says; `nil` when it is to be BERT's own.
  var template: EncodingTemplate?
  var unknown: String?

  init(list: AddedTokenList) { self.list = list }
}

extension BERTParts {
  /// Reads a vocabulary of lines, which end with LF, CR LF or CR. The last of equal lines counts;
  /// an empty line has an id that no text gets.
  init(lines file: MappedFile) throws(Fault) {
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
    self.init(
      list: AddedTokenList(file: file.path, vocabulary: vocabulary, words: words, isJSON: false))
  }

  private static func lines(
    _ bytes: UTF8Buffer, _ file: String
  ) throws(Fault) -> [Range<Int>] {
    func wrong(_ place: String, _ expected: String, _ found: String) -> Fault {
      Fault(file, at: place, found: found, expected: expected)
    }
    if bytes.isEmpty { throw wrong("the vocabulary", "a token on each line", "an empty file") }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw wrong("line 1", "a token", "a byte-order mark")
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
