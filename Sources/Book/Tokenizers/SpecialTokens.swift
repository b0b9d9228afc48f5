/// # Special tokens
///
/// `<|endoftext|>` separates documents, `[MASK]` hides a word. These are not words of the language, so
/// they are taken out of a text before anything else is done with it: where one stands it becomes its
/// id, and what lies between them is text.
///
/// Clauses `BPE-6` and `WP-13`. Does not strip the white space beside a token and knows no tokens that
/// must stand alone: that is the Workshop's.
struct SpecialTokens: Sendable {
  /// A part of a text.
  enum Piece: Equatable {
    case text(String)
    case token(Int)
  }

  private let tokens: [(bytes: [UInt8], id: Int)]

  /// Of several that begin at one place, the longest counts.
  init(_ tokens: [(token: String, id: Int)]) {
    self.tokens = tokens.map { (Array($0.token.utf8), $0.id) }
      .sorted { $0.bytes.count > $1.bytes.count }
  }

  /// Whether this is the id of a special token.
  func contains(_ id: Int) -> Bool { tokens.contains { $0.id == id } }

  /// The parts of `text`, in order; no part is empty.
  func pieces(of text: String) -> [Piece] {
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    // Where the text before the next token begins, and how far we have looked.
    var (start, place) = (0, 0)
    func endText() {
      if start == place { return }
      pieces.append(.text(String(decoding: bytes[start..<place], as: UTF8.self)))
    }
    while place < bytes.count {
      if let token = tokens.first(where: { bytes[place...].starts(with: $0.bytes) }) {
        endText()
        pieces.append(.token(token.id))
        place += token.bytes.count
        start = place
      } else {
        place += 1
      }
    }
    endText()
    return pieces
  }
}
