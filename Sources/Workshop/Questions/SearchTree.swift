import FoxHomework

/// A search, step by step: what each beam was offered, kept and refused.
package struct SearchTree: Codable, Equatable, Sendable {
  package var prompt: [ScoredToken]
  package var processors: [String]
  package var steps: [Step]

  package struct Step: Codable, Equatable, Sendable {
    /// The beams before the step, best first.
    package var beams: [Beam]
    /// The best continuations of all beams, best first: those kept, then the best of the others.
    package var candidates: [Candidate]
    package var blocks: [BlockedToken]
  }
  /// A beam before a step.
  package struct Beam: Codable, Equatable, Sendable {
    /// The text added so far.
    package var text: String
    /// Sum of the log-probabilities.
    package var score: Double
  }
  /// A continuation of a beam.
  package struct Candidate: Codable, Equatable, Sendable {
    /// The beam that it continues, by its index in ``Step/beams``.
    package var parent: Int
    package var token: ScoredToken
    /// Score of the beam that it would be.
    package var score: Double
    /// Its place among the beams after the step; `nil` when it was discarded.
    package var kept: Int?
  }
  package struct BlockedToken: Codable, Equatable, Sendable {
    package var beam: Int
    /// The last tokens of the beam.
    package var context: String
    package var token: String
    /// The line that the homework prints for it.
    package var line: String
  }
}
