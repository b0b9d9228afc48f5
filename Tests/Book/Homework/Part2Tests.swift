import Foundation
import FoxData
import FoxDecoding
import FoxMetrics
import TestSupport
import Testing

@testable import FoxHomework

@Suite("The homework, part 2, with numbers by hand", .counted)
struct Part2Tests {
  private let pairs = SentencePairs.of(stories: ["A fox ran. It hid.", "A dog sat. It ate."]).pairs

  /// One token of perplexity 2 and three of 8; after training 2 and 2.
  private func measured(_ isAfter: Bool) -> [MeasuredPair] {
    let second: Float = isAfter ? log(2) : log(8)
    return [
      .init(loss: log(2), length: 1, rouge: [1.5, 0.5, 0, 0, 0.5], said: "it"),
      .init(
        loss: second, length: 3, rouge: [0.5, 0.5, 0, 0, 0.5], said: isAfter ? "ate" : "sat"),
    ]
  }

  private func answer(_ before: [MeasuredPair], width: Double) throws -> Q2_1 {
    try Q2_1.answer(
      pairs,
      train: { (stories: 3, blocks: 2, steps: 1, losses: [.init(step: 1, loss: 2)]) },
      measure: { $0 ? measured(true) : before },
      // Not drawn at random: all pairs once, and so much on both sides.
      interval: { count, statistic in
        let value = statistic(Array(0..<count))
        return Interval(value, value - width, value + width)
      })
  }

  @Test
  func `HW-7 q2.1 by hand: perplexity is taken over tokens, ROUGE over pairs`() throws {
    let answer = try answer(measured(false), width: 1)
    // 2^((1 · 1 + 3 · 3) / 4) before, 2 after.
    #expect(abs(answer.before.perplexity - pow(2, 2.5)) < 1e-5)
    #expect(abs(answer.after.perplexity - 2) < 1e-5)
    // The homework's ROUGE may exceed 1 for a pair; the mean of 1.5 and 0.5 is 1.
    #expect(answer.before.homeworkROUGE3 == 1 && answer.before.rouge1 == 0.5)
    #expect(abs(answer.differences[0].mean - (2 - pow(2, 2.5))) < 1e-5)
    #expect(answer.differences.dropFirst().allSatisfy { $0.mean == 0 })
    #expect(answer.examples.map(\.before) == ["it", "sat"] && answer.examples[1].after == "ate")
    #expect(answer.differences[0].upper == answer.differences[0].mean + 1)
  }

  @Test
  func `HW-7 q2.1: a pair without a measure`() {
    #expect(throws: Fault.self) { try answer([], width: 1) }
  }
}
