/// Q1.1.
public struct BeamSearchAnswer: Codable, Equatable, Sendable {
  public var prompt: String
  public var beams: [ShownBeam]
  public var tree: SearchTree
  public var attention: AttentionMaps
}

/// Q1.2: probability and entropy of each step, over one or several prompts.
public struct CertaintyAnswer: Codable, Equatable, Sendable {
  public var prompt: String
  public var beam: ShownBeam
  /// Entropy of the model's prediction at each step, in nats.
  public var entropies: [Double]
  /// Means over many prompts, by step: probability of the chosen token, entropy.
  public var meanProbabilities: [Double]
  public var meanEntropies: [Double]
  public var prompts: Int
  /// The measured answer, in words.
  public var conclusion: String
}

/// Q1.3.
public struct BeamSizesAnswer: Codable, Equatable, Sendable {
  public var prompt: String
  public var steps: Int
  public var sizes: [Size]
  /// A prompt for which more beams end with a worse score, found by search; `nil` if none was.
  public var counterExample: CounterExample?
  public var promptsSearched: Int
  public var counterExamples: Int
  public var conclusion: String

  public struct Size: Codable, Equatable, Sendable {
    public var beams: Int
    public var score: Double
    public var scorePerToken: Double
    public var text: String
  }
  public struct CounterExample: Codable, Equatable, Sendable {
    public var prompt: String
    public var steps: Int
    public var fewer: Size
    public var more: Size
  }
}

/// Q1.4.
public struct WordBlockAnswer: Codable, Equatable, Sendable {
  public var prompt: String
  public var plain: ShownBeam
  public var blocked: ShownBeam
  /// By step: words still allowed, and the probability that the model gave to those blocked.
  public var vocabularyLeft: [Int]
  public var blockedMass: [Double]
  /// The first step at which more than half of the probability is blocked; `nil` if none.
  public var starvedAt: Int?
  /// The tokens of punctuation and the commonest words that were used up, with the step.
  public var usedUp: [UsedUp]
  public var conclusion: String

  public struct UsedUp: Codable, Equatable, Sendable {
    public var token: String
    public var step: Int
  }
}

/// Q1.5.
public struct BeamBlockAnswer: Codable, Equatable, Sendable {
  public var prompt: String
  public var plain: ShownBeam
  public var blocked: ShownBeam
  /// What is printed: `Preventing: … -> …`.
  public var trace: [String]
  public var tree: SearchTree
  public var conclusion: String
}
