import TestSupport
import Testing

@testable import FoxGLUE

@Suite("MetricsError")
struct MetricsErrorTests {
  static let table: [(MetricsError, String)] = [
    (.empty("x"), "x is empty"),
    (
      .counts(predictions: 3, references: 2),
      "there are 3 predictions and 2 references; expected one for each"
    ),
    (.rowLength(row: 0, predictions: 3, references: 2), "row 1 has 3 predictions and 2 labels"),
    (.option(name: "n", value: "0", expected: "1 to 9"), "n is 0; expected 1 to 9"),
    (
      .value(name: "p.txt", line: 3, found: "\u{1B}x", expected: "a number"),
      "p.txt, line 3: is \"\\u{1B}x\"; expected a number"
    ),
    (
      .notBinary(metric: "f1", labels: Array(0..<12)),
      "f1 needs the labels 0 and 1; found 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
    ),
    (
      .emptySentence(story: 4, side: "second"), "story 5: the second sentence has no tokens"
    ),
    (
      .story(0, .tooLong(tokens: 9, positions: 8)),
      "story 1: 9 tokens are needed, but the model has 8 positions (n_positions); give fewer"
    ),
    (
      .continuation(story: 0, .tooLong(tokens: 9, positions: 8)),
      "story 1: 9 tokens are needed, but the model has 8 positions (n_positions); give fewer"
    ),
    (
      .noPairs(name: "s.txt", stories: 3),
      "s.txt: none of the 3 stories has two sentences (\". \" between them)"
    ),
    (
      .emptyReference(line: 2),
      "line 2: the reference has no tokens, so nothing can be recalled of it"
    ),
    (
      .tooLong(metric: "ROUGE-L", reference: 8, prediction: 9),
      "texts of 8 and 9 tokens are too long for ROUGE-L"
    ),
  ]

  @Test("has words for every case", .spec("FAIL-1"))
  func words() {
    for (error, words) in Self.table { #expect(error.description == words) }
  }
}
