import FoxMetrics

/// # What part 2 measures
///
/// The numbers of which ``Q2_1`` is made: what a model makes of one pair of sentences, the means
/// over all pairs, and the change from before training to after it.
///
/// Source: homework Q2.1. Clause `HW-7`. Computes means only.

/// What a model makes of one pair.
package struct MeasuredPair: Equatable, Sendable {
  /// The mean of −log p over the tokens of the true second sentence.
  package let loss: Float
  /// How many tokens these are.
  package let length: Int
  /// The scores of what the model says, in the order of ``rouges``.
  package let rouge: [Double]
  /// What the model says after the first sentence.
  package let said: String

  /// The homework's, then the F measures of the standard ones.
  package static let rouges = ["homework ROUGE-3", "rouge1", "rouge2", "rouge3", "rougeL"]

  package init(loss: Float, length: Int, rouge: [Double], said: String) {
    (self.loss, self.length, self.rouge, self.said) = (loss, length, rouge, said)
  }
}

/// What training was done.
package struct Training {
  package let stories, blocks, steps: Int
  package let losses: [Q2_1.LossPoint]

  package init(stories: Int, blocks: Int, steps: Int, losses: [Q2_1.LossPoint]) {
    (self.stories, self.blocks, self.steps, self.losses) = (stories, blocks, steps, losses)
  }
}

/// A number, and the bounds within which 95 of 100 repetitions would find it.
package struct Interval {
  package let value, lower, upper: Double

  package init(_ value: Double, _ lower: Double, _ upper: Double) {
    (self.value, self.lower, self.upper) = (value, lower, upper)
  }
}

extension Q2_1 {
  /// The loss of a step.
  public struct LossPoint: Codable, Equatable, Sendable {
    /// The step, from 1.
    public var step: Int
    /// The mean loss of its batches.
    public var loss: Double

    package init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
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

    /// Whether 0 is outside the interval.
    var isClear: Bool { lower > 0 || upper < 0 }
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

extension Q2_1.PairScores {
  /// The means over all pairs.
  ///
  /// - Throws: `Fault` without pairs.
  package init(_ measured: [MeasuredPair]) throws {
    // [kinds], each a mean over pairs: a long sentence counts as much as a short one …
    let means = MeasuredPair.rouges.indices.map { kind in
      NumPy.mean(measured.map { $0.rouge[kind] })
    }
    // … but in the perplexity it counts for more, as the homework has it, in float32.
    let perplexity = try Perplexity.overall(
      losses: measured.map(\.loss), lengths: measured.map(\.length))
    self.init(
      pairs: measured.count, perplexity: Double(perplexity), homeworkROUGE3: means[0],
      rouge1: means[1], rouge2: means[2], rouge3: means[3], rougeL: means[4])
  }
}
