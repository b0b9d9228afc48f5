import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("GPT-2's words", .counted)
struct WordPatternTests {
  @Test
  func `BPE-2 don't stop`() {
    #expect(WordPattern.words(of: "don't stop") == ["don", "'t", " stop"])
    #expect(
      WordPattern.words(of: "I don't  know 42.") == ["I", " don", "'t", " ", " know", " 42", "."])
  }

  @Test(
    arguments: [
      "": [],
      "it's  12€\n": ["it", "'s", " ", " 12", "€", "\n"],
      "I'LL we'll": ["I", "'", "LL", " we", "'ll"],
      "DON'T": ["DON", "'", "T"],
      "''s": ["''", "s"],
      " 's": [" '", "s"],
      "'": ["'"],
      "'r 've'v": ["'", "r", " '", "ve", "'", "v"],
      "a   b": ["a", "  ", " b"],
      "a \n b": ["a", " \n", " b"],
      "a\n\nb": ["a", "\n", "\n", "b"],
      "a  ": ["a", "  "],
      "  ": ["  "],
      "\u{a0}x\u{a0}\u{a0}x": ["\u{a0}", "x", "\u{a0}", "\u{a0}", "x"],
      "x1y22": ["x", "1", "y", "22"],
      "²½ Ⅷ": ["²½", " Ⅷ"],
      "e\u{301}a": ["e", "\u{301}", "a"],
      "日本。": ["日本", "。"],
      "\u{200b}a": ["\u{200b}", "a"],
      "a\r\nb": ["a", "\r", "\n", "b"],
    ] as [String: [String]])
  func `BPE-2 words of the split pattern`(text: String, words: [String]) {
    // As scalars: "é" composed and decomposed are equal strings.
    let actual = WordPattern.words(of: text).map { Array($0.unicodeScalars) }
    expectSame(actual, words.map { Array($0.unicodeScalars) }, text.debugDescription)
  }
}
