import FoxFiles

/// The tokenizer of a model folder, whichever it is: told by what the files hold, not by their
/// folder's name.
///
/// Spec: `WP-15`.
public enum AnyTokenizer: Sendable {
  /// Byte-level byte-pair encoding.
  case gpt2(GPT2Tokenizer)
  /// WordPiece.
  case bert(BERTTokenizer)

  /// Reads the tokenizer of a folder: a `tokenizer.json` by the type of its model; without one
  /// GPT-2's from `vocab.json` or `encoder.json`, else BERT's from `vocab.txt`.
  ///
  /// - Throws: ``TokenizerError``, naming file and place.
  public init(folder: String) throws(TokenizerError) {
    if try Self.isBERT(folder) {
      self = .bert(try BERTTokenizer(folder: folder))
    } else {
      self = .gpt2(try GPT2Tokenizer(folder: folder))
    }
  }

  private static func isBERT(_ folder: String) throws(TokenizerError) -> Bool {
    if let file = try MappedFile.ifPresent("\(folder)/tokenizer.json") {
      let model = try file.json()["model"]
      if let type = model?["type"]?.string { return type == "WordPiece" }
      return model?["max_input_chars_per_word"] != nil
    }
    for name in ["vocab.json", "encoder.json"] {
      if try MappedFile.ifPresent("\(folder)/\(name)") != nil { return false }
    }
    return try MappedFile.ifPresent("\(folder)/vocab.txt") != nil
  }

  /// Number of tokens, added ones included.
  public var count: Int {
    switch self {
    case .gpt2(let tokenizer): tokenizer.count
    case .bert(let tokenizer): tokenizer.count
    }
  }

  /// One more than the greatest id: what a model's vocabulary must have room for.
  public var endID: Int {
    switch self {
    case .gpt2(let tokenizer): tokenizer.endID
    case .bert(let tokenizer): tokenizer.endID
    }
  }

  /// The id of a token in the spelling of the vocabulary, compared by its bytes.
  public func id(of token: String) -> Int? {
    switch self {
    case .gpt2(let tokenizer): tokenizer.id(of: token)
    case .bert(let tokenizer): tokenizer.id(of: token)
    }
  }

  /// The token with this id, in the spelling of the vocabulary.
  public func token(of id: Int) -> String? {
    switch self {
    case .gpt2(let tokenizer): tokenizer.token(of: id)
    case .bert(let tokenizer): tokenizer.token(of: id)
    }
  }

  /// The ids of `text`, without special tokens around it.
  ///
  /// - Throws: ``TokenizerError/byteWithoutToken(byte:offset:)``.
  public func encodeIDs(_ text: String) throws(TokenizerError) -> [Int] {
    switch self {
    case .gpt2(let tokenizer): try tokenizer.encodeIDs(text)
    case .bert(let tokenizer): tokenizer.encodeIDs(text)
    }
  }

  /// The ids of a text given as UTF-8, without special tokens around it.
  ///
  /// - Parameter threads: How many parts to cut the text into, at most.
  /// - Throws: ``TokenizerError``, for the first fault of the text.
  public func encodeIDs(utf8 bytes: [UInt8], threads: Int = 1) throws(TokenizerError) -> [Int] {
    switch self {
    case .gpt2(let tokenizer): try tokenizer.encodeIDs(utf8: bytes, threads: threads)
    case .bert(let tokenizer): try tokenizer.encodeIDs(utf8: bytes, threads: threads)
    }
  }

  /// The text of `ids`.
  ///
  /// - Throws: ``TokenizerError/unknownID(id:limit:)``.
  public func decode(
    _ ids: [Int], skipSpecialTokens: Bool = false, cleanUpSpaces: Bool = false
  ) throws(TokenizerError) -> String {
    switch self {
    case .gpt2(let tokenizer):
      try tokenizer.decode(
        ids, skipSpecialTokens: skipSpecialTokens, cleanUpSpaces: cleanUpSpaces)
    case .bert(let tokenizer):
      try tokenizer.decode(
        ids, skipSpecialTokens: skipSpecialTokens, cleanUpSpaces: cleanUpSpaces)
    }
  }

  /// Encodes texts, remembering the tokens of the words it has met. Keep one for each thread.
  public struct Encoder: Sendable {
    // Not an enum: what is taken out of one to be changed is copied.
    private var gpt2: GPT2Tokenizer.Encoder?
    private var bert: BERTTokenizer.Encoder?

    /// An encoder that has met no word yet.
    public init(_ tokenizer: AnyTokenizer) {
      switch tokenizer {
      case .gpt2(let tokenizer): gpt2 = GPT2Tokenizer.Encoder(tokenizer)
      case .bert(let tokenizer): bert = BERTTokenizer.Encoder(tokenizer)
      }
    }

    /// Encodes a text or two, made ready for a model as the options say.
    ///
    /// - Throws: ``TokenizerError``.
    public mutating func encode(
      _ text: String, pair: String? = nil, options: EncodingOptions = EncodingOptions()
    ) throws(TokenizerError) -> Encoding {
      if let encoding = try gpt2?.encode(text, pair: pair, options: options) { return encoding }
      if let encoding = try bert?.encode(text, pair: pair, options: options) { return encoding }
      return Encoding()
    }
  }
}
