import TestSupport
import Testing

@testable import FoxTries

extension SpaceCleanUp {
  /// `text` after all replacements.
  func clean(_ text: String) -> String {
    String(decoding: clean(Array(text.utf8)), as: UTF8.self)
  }
}

@Suite("Clean-up of spaces", .counted)
struct SpaceCleanUpTests {
  @Test(arguments: [
    "a . b , c ! d ?": "a. b, c! d?",
    "do n't I 'm it 's we 've you 're": "don't I'm it's we've you're",
    "a ' b": "a'b",
    "x 'll y 'd": "x 'll y 'd",
    "a  . b": "a . b",
    "a ' . b": "a '. b",
    " .": ".",
    "do not": "do not",
    "a \u{301}. b": "a \u{301}. b",
  ])
  func `BPE-10 of a text`(text: String, cleaned: String) {
    expectText(SpaceCleanUp.text.clean(text), cleaned, text)
  }

  @Test
  func `WP-7 of a WordPiece token`() {
    expectText(SpaceCleanUp.tokens.clean(" ,"), ",", "a mark")
    expectText(SpaceCleanUp.tokens.clean(" do not"), " don't", "the one rule more")
  }
}
