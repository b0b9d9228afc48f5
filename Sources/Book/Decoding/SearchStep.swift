/// # Watching a search
///
/// Drawing the tree of a search, or measuring how sure the model is of each token (homework Q1.2,
/// Q1.3), needs what the result no longer has: all scores of a step, and the continuations that were
/// not kept. An observer is shown both. It cannot change the search.

/// A moment of a search, for those who draw or measure it (Q1.2, Q1.3).
public struct SearchStep {
  /// When the observer looks.
  public enum Moment: Sendable {
    /// The model has scored what may follow; no processor has seen it.
    case scored
    /// The processors have changed the scores; the beams are chosen next.
    case processed
  }

  /// The moment.
  public let moment: Moment
  /// How many tokens have been added before.
  public let step: Int
  /// The beams as they are before the step, best first.
  public let beams: [Beam]
  /// The log-probabilities, `[k, V]`.
  public let scores: [[Float]]
  /// What the processors blocked in this step.
  public let blocks: [Block]
  private let scan: Scan

  init(
    _ moment: Moment, _ step: Int, _ beams: [Beam], _ scores: [[Float]], _ blocks: [Block],
    _ scan: @escaping Scan
  ) {
    (self.moment, self.step, self.beams) = (moment, step, beams)
    (self.scores, self.blocks, self.scan) = (scores, blocks, scan)
  }

  /// The best continuations, best first. Once the scores are processed, the first `k` of them are
  /// the beams that the search keeps. There are none if a score is NaN, which the search refuses.
  public func best(_ count: Int) -> [Candidate] {
    (try? FoxDecoding.best(count, of: scores, offsets: beams.map(\.score), scan: scan)) ?? []
  }
}
