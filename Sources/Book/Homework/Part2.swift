import FoxMetrics

/// # What part 2 measures
///
/// A story's first sentence is given. The true second sentence is scored token by token (its loss),
/// and what the model itself says after the first is compared with the true second (ROUGE). So each
/// pair of sentences gives one ``MeasuredPair``, before training and after it, and ``Q2_1`` is made
/// of these.
///
///     (first, second)  →  loss of the second, its length, [5] ROUGE scores, what the model says
///
/// Source: homework Q2.1, `compute_perplexity` and `compute_rouge`. Clause `HW-7`. Computes means;
/// does not know a model.
package struct MeasuredPair: Equatable, Sendable {
  package let loss: Float  // the mean of −log p over the tokens of the true second sentence
  package let length: Int  // how many tokens these are
  package let rouge: [Double]  // the scores of what the model says, in the order of `rouges`
  package let said: String  // what the model says after the first sentence

  // The homework's ROUGE-3, which is not the usual one; then the F measures of the usual ones.
  package static let rouges = ["homework ROUGE-3", "rouge1", "rouge2", "rouge3", "rougeL"]

  package init(loss: Float, length: Int, rouge: [Double], said: String) {
    (self.loss, self.length, self.rouge, self.said) = (loss, length, rouge, said)
  }
}

/// What training was done: the homework's is 1,024 blocks in 128 steps.
package struct Training {
  package let stories, blocks, steps: Int
  package let losses: [Q2_1.LossPoint]

  package init(stories: Int, blocks: Int, steps: Int, losses: [Q2_1.LossPoint]) {
    (self.stories, self.blocks, self.steps, self.losses) = (stories, blocks, steps, losses)
  }
}

extension Q2_1 {
  /// The mean loss of the batches of a step; steps count from 1.
  package struct LossPoint: Codable, Equatable, Sendable {
    package var step: Int
    package var loss: Double

    package init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
  }

  /// The scores of a model, over all pairs.
  package struct PairScores: Codable, Equatable, Sendable {
    package var pairs: Int
    package var perplexity: Double
    package var homeworkROUGE3: Double
    package var rouge1, rouge2, rouge3, rougeL: Double
  }

  /// How much a score changes: after − before, and its bounds.
  package struct Difference: Codable, Equatable, Sendable {
    package var metric: String
    package var mean, lower, upper: Double
  }

  /// A pair, and what the model says after its first sentence.
  package struct Example: Codable, Equatable, Sendable {
    package var first, second, before, after: String
  }
}

extension Q2_1.PairScores {
  /// - Throws: `Fault` without pairs.
  package init(_ measured: [MeasuredPair]) throws {
    // [5], each a mean over pairs: here a long sentence counts as much as a short one …
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
