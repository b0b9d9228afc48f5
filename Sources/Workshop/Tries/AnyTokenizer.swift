import FoxFiles

/// A tokenizer, whichever it is: byte-level byte-pair encoding or WordPiece.
package protocol TextTokenizer: Sendable {
  /// Number of tokens, added ones included.
  var count: Int { get }

  /// One more than the greatest id: what a model's vocabulary must have room for.
  var endID: Int { get }

  /// The id of a token in the spelling of the vocabulary, compared by its bytes.
  func id(of token: String) -> Int?

  /// The token with this id, in the spelling of the vocabulary.
  func token(of id: Int) -> String?

  /// The ids of `text`, without special tokens around it.
  func encodeIDs(_ text: String) throws(Fault) -> [Int]

  /// The ids of a text given as UTF-8, encoded by several threads.
  ///
  /// - Parameter threads: How many parts to cut the text into, at most; 1 or less means one.
  /// - Throws: For the first fault of the text.
  /// - Complexity: O(*n* / threads) where *n* is the number of bytes and lines are short.
  func encodeIDs(utf8 bytes: [UInt8], threads: Int) throws(Fault) -> [Int]

  /// The text of `ids`.
  ///
  /// - Throws: For an id that no token has.
  func decode(
    _ ids: [Int], skipSpecialTokens: Bool, cleanUpSpaces: Bool
  ) throws(Fault) -> String

  /// An encoder that has met no word yet.
  func makeEncoder() -> any TextEncoder
}

/// Encodes texts, remembering the tokens of the words it has met. Keep one for each thread.
package protocol TextEncoder: Sendable {
  /// Encodes a text or two, made ready for a model as the options say.
  mutating func encode(
    _ text: String, pair: String?, options: EncodingOptions
  ) throws(Fault) -> Encoding
}

extension TextTokenizer {
  /// The ids that have a token. Models may have more words than their tokenizer, to round their
  /// number up; the reference leaves such ids out of texts in silence.
  package func known(_ ids: [Int]) -> [Int] { ids.filter { token(of: $0) != nil } }
}

extension GPT2Tokenizer: TextTokenizer {
  /// An encoder that has met no word yet.
  package func makeEncoder() -> any TextEncoder { Encoder(self) }
}

extension BERTTokenizer: TextTokenizer {
  /// An encoder that has met no word yet.
  package func makeEncoder() -> any TextEncoder { Encoder(self) }
}

extension GPT2Tokenizer.Encoder: TextEncoder {}
extension BERTTokenizer.Encoder: TextEncoder {}

/// The tokenizer of a model folder: told by what the files hold, not by their folder's name.
///
/// Spec: `WP-15`.
package enum AnyTokenizer {
  /// Reads the tokenizer of a folder: a `tokenizer.json` by the type of its model; without one
  /// GPT-2's from `vocab.json` or `encoder.json`, else BERT's from `vocab.txt`.
  ///
  /// - Throws: `Fault`, naming file and place.
  package static func load(folder: String) throws(Fault) -> any TextTokenizer {
    if try isBERT(folder) { return try BERTTokenizer(folder: folder) }
    return try GPT2Tokenizer(folder: folder)
  }

  private static func isBERT(_ folder: String) throws(Fault) -> Bool {
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
}
