import FoxHomework

/// Q1.1 for the report: the answer, and what can be drawn of the search.
package struct BeamSearchAnswer: Codable, Equatable, Sendable {
  package var prompt: String
  /// The beams, best first.
  package var beams: [ScoredText]
  /// The homework's second call: the third most probable of 4 beams after 3 tokens.
  package var third: ScoredText
  /// The search, step by step.
  package var tree: SearchTree
  /// What the best beam's tokens attend to.
  package var attention: AttentionMaps
}

/// Q1.5 for the report: the answer, and the search step by step.
package struct BeamBlockAnswer: Codable, Equatable, Sendable {
  package var prompt: String
  /// The text without the processor.
  package var plain: ScoredText
  package var blocked: ScoredText
  /// What is printed: `Preventing: … -> …`.
  package var trace: [String]
  /// The search with it, step by step.
  package var tree: SearchTree
  /// The measured answer, in words.
  package var conclusion: String
}
