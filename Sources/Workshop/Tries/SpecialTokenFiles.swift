import FoxFiles

/// What `tokenizer_config.json` and `special_tokens_map.json` say about special and added tokens.
///
/// Spec: `BPE-18`, `WP-12`.
struct SpecialTokenFiles: Sendable {
  /// Tokens by the member that names them, such as `pad_token`; defaults included.
  private(set) var named: [String: AddedToken] = [:]
  /// The special tokens, in the order in which the reference adds them.
  private(set) var specials: [AddedToken] = []
  /// Whether the folder is one that the slow tokenizer of transformers 4.17 saved. There a token that
  /// is given as a text takes the white space around it; an object says what it takes (`BPE-19`).
  private(set) var isSlow = false
  /// `added_tokens_decoder`: added tokens with their ids, in the order of these.
  private(set) var decoder: [AddedToken] = []

  /// The members that name a special token, in the reference's order.
  private static let members = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  init(defaults: [String: String]) {
    named = defaults.mapValues(Self.special)
    specials = Self.members.compactMap { named[$0] }
  }

  /// The files of a folder, of which `special_tokens_map.json` takes precedence.
  init(folder: String, defaults: [String: String]) throws(Fault) {
    self.init(defaults: defaults)
    let configuration = try Self.object("\(folder)/tokenizer_config.json")
    let files = [try Self.object("\(folder)/special_tokens_map.json"), configuration]
      .compactMap { $0 }
    isSlow =
      configuration?.present("tokenizer_class")?.string == "GPT2Tokenizer"
      && configuration?.present("added_tokens_decoder") == nil
    for key in Self.members {
      guard let file = files.first(where: { $0.present(key) != nil }), let json = file.present(key)
      else { continue }
      // The slow tokenizer makes objects without flags of its own three.
      let strips = isSlow && !["bos_token", "eos_token", "unk_token"].contains(key)
      named[key] = try Self.token(json, "\"\(key)\"", file.file, strips: strips)
    }
    specials = Self.members.compactMap { named[$0] }
    // transformers 5 renamed the first to the second, which was an object of names in between.
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      guard let file = files.first(where: { $0.present(key) != nil }), let json = file.present(key)
      else { continue }
      let list = json.object?.members.map(\.value) ?? json.array
      guard let list else {
        throw Fault(
          file.file, at: "\"\(key)\"", found: json.kind, expected: "a list of tokens")
      }
      for token in list {
        specials.append(try Self.token(token, "\"\(key)\"", file.file, strips: isSlow))
      }
    }
    if let configuration { try readDecoder(configuration) }
  }

  private mutating func readDecoder(_ file: JSONReader) throws(Fault) {
    let key = "added_tokens_decoder"
    let members = try file.optional(key, \.object, "an object of tokens by id")?.members ?? []
    for (id, json) in members {
      var token = try Self.token(json, "\"\(key)\"", file.file)
      guard let id = Int(id), id >= 0, id < TokenTable.idLimit else {
        throw Fault(file.file, at: "\"\(key)\"", found: "\"\(id)\"", expected: "ids")
      }
      token.id = id
      token.special = json["special"]?.bool ?? false
      decoder.append(token)
    }
    decoder.sort { $0.id < $1.id }
  }

  static func object(_ path: String) throws(Fault) -> JSONReader? {
    guard let file = try MappedFile.ifPresent(path) else { return nil }
    return try JSONReader(file.json(), "the document", path)
  }

  private static func special(_ content: String) -> AddedToken {
    AddedToken(content, id: 0, special: true, normalized: false)
  }

  /// A token given as a string, or as an object with its flags.
  ///
  /// - Parameter strips: Whether a string takes the white space on both sides.
  private static func token(
    _ json: JSON, _ place: String, _ file: String, strips: Bool = false
  ) throws(Fault) -> AddedToken {
    if let content = json.string {
      return AddedToken(
        content, id: 0, special: true, stripsLeft: strips, stripsRight: strips, normalized: false)
    }
    guard json.object != nil else {
      throw Fault(
        file, at: place, found: json.kind, expected: "a token or an object with its content")
    }
    let reader = try JSONReader(json, place, file)
    func flag(_ key: String) throws(Fault) -> Bool {
      try reader.optional(key, \.bool, "true or false") ?? false
    }
    return AddedToken(
      try reader.required("content", \.string, "a string"), id: 0, special: true,
      singleWord: try flag("single_word"), stripsLeft: try flag("lstrip"),
      stripsRight: try flag("rstrip"), normalized: try flag("normalized"))
  }
}
