/// A search, step by step: what each beam was offered, kept and refused.
public struct SearchTree: Codable, Equatable, Sendable {
  public var prompt: [ShownToken]
  public var processors: [String]
  public var steps: [Step]

  public struct Step: Codable, Equatable, Sendable {
    /// The beams before the step, best first.
    public var beams: [Beam]
    /// The best continuations of all beams, best first: those kept, then the best of the others.
    public var candidates: [Candidate]
    /// What processors blocked.
    public var blocks: [BlockedToken]
  }
  public struct Beam: Codable, Equatable, Sendable {
    /// The text added so far.
    public var text: String
    public var score: Double
  }
  public struct Candidate: Codable, Equatable, Sendable {
    /// The beam that it continues, by its index in ``Step/beams``.
    public var parent: Int
    public var token: ShownToken
    /// Score of the beam that it would be.
    public var score: Double
    /// Its place among the beams after the step; `nil` when it was discarded.
    public var kept: Int?
  }
  public struct BlockedToken: Codable, Equatable, Sendable {
    public var beam: Int
    public var context: String
    public var token: String
    /// The line that the homework prints for it.
    public var line: String
  }
}
