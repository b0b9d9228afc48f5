import FoxKernels
import FoxModels

/// A moment of a step of a ``BeamSearch``, for those who watch it: figures, measurements.
///
/// Valid only while the observer is called: the scores are the search's own memory. SPEC `BEAM-11`.
public struct SearchStep {
  /// When the observer looks.
  public enum Moment: Sendable {
    /// The model has scored what may follow; no processor has seen it.
    case scored
    /// The processors have changed the scores; the beams are chosen next.
    case processed
  }

  /// A continuation that the search may choose.
  public struct Candidate: Equatable, Sendable {
    /// The beam that it continues.
    public let beam: Int
    /// The token that it adds.
    public let token: Int
    /// The token's log-probability, as the processors left it.
    public let logProbability: Float
    /// The score of the beam that it would be.
    public let score: Float
  }

  /// The moment.
  public let moment: Moment
  /// How many tokens have been added before.
  public let step: Int
  /// The beams as they are before the step, best first.
  public let beams: [BeamSearchResult.Beam]
  /// The log-probabilities, `[beams, V]`.
  public let scores: StepScores
  /// What processors blocked in this step; nothing before they have seen it.
  public let blocks: [Block]

  /// The best candidates of all beams, best first, ties as the search breaks them: once the scores are
  /// processed, the first `beams.count` are those that the search keeps, in its order.
  ///
  /// - Complexity: That of choosing beams: one pass over the scores.
  public func best(_ count: Int) -> [Candidate] {
    guard count > 0, let start = UnsafePointer(scores.row(0).baseAddress) else { return [] }
    let vocabulary = scores.vocabulary
    return TopK.find(count, in: start, offsets: beams.map(\.score), columns: vocabulary).map {
      Candidate(
        beam: $0.index / vocabulary, token: $0.index % vocabulary,
        logProbability: start[$0.index], score: $0.value)
    }
  }
}
