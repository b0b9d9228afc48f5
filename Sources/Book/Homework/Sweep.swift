import FoxDecoding

/// # One prompt, several beam sizes
///
/// The measurements of ``Q1_3``: which larger beam ends worse than a smaller one, and at which step
/// it lost the better text.
///
///     scores −5, −3, −4 of 1, 2, 3 beams   →   the worst pair is 2 against 3
///
/// Source: homework Q1.3. Clause `HW-6`. Searches each size from the beginning: nothing of a
/// smaller beam can be used again.
package struct Sweep {
  private let prompt: String
  private let steps: Int
  package let sizes: [Q1_3.Size]
  // The best sequence of each size, [sizes][T]: to find out later where it was lost.
  private let bestIDs: [[Int]]

  init(_ model: LanguageModel, _ prompt: String, _ sizes: ClosedRange<Int>, steps: Int) throws {
    (self.prompt, self.steps) = (prompt, steps)
    let results = try sizes.map { try model.search(prompt, beams: $0, steps: steps) }
    bestIDs = results.map { $0.beams[0].ids }
    self.sizes = try zip(sizes, results).map { size, result in
      let best = try model.best(result)
      return Q1_3.Size(
        // All are equally long, so score and score per token rank them alike.
        beams: size, score: best.score, scorePerToken: best.scorePerToken, text: best.text,
        probabilities: best.probabilities)
    }
  }

  /// Two sizes, by their places in ``sizes``, of which the larger loses most; `nil` when none loses
  /// more than rounding can.
  package static func worst(of sizes: [Q1_3.Size]) -> (fewer: Int, more: Int)? {
    // Every pair, not only neighbors: 2 beams against 5 counts as well.
    let pairs = sizes.indices.flatMap { more in (0..<more).map { (fewer: $0, more: more) } }
    // Positive when more beams end with the lower score.
    func loss(_ pair: (fewer: Int, more: Int)) -> Double {
      sizes[pair.fewer].score - sizes[pair.more].score
    }
    // Sums of 20 float32 logarithms differ in the fifth place from one order of computing to
    // another. A thousandth of a nat is well above that.
    return pairs.max { loss($0) < loss($1) }.flatMap { loss($0) > 1e-3 ? $0 : nil }
  }

  var worst: (fewer: Int, more: Int)? { Self.worst(of: sizes) }

  /// How much worse the larger beam of the worst pair ends, in nats.
  var loss: Double { worst.map { sizes[$0.fewer].score - sizes[$0.more].score } ?? 0 }

  func counterExample(_ model: LanguageModel) throws -> Q1_3.CounterExample? {
    guard let (fewer, more) = worst else { return nil }
    let lost = try lostAt(bestIDs[fewer], model, beams: sizes[more].beams)
    return .init(
      prompt: prompt, steps: steps, fewer: sizes[fewer], more: sizes[more], lostAt: lost)
  }

  /// The step, from 1, after which the larger search no longer has the beginning of a text among
  /// its beams.
  private func lostAt(_ ids: [Int], _ model: LanguageModel, beams: Int) throws -> Int {
    // The first time counts: a beginning that is gone cannot come back, for only beams have
    // children.
    var lost: Int?
    // The larger search again, this time with somebody watching.
    _ = try model.search(prompt, beams: beams, steps: steps) { step in
      // `.scored` shows the beams that the step before has left. Steps count from 0, so these are
      // the beams after step number `step.step`, counted from 1.
      guard step.moment == .scored, lost == nil else { return }
      let isKept = step.beams.contains { ids.starts(with: $0.ids) }
      if !isKept { lost = step.step }
    }
    // Never seen to be lost: then the last choice lost it, after which there is no step to observe.
    return lost ?? steps
  }
}
