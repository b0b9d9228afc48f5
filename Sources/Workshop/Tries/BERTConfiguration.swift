import FoxFiles

/// What `tokenizer_config.json` and `special_tokens_map.json` say about a BERT tokenizer.
struct BERTConfiguration: Sendable {
  /// The tokens that stand for something.
  private(set) var names = SpecialTokenNames()
  /// The special tokens, in the order in which the reference adds them.
  private(set) var specials: [AddedToken]
  private var lowercases: Bool?
  private var separatesChinese: Bool?
  /// The inner `nil` is `null`: as lower-casing is.
  private var stripsAccents: Bool??
  private var maxLength: Int?

  /// The members that name special tokens, in the reference's order, and their defaults.
  private static let members: [(key: String, token: String?)] = [
    ("bos_token", nil), ("eos_token", nil), ("unk_token", "[UNK]"), ("sep_token", "[SEP]"),
    ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]"),
  ]

  /// The defaults.
  init() { specials = Self.members.compactMap { $0.token.map(Self.special) } }

  private static func special(_ content: String) -> AddedToken {
    AddedToken(content, id: 0, special: true, normalized: false)
  }

  init(folder: String) throws(TokenizerError) {
    self.init()
    let file = try Self.object("\(folder)/tokenizer_config.json")
    let map = try Self.object("\(folder)/special_tokens_map.json")
    if let file { try read(file) }
    try readTokens([map, file].compactMap { $0 })
  }

  /// The object in a file, if there is one.
  private static func object(_ path: String) throws(TokenizerError) -> JSONReader? {
    guard let file = try MappedFile.ifPresent(path) else { return nil }
    return try JSONReader(file.json(), "the document", path)
  }

  private mutating func read(_ file: JSONReader) throws(TokenizerError) {
    lowercases = try file.optional("do_lower_case", \.bool, "true or false")
    separatesChinese = try file.optional("tokenize_chinese_chars", \.bool, "true or false")
    if let value = file.json["strip_accents"] {
      stripsAccents = .some(
        value.isNull ? nil : try file.required("strip_accents", \.bool, "true, false or null"))
    }
    // Without a maximum, transformers writes 1e30.
    let length = try file.optional("model_max_length", \.double, "a number")
    maxLength = length.flatMap { (1...1e9).contains($0) ? Int($0) : nil }
  }

  /// Reads the names of the special tokens from files, of which the first takes precedence.
  private mutating func readTokens(_ files: [JSONReader]) throws(TokenizerError) {
    var found: [AddedToken] = []
    for (key, token) in Self.members {
      var special = token.map(Self.special)
      if let file = files.first(where: { $0.present(key) != nil }), let json = file.present(key) {
        special = try Self.token(json, "\"\(key)\"", file.file)
      }
      guard let special else { continue }
      found.append(special)
      switch key {
      case "unk_token": names.unknown = special.content
      case "sep_token": names.separator = special.content
      case "pad_token": names.padding = special.content
      case "cls_token": names.classifier = special.content
      case "mask_token": names.mask = special.content
      default: break
      }
    }
    let key = "additional_special_tokens"
    if let file = files.first(where: { $0.present(key) != nil }) {
      for json in try file.required(key, \.array, "an array") {
        found.append(try Self.token(json, "\"\(key)\"", file.file))
      }
    }
    specials = found
  }

  /// A token given as a string, or as an object with its flags.
  private static func token(
    _ json: JSON, _ place: String, _ file: String
  ) throws(TokenizerError) -> AddedToken {
    if let content = json.string { return special(content) }
    guard json.object != nil else {
      throw .malformed(
        file: file, place: place, expected: "a token or an object with its content",
        found: json.kind)
    }
    let reader = try JSONReader(json, place, file)
    func flag(_ key: String) throws(TokenizerError) -> Bool {
      try reader.optional(key, \.bool, "true or false") ?? false
    }
    return AddedToken(
      try reader.required("content", \.string, "a string"), id: 0, special: true,
      singleWord: try flag("single_word"), stripsLeft: try flag("lstrip"),
      stripsRight: try flag("rstrip"), normalized: try flag("normalized"))
  }

  /// Changes what these files take precedence over.
  func change(_ options: inout BERTTokenizer.Options) {
    if let lowercases { options.normalizer.lowercases = lowercases }
    if let separatesChinese { options.normalizer.separatesChinese = separatesChinese }
    if let stripsAccents { options.normalizer.stripsAccents = stripsAccents }
    options.maxLength = maxLength
  }
}
