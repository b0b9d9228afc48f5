/// # Special tokens
///
/// `<|endoftext|>` separates documents, `[MASK]` hides a word. These are not words of the language,
/// so they are taken out of a text before anything else is done with it: where one stands it
/// becomes its id, and what lies between them is text.
///
///     "a<|endoftext|>b"   →   text "a", token 50256, text "b"
///
/// Source: `AddedVocabulary` of tokenizers 0.13.3, `tokenize` of transformers' slow tokenizers.
/// Clauses `BPE-6` and `WP-13`. Does not strip the white space beside a token and knows no tokens
/// that must stand alone: that is the Workshop's.
struct SpecialTokens: Sendable {
  /// A part of a text.
  enum Piece: Equatable {
    case text(String)  // still to be cut into words
    case token(Int)  // its id
  }

  private let tokens: [(bytes: [UInt8], id: Int)]

  /// Of several that begin at one place, the longest counts.
  init(_ tokens: [(token: String, id: Int)]) {
    // Longest first, so that the first one that matches is the longest that matches.
    self.tokens = tokens.map { (Array($0.token.utf8), $0.id) }
      .sorted { $0.bytes.count > $1.bytes.count }
  }

  /// Whether this is the id of a special token. There are five at most: no set is faster.
  func contains(_ id: Int) -> Bool { tokens.contains { $0.id == id } }

  /// The parts of `text`, in order; no part is empty.
  func pieces(of text: String) -> [Piece] {
    // Bytes, not characters: to Swift a token with an accent after it is another character, and
    // would not be found.
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    // Where the text before the next token begins, and how far we have looked.
    var (start, place) = (0, 0)
    // Two tokens side by side have no text between them, and no empty piece either.
    func endText() {
      if start == place { return }
      pieces.append(.text(String(decoding: bytes[start..<place], as: UTF8.self)))
    }
    while place < bytes.count {
      // Tried at every place, leftmost first. A match cannot begin inside of a character, because
      // UTF-8 bytes of one never look like the beginning of another.
      if let token = tokens.first(where: { bytes[place...].starts(with: $0.bytes) }) {
        endText()
        pieces.append(.token(token.id))  // then what comes after it
        place += token.bytes.count
        start = place
      } else {
        place += 1  // no token begins here
      }
    }
    endText()  // what is left after the last token; all of the text when there was none
    return pieces
  }
}
