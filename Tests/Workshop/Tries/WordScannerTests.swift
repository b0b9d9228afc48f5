import TestSupport
import Testing

@testable import FoxTries

/// The chapter's tests say which words are right.
@Suite("Word scanner", .counted)
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

  private static func compare(_ text: String, _ what: String) throws {
    // As scalars: "é" composed and decomposed are equal strings.
    expectSame(
      try words(text).map { Array($0.unicodeScalars) },
      WordPattern.words(of: text).map { Array($0.unicodeScalars) },
      "\(text.debugDescription), \(what)")
  }

  @Test
  func `BPE-2 cuts the texts of the goldens as the chapter does`() throws {
    for text in try GoldenTexts.gpt2() { try Self.compare(text, "golden") }
  }

  @Test
  func `BPE-2 cuts random texts as the chapter does`() throws {
    var texts = RandomTexts()
    for _ in 0..<2000 { try Self.compare(texts.next(), "seed \(texts.seed)") }
  }

  /// All texts of up to five of these: one of each class and kind that the pattern knows.
  @Test
  func `BPE-2 cuts all short texts as the chapter does`() throws {
    let parts = [" ", "\n", "\u{A0}", "'", "s", "re", "T", "7", ".", "é", "\u{301}"]
    var texts = [""]
    for _ in 0..<4 {
      texts = texts.flatMap { text in parts.map { text + $0 } }
      for text in texts where text.unicodeScalars.count < 5 { try Self.compare(text, "short") }
    }
  }
}
