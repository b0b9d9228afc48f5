import Foundation
import FoxData
import FoxDecoding
import FoxMetrics

/// # Q2.1: Perplexity or ROUGE?
///
/// > Has language model fine-tuning improved GPT-2 performance on the story text for the CoQA
/// > dataset? Is perplexity or ROUGE a better metric for measuring this?
///
/// Perplexity. It asks how probable the *true* second sentence is, token by token, so every token
/// of every pair says something about the model. ROUGE asks whether the model's own sentence shares
/// n-grams with the true one. A story may go on in many ways that share hardly a word, so most of
/// what ROUGE sees is chance. The homework prints
///
///     perplexity   34.129 → 30.469        ROUGE-3   0.086 → 0.083
///
/// There is more to say against this ROUGE. It does not clip: a prediction that repeats an n-gram
/// of the reference is paid each time. "the the the the" scores 4 for the reference "the", where
/// the standard ROUGE has a recall of 1. So both are measured.
///
/// One number before and one after do not show that a difference is real. Both models see the same
/// pairs, so the difference is taken pair by pair, and pairs are drawn again and again to see how
/// far chance alone would move it (a paired bootstrap). The metric to trust is the one whose
/// interval excludes 0: it sees the change of the model.
///
/// Source: homework Q2.1, `compute_perplexity` and `compute_rouge`. Clauses `HW-7`, `METR-2` and
/// `ROUGE-2`. Does not train and does not search: closures do, in the Workshop with a GPT-2.
package struct Q2_1: Codable, Equatable, Sendable {
  package var trainingStories, blocks, steps: Int
  package var losses: [LossPoint]  // one for each step
  package var before, after: PairScores  // of the same pairs
  package var differences: [Difference]  // of the perplexity, then of each ROUGE: 95 % intervals
  package var examples: [Example]  // the first five pairs
  package var conclusion = ""

  /// Measures what the model makes of each pair, trains, and measures the same pairs again.
  ///
  /// - Parameter interval: A number computed of all pairs, and how far it moves when they are drawn
  ///   again.
  package static func answer(
    _ pairs: [SentencePairs.Pair], train: () throws -> Training,
    measure: (_ isAfter: Bool) throws -> [MeasuredPair],
    interval: (_ count: Int, _ number: ([Int]) -> Double) throws -> Interval
  ) throws -> Q2_1 {
    // Swift evaluates from left to right.
    let (before, training, after) = (try measure(false), try train(), try measure(true))
    // `zip` below would leave out what has no counterpart.
    for measured in [before, after] { try checkCounts(measured.count, pairs.count) }
    func difference(
      _ metric: String, _ score: @escaping ([MeasuredPair]) -> Double
    ) throws -> Difference {
      // The same pairs are drawn for both models. A pair that is hard for one is hard for the
      // other, and this part of the noise cancels: that is what "paired" is good for.
      let found = try interval(pairs.count) { drawn in
        score(drawn.map { after[$0] }) - score(drawn.map { before[$0] })
      }
      return Difference(
        metric: metric, mean: found.value, lower: found.lower, upper: found.upper)
    }
    // Perplexity is a mean over tokens, not over pairs, so it is computed anew for each draw.
    let differences =
      try [difference("perplexity", perplexity)]
      + MeasuredPair.rouges.enumerated().map { place, name in
        try difference(name) { pairs in NumPy.mean(pairs.map { $0.rouge[place] }) }
      }
    return Q2_1(
      trainingStories: training.stories, blocks: training.blocks, steps: training.steps,
      losses: training.losses, before: try PairScores(before), after: try PairScores(after),
      differences: differences,
      examples: zip(pairs, zip(before, after)).prefix(5).map { pair, said in
        Example(
          first: pair.first, second: pair.second, before: said.0.said, after: said.1.said)
      })
  }

  /// exp(Σ loss · length / Σ length). In float64: the printed one is float32 (``PairScores``), but
  /// this is a difference of two, and a thousand of them are sorted.
  private static func perplexity(_ pairs: [MeasuredPair]) -> Double {
    // A loss is a mean over its tokens; times their number it is a sum again.
    let loss = pairs.reduce(0.0) { $0 + Double($1.loss) * Double($1.length) }
    return exp(loss / Double(max(1, pairs.reduce(0) { $0 + $1.length })))
  }
}

/// What a model makes of a pair of sentences.
package struct MeasuredPair: Equatable, Sendable {
  package let loss: Float  // the mean of −log p over the tokens of the true second sentence
  package let length: Int  // how many these are
  package let rouge: [Double]  // the scores of what the model says, [5], as `rouges` lists them
  package let said: String  // after the first sentence, by itself

  // The homework's ROUGE-3, which is not the usual one; then the F measures of the usual ones.
  package static let rouges = ["homework ROUGE-3", "rouge1", "rouge2", "rouge3", "rougeL"]

  package init(loss: Float, length: Int, rouge: [Double], said: String) {
    (self.loss, self.length, self.rouge, self.said) = (loss, length, rouge, said)
  }
}

extension Q2_1 {
  /// What training was done: the homework's is 1,024 blocks in 128 steps.
  package typealias Training = (stories: Int, blocks: Int, steps: Int, losses: [LossPoint])

  /// The mean loss of the batches of a step.
  package struct LossPoint: Codable, Equatable, Sendable {
    package var step: Int  // counted from 1
    package var loss: Double  // before the step changes the weights

    package init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
  }

  /// The scores of a model.
  package struct PairScores: Codable, Equatable, Sendable {
    package var pairs: Int  // over how many
    package var perplexity, homeworkROUGE3, rouge1, rouge2, rouge3, rougeL: Double
  }

  /// How much a score changes.
  package struct Difference: Codable, Equatable, Sendable {
    package var metric: String
    package var mean, lower, upper: Double  // of after − before, which chance moves so far
  }

  /// A pair, and what the model says.
  package struct Example: Codable, Equatable, Sendable {
    package var first, second, before, after: String  // the last two follow the first
  }
}

extension Q2_1.PairScores {
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
