import FoxDecoding

/// # GPT-2's tokenizer
///
/// Four steps from a text to its ids, and one step back:
///
///     text      "Don't stop<|endoftext|>"
///     pieces    "Don't stop", <|endoftext|>              SpecialTokens
///     words     "Don", "'t", " stop"                     WordPattern
///     tokens    Don, 't, Ġstop                           BytePairEncoding
///     ids       3987, 470, 2245, 50256                   Vocabulary
///
/// Because every byte has a token, every text can be encoded and decoding gives it back. Not every list
/// of ids is a text, though: a model may stop in the middle of a character.
///
/// Source: Radford et al. 2019, section 2.2; `GPT2Tokenizer` in transformers 4.17.0; homework Q1.
/// Clauses `BPE-8`, `BPE-9`, `BPE-13` and `BPE-15`.
///
/// Does not remember the words it has seen, so it is slow. The Workshop's `GPT2Tokenizer` gives the
/// same ids fast, with offsets, and reads whole model folders.
public struct BytePairTokenizer: Sendable {
  /// The token that separates documents; GPT-2 has no other special token.
  public static let endOfText = "<|endoftext|>"

  private var vocabulary = Vocabulary()
  private let encoding: BytePairEncoding
  private let special: SpecialTokens

  /// - Parameters:
  ///   - vocabulary: The entries of `vocab.json`, spelled in the ``ByteAlphabet``. When
  ///     `<|endoftext|>` is not among them, it gets the next id.
  ///   - merges: The text of `merges.txt`.
  public init(
    vocabulary entries: some Sequence<(token: String, id: Int)>, merges: String
  ) throws(Fault) {
    for (token, id) in entries { try vocabulary.insert(ByteAlphabet.bytes(of: token), id: id) }
    if vocabulary[Self.endOfText] == nil {
      try vocabulary.insert(Array(Self.endOfText.utf8), id: vocabulary.count)
    }
    encoding = BytePairEncoding(merges: try Self.pairs(merges, vocabulary))
    special = SpecialTokens([(Self.endOfText, vocabulary[Self.endOfText] ?? 0)])
  }

  /// The ids of `text`.
  public func encode(_ text: String) throws(Fault) -> [Int] {
    var ids: [Int] = []
    for piece in special.pieces(of: text) {
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let text):
        for word in WordPattern.words(of: text) {
          for token in encoding.tokens(of: word.utf8) { ids.append(try id(of: token)) }
        }
      }
    }
    return ids
  }

  /// The text of `ids`. Bytes that are not UTF-8, such as half of a character at the end, become
  /// U+FFFD.
  public func decode(
    _ ids: [Int], skipSpecialTokens: Bool = false
  ) throws(Fault) -> String {
    String(decoding: try bytes(of: ids, skipSpecialTokens: skipSpecialTokens), as: UTF8.self)
  }

  /// The bytes of `ids`, which may begin or end in the middle of a character.
  package func bytes(of ids: [Int], skipSpecialTokens: Bool = false) throws(Fault) -> [UInt8] {
    var bytes: [UInt8] = []
    for (place, id) in ids.enumerated() where !(skipSpecialTokens && special.contains(id)) {
      guard let token = vocabulary[id] else {
        throw Fault("ids", at: "\(place)", found: "\(id)", expected: "the id of a token")
      }
      bytes += token
    }
    return bytes
  }

  /// Merges only make tokens that have an id, so this fails only for a vocabulary without all bytes.
  private func id(of token: [UInt8]) throws(Fault) -> Int {
    if let id = vocabulary[token] { return id }
    throw Fault(
      "text", found: "the byte \"\(ByteAlphabet.spell(token))\"",
      expected: "bytes that are in the vocabulary")
  }
}

extension BytePairTokenizer {
  /// Reads the lines of `merges.txt`: two tokens with one space between them. A line that starts with
  /// `#version` is a header.
  private static func pairs(
    _ text: String, _ vocabulary: Vocabulary
  ) throws(Fault) -> [BytePairEncoding.Pair] {
    // To Swift, CR LF is one character.
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    if lines.last?.isEmpty == true { lines.removeLast() }
    var pairs: [BytePairEncoding.Pair] = []
    for (index, line) in lines.enumerated() where !line.hasPrefix("#version") {
      // By scalars: a space with an accent after it would be another character.
      let parts = line.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts.contains(where: \.isEmpty) else {
        throw Fault(
          "merges", at: "line \(index + 1)", found: "\"\(line)\"",
          expected: "two tokens with one space between them")
      }
      let (left, right) = (bytes(parts[0]), bytes(parts[1]))
      for token in [left, right, left + right] where vocabulary[token] == nil {
        throw Fault(
          "merges", at: "line \(index + 1)", found: "\"\(ByteAlphabet.spell(token))\"",
          expected: "a token of the vocabulary", hint: "are these another vocabulary's merges?")
      }
      pairs.append(BytePairEncoding.Pair(left, right))
    }
    return pairs
  }

  private static func bytes(_ token: Substring.UnicodeScalarView) -> [UInt8] {
    ByteAlphabet.bytes(of: String(token))
  }
}
