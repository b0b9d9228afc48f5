import FoxDecoding
import FoxMetrics
import TestSupport
import Testing

@Suite("The homework's ROUGE", .counted)
struct HomeworkROUGETests {
  @Test
  func `ROUGE-1 by hand: the, cat, the cat`() throws {
    let (the, cat, sat) = (0, 1, 2)
    // Of the reference's three n-grams the prediction has "the" and "cat", not the pair.
    #expect(try homeworkROUGE(reference: [the, cat], prediction: [cat, sat, the]) == 2.0 / 3)
    // Unclipped: four times "the" are four hits.
    #expect(try homeworkROUGE(reference: [the, cat], prediction: [the, the, the, the]) == 4.0 / 3)
    // Up to pairs only: 4 words and 3 pairs, which the prediction has in this order twice.
    let twice = [the, cat, sat, the, the, cat, sat, the]
    #expect(
      try homeworkROUGE(reference: [the, cat, sat, the], prediction: twice, upTo: 2) == 14.0 / 7)
  }

  @Test
  func `ROUGE-1 n-grams are counted by what they are, not where`() {
    #expect(nGrams(of: [5, 6, 5, 6], 2) == [[5, 6]: 2, [6, 5]: 1])
    #expect(nGrams(of: [5, 6], 3).isEmpty && nGrams(of: [], 1).isEmpty)
  }

  @Test
  func `ROUGE-1 the notebook's function`() throws {
    for row in try Golden.arguments("metrics/metrics.json", in: "homework") {
      let score = try homeworkROUGE(
        reference: row.required("gold").integers(),
        prediction: row.required("prediction").integers(),
        upTo: row.required("n").integer ?? 0)
      #expect(try score == row.required("score").number())
    }
  }

  @Test
  func `ROUGE-1 FAULT-1 nothing to recall, and sizes out of range`() {
    #expect(throws: Fault.self) { try homeworkROUGE(reference: [], prediction: [1]) }
    for size in [0, 10, .min] {
      #expect(throws: Fault("n", found: "\(size)", expected: "1 to 9")) {
        try homeworkROUGE(reference: [1], prediction: [1], upTo: size)
      }
    }
  }
}
