import FoxHomework

/// A search, step by step: what each beam was offered, kept and refused.
public struct SearchTree: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: [ScoredToken]
  /// The names of the processors.
  public var processors: [String]
  /// The steps, in order.
  public var steps: [Step]

  /// A step.
  public struct Step: Codable, Equatable, Sendable {
    /// The beams before the step, best first.
    public var beams: [Beam]
    /// The best continuations of all beams, best first: those kept, then the best of the others.
    public var candidates: [Candidate]
    /// What processors blocked.
    public var blocks: [BlockedToken]
  }
  /// A beam before a step.
  public struct Beam: Codable, Equatable, Sendable {
    /// The text added so far.
    public var text: String
    /// Sum of the log-probabilities.
    public var score: Double
  }
  /// A continuation of a beam.
  public struct Candidate: Codable, Equatable, Sendable {
    /// The beam that it continues, by its index in ``Step/beams``.
    public var parent: Int
    /// The token that it adds.
    public var token: ScoredToken
    /// Score of the beam that it would be.
    public var score: Double
    /// Its place among the beams after the step; `nil` when it was discarded.
    public var kept: Int?
  }
  /// A token that a processor blocked.
  public struct BlockedToken: Codable, Equatable, Sendable {
    /// The beam.
    public var beam: Int
    /// The last tokens of the beam.
    public var context: String
    /// The token.
    public var token: String
    /// The line that the homework prints for it.
    public var line: String
  }
}
