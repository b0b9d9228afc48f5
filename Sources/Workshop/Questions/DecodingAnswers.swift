/// Q1.1.
public struct BeamSearchAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The beams, best first.
  public var beams: [ShownBeam]
  /// The search, step by step.
  public var tree: SearchTree
  /// What the best beam's tokens attend to.
  public var attention: AttentionMaps
}

/// Q1.2: probability and entropy of each step, over one or several prompts.
public struct CertaintyAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// What a search with one beam adds to it.
  public var beam: ShownBeam
  /// Entropy of the model's prediction at each step, in nats.
  public var entropies: [Double]
  /// Mean probability of the chosen token over many prompts, by step.
  public var meanProbabilities: [Double]
  /// Mean entropy over them, by step.
  public var meanEntropies: [Double]
  /// How many prompts.
  public var prompts: Int
  /// The measured answer, in words.
  public var conclusion: String
}

/// Q1.3.
public struct BeamSizesAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// Tokens added.
  public var steps: Int
  /// The beam sizes, ascending.
  public var sizes: [Size]
  /// A prompt for which more beams end with a worse score, found by search; `nil` if none was.
  public var counterExample: CounterExample?
  /// Prompts that were searched, the homework's among them.
  public var promptsSearched: Int
  /// Those of them for which more beams end with a worse score.
  public var counterExamples: Int
  /// The measured answer, in words.
  public var conclusion: String

  /// The best sequence of a beam size.
  public struct Size: Codable, Equatable, Sendable {
    /// The beams.
    public var beams: Int
    /// Sum of the log-probabilities.
    public var score: Double
    /// ``score`` by the number of all tokens.
    public var scorePerToken: Double
    /// The text.
    public var text: String
  }
  /// A prompt for which more beams end with a worse score.
  public struct CounterExample: Codable, Equatable, Sendable {
    /// The prompt.
    public var prompt: String
    /// Tokens added.
    public var steps: Int
    /// The smaller beam, which ends better.
    public var fewer: Size
    /// The larger beam.
    public var more: Size
  }
}

/// Q1.4.
public struct WordBlockAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The text without the processor.
  public var plain: ShownBeam
  /// The text with it.
  public var blocked: ShownBeam
  /// By step: words still allowed.
  public var vocabularyLeft: [Int]
  /// By step: the probability that the model gave to those blocked.
  public var blockedMass: [Double]
  /// The first step, from 0, at which more than half of the probability is blocked; `nil` if none.
  public var starvedAt: Int?
  /// The tokens of punctuation and the commonest words that were used up, with the step.
  public var usedUp: [UsedUp]
  /// The measured answer, in words.
  public var conclusion: String

  /// A common token that may not come again.
  public struct UsedUp: Codable, Equatable, Sendable {
    /// The token.
    public var token: String
    /// The step, from 0, from which it is blocked; 0 for those of the prompt.
    public var step: Int
  }
}

/// Q1.5.
public struct BeamBlockAnswer: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The text without the processor.
  public var plain: ShownBeam
  /// The text with it.
  public var blocked: ShownBeam
  /// What is printed: `Preventing: … -> …`.
  public var trace: [String]
  /// The search with it, step by step.
  public var tree: SearchTree
  /// The measured answer, in words.
  public var conclusion: String
}
