import FoxDecoding

/// # Q1.3: Does a larger beam guarantee a better sequence?
///
/// > Does higher beam size always guarantee a higher probability final sequence? Why or why not?
///
/// No. A larger beam keeps more beginnings at each step, but not always the same ones and then
/// some. After the first step, more parents compete: a beginning that two beams keep may be pushed
/// out of three, by children of the third parent. They look better now and end worse. So the
/// sequence that a smaller beam ends with may fall out of a larger one on the way. The scores
/// printed on OpenAI's `gpt2`, per token, show it for the homework's own prompt, where three beams
/// end worse than two:
///
///     beams    1        2        3        4        5
///     score  −0.971   −0.929   −0.960   −0.921   −0.906
///
/// Only a beam wide enough to keep every beginning is sure to find the best sequence, and their
/// number grows as V to the power of the steps.
///
/// The homework draws the probability of each token by decode step, one line a beam size. Beside
/// that, other prompts are searched for the clearest counter-example, and for it the step is found
/// at which the better sequence fell out of the larger beam.
///
/// Source: homework Q1.3. Clause `HW-6`. Does not say that larger beams are worse: mostly they are
/// not, and the counter-examples are counted.
public struct Q1_3: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// How many tokens are added.
  public var steps: Int
  /// The best sequence of each beam size, ascending.
  public var sizes: [Size]
  /// Where more beams end with a worse score, found by search; `nil` if nowhere.
  public var counterExample: CounterExample?
  /// How many prompts were searched, the homework's among them.
  public var promptsSearched: Int
  /// For how many of them more beams end with a worse score.
  public var counterExamples: Int
  /// The measured answer, in words.
  public var conclusion: String

  /// The best sequence of a beam size.
  public struct Size: Codable, Equatable, Sendable {
    /// The number of beams.
    public var beams: Int
    /// The sum of the log-probabilities.
    public var score: Double
    /// ``score`` divided by the number of all tokens.
    public var scorePerToken: Double
    /// The text.
    public var text: String
    /// The probability of the token chosen at each decode step: the homework's figure.
    public var probabilities: [Double]
  }

  /// A prompt for which more beams end with a worse score.
  public struct CounterExample: Codable, Equatable, Sendable {
    /// The prompt.
    public var prompt: String
    /// How many tokens are added.
    public var steps: Int
    /// The smaller beam, which ends better.
    public var fewer: Size
    /// The larger beam.
    public var more: Size
    /// The step, from 1, after which the larger beam no longer has the better sequence's beginning.
    public var lostAt: Int
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - sizes: The beam sizes, ascending.
  ///   - prompts: Where to look for a counter-example, beside the homework's prompt.
  ///   - progress: Is told how many are searched.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt,
    sizes: ClosedRange<Int> = 1...5,
    steps: Int = 20, over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> Q1_3 {
    // The homework's sweep, beams 1 to 5 at 20 steps.
    let own = try Sweep(model, prompt, sizes, steps: steps)
    // The homework's own prompt may be a counter-example; by the print it is one on `gpt2`.
    var found = [own].filter { $0.worst != nil }
    // So that it is not counted twice when the list has it too.
    let others = prompts.filter { $0 != prompt }
    for (index, other) in others.enumerated() {
      let sweep = try Sweep(model, other, sizes, steps: steps)
      // All are counted, one is shown.
      if sweep.worst != nil { found.append(sweep) }
      progress(index + 1)
    }
    // The one that loses most; of equal ones the first.
    let clearest = found.reduce(nil as Sweep?) { best, sweep in
      best.map { $0.loss >= sweep.loss } == true ? best : sweep
    }
    // Only for the one that is shown: finding the step takes another search.
    let example = try clearest?.counterExample(model)
    return Q1_3(
      prompt: prompt, steps: steps, sizes: own.sizes, counterExample: example,
      promptsSearched: others.count + 1, counterExamples: found.count,
      conclusion: conclusion(own.sizes, example, count: found.count, of: others.count + 1))
  }
}

extension Q1_3 {
  private static func conclusion(
    _ own: [Size], _ example: CounterExample?, count: Int, of searched: Int
  ) -> String {
    // Only the homework's prompt, from each size to the next.
    let rises = zip(own, own.dropFirst()).allSatisfy { $1.score >= $0.score }
    let sweep =
      "For the homework's prompt the score \(rises ? "never falls" : "does not always rise") from "
      + "\(own.first?.beams ?? 0) to \(own.last?.beams ?? 0) beams. "
    // An honest answer for a model on which the claim cannot be shown.
    guard let example else {
      return sweep
        + "Among \(Wording.count(searched, "prompt")) no counter-example was found: more beams never "
        + "ended worse here, though nothing guarantees it."
    }
    // In nats: e to its power says how many times less probable the larger beam's text is.
    let loss = example.fewer.score - example.more.score
    // What was counted, then the clearest case, then why the larger beam missed it: a reader can
    // check each number in the answer.
    return sweep
      + "More beams guarantee nothing: for \(count) of \(Wording.count(searched, "prompt")) some larger "
      + "beam ends with a worse score. After \(Wording.quoted(example.prompt)) \(example.more.beams) "
      + "beams lose \(Wording.number(loss, 2)) nats against \(example.fewer.beams) "
      + "(\(Wording.number(example.more.score, 2)) against \(Wording.number(example.fewer.score, 2))): "
      + "the beginning of the better sequence fell out of the larger beam at step \(example.lostAt)."
  }
}
