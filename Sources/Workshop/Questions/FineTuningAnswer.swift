/// Q2.1.
public struct FineTuningAnswer: Codable, Equatable, Sendable {
  /// Stories to train on.
  public var trainingStories: Int
  /// Blocks of tokens made of them.
  public var blocks: Int
  /// Steps of training.
  public var steps: Int
  /// The loss of each step.
  public var losses: [LossPoint]
  /// Scores before training.
  public var before: PairScores
  /// Scores after it.
  public var after: PairScores
  /// Mean difference after − before of each score, with a 95 % interval of a paired bootstrap.
  public var differences: [Difference]
  /// What the model says, before and after.
  public var examples: [Example]
  /// The measured answer, in words.
  public var conclusion: String

  /// The loss of a step.
  public struct LossPoint: Codable, Equatable, Sendable {
    /// The step, from 1.
    public var step: Int
    /// The mean loss of its batches.
    public var loss: Double
  }
  /// What a model makes of sentence pairs.
  public struct PairScores: Codable, Equatable, Sendable {
    /// How many there are.
    public var pairs: Int
    /// The homework's perplexity of the second sentences.
    public var perplexity: Double
    /// The homework's ROUGE-3, which is not the usual one.
    public var homeworkROUGE3: Double
    /// The usual ROUGE-1, F measure.
    public var rouge1: Double
    /// The usual ROUGE-2.
    public var rouge2: Double
    /// The usual ROUGE-3.
    public var rouge3: Double
    /// The usual ROUGE-L.
    public var rougeL: Double
  }
  /// How much a score changes.
  public struct Difference: Codable, Equatable, Sendable {
    /// The score.
    public var metric: String
    /// After − before.
    public var mean: Double
    /// The lower bound.
    public var lower: Double
    /// The upper bound.
    public var upper: Double
  }
  /// A pair and what the model says.
  public struct Example: Codable, Equatable, Sendable {
    /// The first sentence.
    public var first: String
    /// The true second one.
    public var second: String
    /// What the model says before training.
    public var before: String
    /// What it says after it.
    public var after: String
  }
}
