/// Accuracy of one training configuration over the seeds.
public struct SeedRuns: Codable, Equatable, Sendable {
  /// What is trained, in words.
  public var name: String
  /// Sentences to train on.
  public var trainingSentences: Int
  /// Passes over them.
  public var epochs: Double
  /// The learning rate, which falls to 0.
  public var learningRate: Double
  /// Steps of one run.
  public var steps: Int
  /// The seed of each run.
  public var seeds: [Int]
  /// The accuracy of each run, a float32.
  public var accuracies: [Double]
  /// Their mean.
  public var mean: Double
  /// Population standard deviation, as the homework takes it.
  public var deviation: Double
  /// Of the first seed: `[true label][predicted label]`.
  public var confusion: [[Int]]
}

/// Q3.1.
public struct ClassificationAnswer: Codable, Equatable, Sendable {
  /// The name of the BERT's folder.
  public var classifier: String
  /// The names of the labels, by id.
  public var labels: [String]
  /// With the homework's numbers, then with those chosen by cross-validation.
  public var runs: [SeedRuns]
  /// How the second run's numbers were chosen.
  public var choice: CrossValidation?
  /// The measured answer, in words.
  public var conclusion: String
}

/// How a learning rate and a number of epochs were chosen, on training sentences alone.
public struct CrossValidation: Codable, Equatable, Sendable {
  /// Into how many parts the sentences were divided.
  public var folds: Int
  /// What was tried, in order.
  public var trials: [Trial]
  /// The place of the best in ``trials``.
  public var chosen: Int

  /// A learning rate and a number of epochs, tried on every fold.
  public struct Trial: Codable, Equatable, Sendable {
    /// The learning rate.
    public var learningRate: Double
    /// Passes over the sentences.
    public var epochs: Double
    /// The share of right ones among all sentences, each held out once.
    public var accuracy: Double
    /// Their mean loss.
    public var loss: Double
  }
}

/// Q3.2.
public struct AugmentationAnswer: Codable, Equatable, Sendable {
  /// Who translated.
  public var translator: String
  /// The pivots, in order.
  public var pivots: [Pivot]
  /// A sentence and its back-translations, as the homework prints them.
  public var example: [Translation]
  /// Pairs of runs: without, with augmentation; with the homework's numbers, then the chosen ones.
  public var comparisons: [Comparison]
  /// How the numbers of the augmented runs were chosen; paraphrases are in the fold of their original.
  public var choice: CrossValidation?
  /// The measured answer, in words.
  public var conclusion: String

  /// What a pivot gave, and gains.
  public struct Pivot: Codable, Equatable, Sendable {
    /// Its name: a language, or several with `-` between.
    public var name: String
    /// Paraphrases that count.
    public var kept: Int
    /// Others, by the reason.
    public var dropped: [String: Int]
    /// Mean similarity of original and paraphrase, 0 to 1.
    public var similarity: Double
    /// Accuracy with this pivot alone minus accuracy without, mean over the seeds.
    public var gain: Double?
  }
  /// A back-translation.
  public struct Translation: Codable, Equatable, Sendable {
    /// The pivot; empty for the sentence itself.
    public var pivot: String
    /// The text.
    public var text: String
  }
  /// The same runs without and with augmentation.
  public struct Comparison: Codable, Equatable, Sendable {
    /// Which numbers were used.
    public var name: String
    /// The runs without.
    public var without: SeedRuns
    /// The runs with.
    public var with: SeedRuns
    /// Mean of the paired differences over the seeds, and a 95 % interval.
    public var gain: Double
    /// The lower bound of the gain.
    public var lower: Double
    /// The upper bound of the gain.
    public var upper: Double
  }
}
