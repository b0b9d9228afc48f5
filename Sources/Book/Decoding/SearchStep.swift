/// # Watching a search
///
/// Drawing the tree of a search, or measuring how sure the model is of each token (homework Q1.2,
/// Q1.3), needs what the result no longer has: all scores of a step, and the continuations that
/// were not kept. An observer is shown both, at two moments of each step. It cannot change the
/// search.
///
/// Source: the trees and figures of homework Q1.1 to Q1.3. Clause `BEAM-11`. Does not keep the
/// steps it has shown: the Workshop's `SearchRecorder` does.
public struct SearchStep {
  /// When the observer looks.
  public enum Moment: Sendable {
    /// The model has scored what may follow; no processor has seen it.
    case scored  // Q1.2 and Q1.4 look here: a blocked token still has its true probability
    /// The processors have changed the scores; the beams are chosen next.
    case processed  // Q1.1's tree looks here: these are the scores that decide
  }

  /// When this is.
  public let moment: Moment
  /// How many tokens have been added before.
  public let step: Int
  /// The beams as they are before the step, best first.
  public let beams: [Beam]
  /// The log-probabilities, `[k, V]`.
  public let scores: [[Float]]
  /// What the processors blocked in this step.
  package let blocks: [Block]
  // The search's own, so that a tree of GPT-2's 251,285 candidates is as fast to draw as to search.
  private let scan: Scan

  init(
    _ moment: Moment, _ step: Int, _ beams: [Beam], _ scores: [[Float]], _ blocks: [Block],
    _ scan: @escaping Scan
  ) {
    // Nothing is copied: Swift's arrays are shared until one of their owners changes them.
    (self.moment, self.step, self.beams) = (moment, step, beams)
    (self.scores, self.blocks, self.scan) = (scores, blocks, scan)
  }

  /// The best continuations, best first. Once the scores are processed, the first `k` of them are
  /// the beams that the search keeps. There are none if a score is NaN, which the search refuses.
  package func best(_ count: Int) -> [Candidate] {
    // The search's own function on the same numbers, hence the same candidates in the same order.
    // On NaN the search itself throws a moment later.
    (try? FoxDecoding.best(count, of: scores, offsets: beams.map(\.score), scan: scan)) ?? []
  }
}
