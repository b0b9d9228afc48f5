import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("Special tokens", .counted)
struct SpecialTokensTests {
  private static let tokens = SpecialTokens([("<e>", 7), ("<e><e>", 8), ("é", 9)])

  @Test
  func `BPE-6 text and tokens in their order, the longest first`() {
    typealias Piece = SpecialTokens.Piece
    func pieces(_ text: String) -> [Piece] { Self.tokens.pieces(of: text) }
    #expect(pieces("") == [])
    #expect(pieces("a<e>b") == [.text("a"), .token(7), .text("b")])
    #expect(pieces("<e><e><e>") == [.token(8), .token(7)])
    #expect(pieces("<<e>>") == [.text("<"), .token(7), .text(">")])
    #expect(pieces("<e") == [.text("<e")])
  }

  @Test
  func `BPE-6 compared by their bytes`() {
    #expect(Self.tokens.pieces(of: "\u{e9}") == [.token(9)])
    #expect(Self.tokens.pieces(of: "e\u{301}") == [.text("e\u{301}")])
  }
}
