/// Accuracy of one training configuration over the seeds.
public struct SeedRuns: Codable, Equatable, Sendable {
  public var name: String
  public var trainingSentences: Int
  public var epochs: Double
  public var learningRate: Double
  public var steps: Int
  public var seeds: [Int]
  public var accuracies: [Double]
  public var mean: Double
  /// Population standard deviation, as the homework takes it.
  public var deviation: Double
  /// Of the first seed: `[true label][predicted label]`.
  public var confusion: [[Int]]
}

/// Q3.1.
public struct ClassificationAnswer: Codable, Equatable, Sendable {
  public var classifier: String
  public var labels: [String]
  /// With the homework's numbers, then with those chosen by cross-validation.
  public var runs: [SeedRuns]
  public var choice: CrossValidation?
  public var conclusion: String
}

/// How a learning rate and a number of epochs were chosen, on training sentences alone.
public struct CrossValidation: Codable, Equatable, Sendable {
  public var folds: Int
  public var trials: [Trial]
  public var chosen: Int

  public struct Trial: Codable, Equatable, Sendable {
    public var learningRate: Double
    public var epochs: Double
    public var accuracy: Double
    public var loss: Double
  }
}

/// Q3.2.
public struct AugmentationAnswer: Codable, Equatable, Sendable {
  public var translator: String
  public var pivots: [Pivot]
  /// A sentence and its back-translations, as the homework prints them.
  public var example: [Translation]
  /// Pairs of runs: without, with augmentation; with the homework's numbers, then the chosen ones.
  public var comparisons: [Comparison]
  /// How the numbers of the augmented runs were chosen; paraphrases are in the fold of their original.
  public var choice: CrossValidation?
  public var conclusion: String

  public struct Pivot: Codable, Equatable, Sendable {
    public var name: String
    public var kept: Int
    public var dropped: [String: Int]
    /// Mean similarity of original and paraphrase, 0 to 1.
    public var similarity: Double
    /// Accuracy with this pivot alone minus accuracy without, mean over the seeds.
    public var gain: Double?
  }
  public struct Translation: Codable, Equatable, Sendable {
    public var pivot: String
    public var text: String
  }
  public struct Comparison: Codable, Equatable, Sendable {
    public var name: String
    public var without: SeedRuns
    public var with: SeedRuns
    /// Mean of the paired differences over the seeds, and a 95 % interval.
    public var gain: Double
    public var lower: Double
    public var upper: Double
  }
}
