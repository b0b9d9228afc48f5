import FoxHomework

/// Q1.1 for the report: the answer, and what can be drawn of the search.
public struct BeamSearchAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The beams, best first.
  public var beams: [ScoredText]
  /// The homework's second call: the third most probable of 4 beams after 3 tokens.
  public var third: ScoredText
  /// The search, step by step.
  public var tree: SearchTree
  /// What the best beam's tokens attend to.
  public var attention: AttentionMaps
}

/// Q1.5 for the report: the answer, and the search step by step.
public struct BeamBlockAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The text without the processor.
  public var plain: ScoredText
  /// The text with it.
  public var blocked: ScoredText
  /// What is printed: `Preventing: … -> …`.
  public var trace: [String]
  /// The search with it, step by step.
  public var tree: SearchTree
  /// The measured answer, in words.
  public var conclusion: String
}
