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
