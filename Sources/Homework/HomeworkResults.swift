/// The results of the homework's questions, as far as they were answered.
///
/// One value, one JSON document: what `fox homework --json` prints is what `fox report` reads.
public struct HomeworkResults: Codable, Equatable, Sendable {
  /// What computed the results.
  public var provenance: Provenance
  /// Q1.1: beam search.
  public var beamSearch: BeamSearchAnswer?
  /// Q1.2: why later tokens are surer.
  public var certainty: CertaintyAnswer?
  /// Q1.3: whether more beams find better sequences.
  public var beamSizes: BeamSizesAnswer?
  /// Q1.4: what WordBlock breaks.
  public var wordBlock: WordBlockAnswer?
  /// Q1.5: what BeamBlock blocks.
  public var beamBlock: BeamBlockAnswer?
  /// Q2.1: fine-tuning on stories.
  public var fineTuning: FineTuningAnswer?
  /// Q3.1: BERT on twenty sentences.
  public var classification: ClassificationAnswer?
  /// Q3.2: BERT on back-translations too.
  public var augmentation: AugmentationAnswer?

  /// Results without an answer yet.
  public init(provenance: Provenance) { self.provenance = provenance }
}

/// What computed a result.
public struct Provenance: Codable, Equatable, Sendable {
  /// The language model: the name of its folder.
  public var model: String
  /// The parameters of the model.
  public var parameters: Int
  /// SHA-256 of its weights.
  public var sha256: String
  /// The day, as 2026-01-31.
  public var date: String
  /// Whether real data (`FOX_DATA`) were used, or the few sentences that come with the package.
  public var data: String
}

/// A token as it is shown: its text and how sure the model was.
public struct ShownToken: Codable, Equatable, Sendable {
  public var id: Int
  public var text: String
  /// Natural logarithm of its probability; `nil` for tokens of the prompt.
  public var logProbability: Double?
}

/// A beam as it is shown.
public struct ShownBeam: Codable, Equatable, Sendable {
  public var tokens: [ShownToken]
  /// The cleaned text, as the homework prints it.
  public var text: String
  /// Sum of the log-probabilities.
  public var score: Double
  /// ``score`` by the number of all tokens.
  public var scorePerToken: Double
}

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

/// Attention of every layer and head over one text.
public struct AttentionMaps: Codable, Equatable, Sendable {
  public var tokens: [String]
  public var layers: Int
  public var heads: Int
  /// `[layer][head][query][key]`, rounded to three places; keys up to the query.
  public var weights: [[[[Double]]]]
}

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

/// Q2.1.
public struct FineTuningAnswer: Codable, Equatable, Sendable {
  public var trainingStories: Int
  public var blocks: Int
  public var steps: Int
  public var losses: [LossPoint]
  public var before: PairScores
  public var after: PairScores
  /// Mean difference after − before of each score, with a 95 % interval of a paired bootstrap.
  public var differences: [Difference]
  public var examples: [Example]
  public var conclusion: String

  public struct LossPoint: Codable, Equatable, Sendable {
    public var step: Int
    public var loss: Double
  }
  public struct PairScores: Codable, Equatable, Sendable {
    public var pairs: Int
    public var perplexity: Double
    public var homeworkROUGE3: Double
    public var rouge1: Double
    public var rouge2: Double
    public var rouge3: Double
    public var rougeL: Double
  }
  public struct Difference: Codable, Equatable, Sendable {
    public var metric: String
    public var mean: Double
    public var lower: Double
    public var upper: Double
  }
  public struct Example: Codable, Equatable, Sendable {
    public var first: String
    public var second: String
    public var before: String
    public var after: String
  }
}

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
