import Foundation
import FoxDecoding
import FoxMetrics
import TestSupport
import Testing

@Suite("Perplexity", .counted)
struct PerplexityTests {
  /// Words 0, 1, 2. After 0 come 1 and 2 with 1/2 each; after 1 always 2, 7 times of 8 itself.
  static let table: [[Float]] = [[0, 0.5, 0.5], [0.875, 0, 0.125], [0.25, 0.25, 0.5]]
  static func scores(_ ids: [Int]) -> [[Float]] { ids.map { table[$0].map { log($0) } } }

  @Test
  func `METR-1 METR-4 by hand: 1/2 and 1/8 have the geometric mean 1/4`() throws {
    // p(1 | 0) = 1/2, p(2 | 1) = 1/8: loss (log 2 + log 8) / 2 = log 4.
    let text = Perplexity.Scored(context: [0], target: [1, 2])
    let loss = try Perplexity.loss(of: text, scores: Self.scores)
    #expect(abs(Perplexity.of(loss: Double(loss)) - 4) < 1e-6)
    // What comes before the context's last word does not count, except to the model.
    let longer = Perplexity.Scored(context: [2, 2, 0], target: [1, 2])
    #expect(try Perplexity.loss(of: longer, scores: Self.scores) == loss)
    // A die of eight sides.
    let die = try Perplexity.loss(of: Perplexity.Scored(context: [3], target: [7, 0, 5])) { ids in
      ids.map { _ in [Float](repeating: log(1 / 8), count: 8) }
    }
    #expect(abs(Perplexity.of(loss: Double(die)) - 8) < 1e-5)
  }

  @Test
  func `METR-2 by hand: over tokens, not over texts`() throws {
    // One token of perplexity 2, three of 8: 2^((1 + 3 · 3) / 4), and not (2 + 8) / 2.
    let losses: [Float] = [log(2), log(8)]
    let overall = try Perplexity.overall(losses: losses, lengths: [1, 3])
    #expect(abs(overall - pow(2, 2.5)) < 1e-5)
    #expect(throws: Fault("the list of pairs", found: "nothing", expected: "at least 1")) {
      try Perplexity.overall(losses: [], lengths: [])
    }
    #expect(throws: Fault("lengths", found: "1", expected: "2, one for each loss")) {
      try Perplexity.overall(losses: losses, lengths: [1])
    }
  }

  @Test
  func `METR-4 the perplexity of a loss overflows to infinity`() throws {
    for row in try Golden.arguments("metrics/metrics.json", in: "losses") {
      let (loss, expected) = try (row.array?[0].number() ?? 0, row.array?[1].number() ?? 0)
      let perplexity = Perplexity.of(loss: loss)
      #expect(perplexity == expected || abs(perplexity - expected) <= 1e-15 * expected)
    }
    #expect(Perplexity.of(loss: .nan).isNaN)
  }

  @Test
  func `METR-1 FAULT-1 what cannot be scored`() throws {
    func found(_ context: [Int], _ target: [Int]) -> Fault? {
      let text = Perplexity.Scored(context: context, target: target)
      do {
        _ = try Perplexity.loss(of: text, scores: Self.scores)
        return nil
      } catch { return error as? Fault }
    }
    #expect(found([], [1])?.subject == "the first sentence")
    #expect(found([1], [])?.subject == "the second sentence")
    #expect(found([0], [3])?.found == "3" && found([0], [3])?.expected == "an id below 3")
    #expect(throws: Fault("scores", found: "0 rows", expected: "one for each of 1 ids")) {
      try Perplexity.loss(of: Perplexity.Scored(context: [1], target: [1])) { _ in [] }
    }
  }
}
