import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("WordPiece, by hand", .counted)
struct WordPieceTests {
  private static func pieces(_ tokens: [String]) throws -> WordPiece {
    var vocabulary = Vocabulary()
    for (id, token) in tokens.enumerated() { try vocabulary.insert(Array(token.utf8), id: id) }
    return WordPiece(vocabulary, unknown: 0)
  }

  @Test(arguments: [
    ("unaffable", [1, 2, 3]), ("un", [1]), ("affable", [0]), ("unable", [1, 3]),
    ("runs", [4, 5]), ("runsx", [0]), ("x", [0]),
  ])
  func `WP-4 unaffable`(word: String, ids: [Int]) throws {
    let pieces = try Self.pieces(["[UNK]", "un", "##aff", "##able", "run", "##s"])
    #expect(pieces.ids(of: word) == ids)
  }

  @Test
  func `WP-4 the longest token, even if the rest then has none`() throws {
    let pieces = try Self.pieces(["[UNK]", "a", "ab", "##bc", "##c"])
    #expect(pieces.ids(of: "abc") == [2, 4])
    #expect(pieces.ids(of: "abcc") == [2, 4, 4])
    #expect(pieces.ids(of: "abbc") == [2, 3])
    #expect(pieces.ids(of: "abb") == [0])
  }

  @Test
  func `WP-4 more than 100 characters are unknown`() throws {
    let pieces = try Self.pieces(["[UNK]", "é", "##é"])
    #expect(pieces.ids(of: String(repeating: "é", count: 100)).count == 100)
    #expect(pieces.ids(of: String(repeating: "é", count: 101)) == [0])
  }
}

@Suite("BERT's words", .counted)
struct BasicTokenizerTests {
  @Test(
    arguments: [
      "Hé, wörld! 你好": ["he", ",", "world", "!", "你", "好"],
      "": [], "  \t\n": [],
      "a\u{0}b\u{200B}c\u{FFFD}d": ["abcd"],
      "don't": ["don", "'", "t"],
      "e\u{301}E\u{301}": ["ee"],
      "ΟΔΟΣ": ["οδοσ"],
      "İ": ["i"],
      "한국": ["\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}"],
      "$5": ["$", "5"],
    ] as [String: [String]])
  func `WP-2 WP-3 uncased`(text: String, words: [String]) {
    let actual = BasicTokenizer(lowercases: true).words(of: text).map { Array($0.unicodeScalars) }
    expectSame(actual, words.map { Array($0.unicodeScalars) }, text.debugDescription)
  }

  @Test
  func `WP-2 cased: accents and capitals stay`() {
    #expect(BasicTokenizer(lowercases: false).words(of: "Hé, wö") == ["Hé", ",", "wö"])
  }
}
