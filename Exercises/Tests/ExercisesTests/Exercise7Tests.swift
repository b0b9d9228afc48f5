import Exercises
import Testing

@Suite("Exercise 7: the homework's ROUGE")
struct Exercise7Tests {
  private func expect(
    _ reference: [Int], _ prediction: [Int], _ score: Double, _ hint: Comment
  ) throws {
    let ours = try homeworkROUGE3(reference: reference, prediction: prediction)
    #expect(abs(ours - score) < 1e-12, hint)
  }

  @Test func `the same text scores 1`() throws {
    try expect([1, 2, 3, 4], [1, 2, 3, 4], 1, "4 + 3 + 2 runs of 9")
  }

  @Test func `nothing in common scores 0`() throws { try expect([1, 2], [3, 4, 5], 0, "0 of 3") }

  @Test func `runs of 1, 2 and 3 in one sum`() throws {
    try expect([1, 2, 3], [1, 2, 9], 0.5, "1, 2 and 1-2 of 3 + 2 + 1 runs: 3 of 6")
  }

  @Test func `nothing is clipped`() throws {
    try expect([7, 8], [7, 7, 7, 7], 4.0 / 3, "7 counts four times, of 2 + 1 runs")
  }

  @Test func `a run that the reference has twice is looked up once`() throws {
    try expect([5, 5], [5, 5, 5], 5.0 / 3, "3 of 5, once, and 2 of 5-5; of 2 + 1 runs")
  }

  @Test func `recall: what else the prediction says costs nothing`() throws {
    try expect([1, 2], [9, 1, 2, 9, 9, 9], 1, "divide by the reference's runs")
  }

  @Test func `a reference of one or two tokens`() throws {
    try expect([4], [4, 4, 4], 3, "it has no runs of 2 and 3")
  }

  @Test func `a score of more than 2`() throws {
    let (reference, prediction) = try exceedsTwo()
    #expect(
      prediction.count <= 12 && Set(prediction).count <= 2, "at most 12 tokens, 2 different ones")
    #expect(!reference.isEmpty, "of an empty reference nothing can be recalled")
    guard !reference.isEmpty else { return }
    let score = try homeworkROUGE3(reference: reference, prediction: prediction)
    #expect(score > 2, "yours scores \(score): repeat what the reference has")
  }
}
