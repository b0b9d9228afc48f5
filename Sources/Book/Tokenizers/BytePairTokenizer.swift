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
/// Because every byte has a token, every text can be encoded and decoding gives it back. Not every
/// list of ids is a text, though: a model may stop in the middle of a character.
///
/// Source: Radford et al. 2019, section 2.2; `GPT2Tokenizer` in transformers 4.17.0; homework Q1.
/// Clauses `BPE-8`, `BPE-9`, `BPE-13` and `BPE-15`. Does not remember words, so it is slow. The
/// Workshop's `GPT2Tokenizer` gives the same ids fast, with offsets, and reads whole model folders.
public struct BytePairTokenizer: Sendable {
  /// The token that separates documents; GPT-2 has no other special token.
  package static let endOfText = "<|endoftext|>"

  // The steps of the table above, but for the words, which need no state. All are values, so one
  // tokenizer can be used by many threads.
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
    // The file spells ` the` as `Ġthe`; from here on a token is its bytes, 0x20 0x74 0x68 0x65.
    for (token, id) in entries { try vocabulary.insert(ByteAlphabet.bytes(of: token), id: id) }
    // GPT-2's own vocabulary has it as its last entry, 50256. A small one made by hand may lack it;
    // the next id is then its count, as ids begin at 0.
    let endID = vocabulary[Self.endOfText] ?? vocabulary.count
    if vocabulary[Self.endOfText] == nil {
      try vocabulary.insert(Array(Self.endOfText.utf8), id: endID)
    }
    // The merges are checked against the vocabulary, so that every token they make has an id.
    encoding = BytePairEncoding(merges: try Self.pairs(merges, vocabulary))
    special = SpecialTokens([(Self.endOfText, endID)])
  }

  /// The ids of `text`.
  public func encode(_ text: String) throws(Fault) -> [Int] {
    var ids: [Int] = []
    // Special tokens first: the word pattern would cut `<|endoftext|>` into `<|`, `endoftext` and
    // `|>`.
    for piece in special.pieces(of: text) {
      switch piece {
      case .token(let id): ids.append(id)  // 50256
      case .text(let text):
        for word in WordPattern.words(of: text) {
          // Merging never crosses a word: " dog" and "." stay two tokens however often they meet.
          for token in encoding.tokens(of: word.utf8) {
            // Merges only make tokens that have an id, so this fails only for a single byte.
            guard let id = vocabulary[token] else {
              throw Fault(
                "text", found: "the byte \"\(ByteAlphabet.spell(token))\"",
                expected: "bytes that are in the vocabulary")
            }
            ids.append(id)
          }
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
    // All bytes first, then UTF-8 once: read token by token, an emoji of two tokens would be lost.
    String(decoding: try bytes(of: ids, skipSpecialTokens: skipSpecialTokens), as: UTF8.self)
  }

  /// The bytes of `ids`, which may begin or end in the middle of a character.
  package func bytes(of ids: [Int], skipSpecialTokens: Bool = false) throws(Fault) -> [UInt8] {
    var bytes: [UInt8] = []
    for (place, id) in ids.enumerated() where !(skipSpecialTokens && special.contains(id)) {
      bytes += try vocabulary.token(id, at: place)
    }
    return bytes
  }

  private static func pairs(
    _ text: String, _ vocabulary: Vocabulary
  ) throws(Fault) -> [BytePairEncoding.Pair] {
    // The lines of `merges.txt`: two tokens with one space between them. To Swift, CR LF is one
    // character. Empty lines are kept, so that line numbers in faults are right. The last one is
    // what is after the final line feed, and not a line.
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    if lines.last?.isEmpty == true { lines.removeLast() }
    var (pairs, seen): ([BytePairEncoding.Pair], Set<BytePairEncoding.Pair>) = ([], [])
    // `#version: 0.2` is GPT-2's first line. A merge such as `# #` does not start with "#version".
    for (index, line) in lines.enumerated() where !line.hasPrefix("#version") {
      func fault(_ found: String, _ expected: String, hint: String? = nil) -> Fault {
        Fault("merges", at: "line \(index + 1)", found: found, expected: expected, hint: hint)
      }
      // By scalars: a space with an accent after it would be another character.
      let parts = line.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      // A blank line or a third token is the sign of a damaged file. Skipping it in silence, as the
      // reference does, would give other ids without a word.
      guard parts.count == 2, !parts.contains(where: \.isEmpty) else {
        throw fault("\"\(line)\"", "two tokens with one space between them")
      }
      // `Ġ` cannot be confused with the separator: spelled tokens never hold a space themselves.
      let sides = parts.map { ByteAlphabet.bytes(of: String($0)) }
      // All three: without the joined token a merge would lead to bytes that have no id.
      for token in sides + [sides[0] + sides[1]] where vocabulary[token] == nil {
        throw fault(
          "\"\(ByteAlphabet.spell(token))\"", "a token of the vocabulary",
          hint: "are these another vocabulary's merges?")
      }
      // Listed twice, a merge would have two ranks. No training gives that: the file is damaged.
      pairs.append(BytePairEncoding.Pair(sides[0], sides[1]))
      if !seen.insert(pairs[pairs.count - 1]).inserted {
        throw fault("\"\(line)\" again", "a new merge")
      }
    }
    return pairs
  }
}
