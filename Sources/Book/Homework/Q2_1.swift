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
/// of the reference is paid each time, so it can exceed 1. "the the the the" scores 4 for the
/// reference "the", where the standard ROUGE has a recall of 1. So both are measured.
///
/// One number before and one after do not show that a difference is real. Both models see the same
/// pairs, so the difference is taken pair by pair, and pairs are drawn again and again to see how
/// far chance alone would move it (a paired bootstrap).
///
/// Source: homework Q2.1, `compute_perplexity` and `compute_rouge`. Clauses `HW-7`, `METR-2` and
/// `ROUGE-2`. Does not train and does not search: closures do, GPT-2 in the Workshop or a table in
/// a test.
public struct Q2_1: Codable, Equatable, Sendable {
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
  /// Mean difference after − before of each score, with a 95 % interval.
  public var differences: [Difference]
  /// What the model says, before and after.
  public var examples: [Example]
  /// The measured answer, in words.
  public var conclusion: String

  /// Measures, trains, and measures the same pairs again.
  ///
  /// - Parameters:
  ///   - pairs: At least one.
  ///   - measure: What the model as it is now makes of each pair, in order.
  ///   - interval: The statistic of all pairs, and how far it moves when pairs are drawn again.
  /// - Throws: `Fault` without pairs or when some were not measured, and what the closures throw.
  package static func answer(
    _ pairs: [SentencePairs.Pair], train: () throws -> Training,
    measure: (_ isAfter: Bool) throws -> [MeasuredPair],
    interval: (_ count: Int, _ statistic: ([Int]) -> Double) throws -> Interval
  ) throws -> Q2_1 {
    let before = try measure(false)
    let training = try train()
    let after = try measure(true)
    // `zip` below would leave out what has no counterpart.
    for measured in [before, after] { try checkCounts(measured.count, pairs.count) }
    func difference(_ metric: String, _ score: @escaping ([MeasuredPair]) -> Double) throws
      -> Difference
    {
      // The same pairs are drawn for both models: this is what makes it paired.
      let found = try interval(pairs.count) { drawn in
        score(drawn.map { after[$0] }) - score(drawn.map { before[$0] })
      }
      return Difference(
        metric: metric, mean: found.value, lower: found.lower, upper: found.upper)
    }
    // Perplexity is not a mean over pairs but over tokens, so it is taken anew of each draw.
    let differences =
      try [difference("perplexity", perplexity)]
      + MeasuredPair.rouges.enumerated().map { place, name in
        try difference(name) { pairs in NumPy.mean(pairs.map { $0.rouge[place] }) }
      }
    let scores = (before: try PairScores(before), after: try PairScores(after))
    return Q2_1(
      trainingStories: training.stories, blocks: training.blocks, steps: training.steps,
      losses: training.losses, before: scores.before, after: scores.after,
      differences: differences,
      examples: zip(pairs, zip(before, after)).prefix(5).map { pair, said in
        Example(
          first: pair.first, second: pair.second, before: said.0.said, after: said.1.said)
      },
      conclusion: conclusion(scores.before, scores.after, differences))
  }

  /// exp(Σ loss · length / Σ length), in float64.
  private static func perplexity(_ pairs: [MeasuredPair]) -> Double {
    // A loss is a mean over its tokens; times their number it is a sum again.
    let loss = pairs.reduce(0.0) { $0 + Double($1.loss) * Double($1.length) }
    return exp(loss / Double(max(1, pairs.reduce(0) { $0 + $1.length })))
  }

  private static func conclusion(
    _ before: PairScores, _ after: PairScores, _ differences: [Difference]
  ) -> String {
    let (perplexity, rouge) = (differences[0], differences.dropFirst())
    let homework = differences[1]
    // Clear means: chance alone would not cross 0.
    let clear = rouge.count(where: \.isClear)
    func words(_ change: Difference, lowerIsBetter: Bool, places: Int = 3) -> String {
      let verdict =
        !change.isClear
        ? "no clear change" : (change.mean < 0) == lowerIsBetter ? "better" : "worse"
      return "(\(Wording.change(change.mean, places)), 95 % interval "
        + "\(Wording.interval(change.lower, change.upper, places)): \(verdict))"
    }
    return "Over \(Wording.count(before.pairs, "pair")) the perplexity goes from "
      + "\(Wording.number(before.perplexity, 3)) to \(Wording.number(after.perplexity, 3)) "
      + "\(words(perplexity, lowerIsBetter: true)), the homework's ROUGE-3 from "
      + "\(Wording.number(before.homeworkROUGE3, 3)) to \(Wording.number(after.homeworkROUGE3, 3)) "
      + "\(words(homework, lowerIsBetter: false)). Of \(rouge.count) ROUGE scores \(clear) "
      + "\(clear == 1 ? "changes" : "change") by more than its interval. "
      // Drawing two pairs again and again gives three results; no bound of them means 95 %.
      + (before.pairs < 10
        ? "Intervals of so few as \(Wording.count(before.pairs, "pair")) say little. " : "")
      // Which metric to trust is read from the intervals, not from the question.
      + (!perplexity.isClear
        ? "So few texts or steps do not show that either sees a change of the model."
        : clear == rouge.count
          ? "Both see the change of the model here."
          : "Perplexity sees the change of the model more surely: it scores every token of the "
            + "true sentence, while a story may go on in many ways that share no words with it.")
  }
}
