import TestSupport
import Testing

@testable import FoxTries

@Suite("Word scanner")
struct WordScannerTests {
  static func words(_ text: String) throws -> [String] {
    try text.withValidUTF8 { text in
      let scanner = WordScanner(text)
      var (words, start) = ([String](), 0)
      while start < text.count {
        let end = scanner.end(ofWordAt: start)
        words.append(String(decoding: text[start..<end], as: UTF8.self))
        start = end
      }
      return words
    }
  }

  @Test(
    "words of the split pattern", .spec("BPE-2"),
    arguments: [
      "it's  12€\n": ["it", "'s", " ", " 12", "€", "\n"],
      "I'LL we'll": ["I", "'", "LL", " we", "'ll"],
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
    ] as [String: [String]])
  func split(text: String, words: [String]) throws {
    // As scalars: "é" composed and decomposed are equal strings.
    let actual = try Self.words(text).map { Array($0.unicodeScalars) }
    expectSame(actual, words.map { Array($0.unicodeScalars) }, text.debugDescription)
  }
}
