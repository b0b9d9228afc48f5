import Foundation
import FoxFiles
import FoxTokenizers
import TestSupport
import Testing

@testable import FoxPages

/// The pages in a real browser. What they look like is left in `.artifacts/pages`.
@Suite("The pages in Chromium", .counted, .serialized, .tier(.chromium))
struct BrowserPagesTests {
  /// Writes the pages and runs `body` with a browser.
  private func browse(_ body: (Chromium, URL) throws -> Void) throws {
    let files = try SamplePages.files()
    try Places.withTemporaryFolder { folder in
      for (name, text) in files {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      try Chromium.run { try body($0, folder) }
    }
  }

  private static let pages = [
    "index", "Decoding-BeamSearch", "Numbers-Operations", "Training-AdamW", "Weights-JSONParser",
    "Homework-Q1_5", "clause-BEAM-3", "clauses", "symbols", "papers", "live",
    "golden-decoding-beam.json", "recorder-record_beam.py",
  ]

  @Test
  func `BOOK-8 no errors, nothing wider than the window, rules for everyone`() throws {
    try browse { browser, folder in
      for page in Self.pages {
        for (width, isDark) in [(390, true), (768, false), (1280, true), (1600, false)] {
          let file = folder.appendingPathComponent("\(page).html")
          try browser.open(file, width: width, isDark: isDark)
          let overflow = try browser.number(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth")
          #expect(overflow == 0, "\(page) at \(width)")
          if width == 390 || width == 1280 {
            for rule in Accessibility.rules where rule.name != "one main, one h1, landmarks" {
              #expect(try browser.value(rule.script) == [], "\(page): \(rule.name)")
            }
            #expect(try browser.value(Accessibility.contrast) == [], "\(page)")
          }
          try browser.screenshot("pages-\(page)-\(width)", height: 2200)
        }
      }
      #expect(browser.errors == [])
    }
  }

  @Test
  func `BOOK-9 the page merges words as the chapter does`() throws {
    let pairs = Live.merges.map { line in
      let sides = line.split(separator: " ").map { ByteAlphabet.bytes(of: String($0)) }
      return BytePairEncoding.Pair(sides[0], sides[1])
    }
    let encoding = BytePairEncoding(merges: pairs)
    let texts = [
      "The other weather, whatever the weather", "it's  12€\n", "don't DON'T", "  a\t b ",
      "naïve café",
      "🦊 jumps", "", "aaaaaaaaaaaaaaa", "in the end they were there then",
    ]
    try browse { browser, folder in
      try browser.open(folder.appendingPathComponent("live.html"), width: 1280)
      for text in texts {
        let ours = WordPattern.words(of: text).flatMap { encoding.tokens(of: Array($0.utf8)) }
          .map { ByteAlphabet.spell($0) }
        let argument = JSON.string(text).text()
        let page = try browser.value("window.encode(\(argument))").array?.compactMap(\.string)
        expectSame(page ?? [], ours, text)
      }
      #expect(try browser.number("document.querySelectorAll('#steps tbody tr').length") > 1)
      #expect(browser.errors == [])
    }
  }
}
