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

/// The same prompt with several beam sizes.
package struct Sweep {
  let prompt: String
  let steps: Int
  package let sizes: [Q1_3.Size]
  // The best sequence of each size, [sizes][T]: to find out later where it was lost.
  private let bestIDs: [[Int]]

  init(_ model: LanguageModel, _ prompt: String, _ sizes: ClosedRange<Int>, steps: Int) throws {
    (self.prompt, self.steps) = (prompt, steps)
    // A search for each size, from the beginning: nothing of a smaller beam can be used again.
    let results = try sizes.map { try model.search(prompt, beams: $0, steps: steps) }
    bestIDs = results.map { $0.beams[0].ids }  // beams come best first
    self.sizes = try zip(sizes, results).map { size, result in
      let best = try model.best(result)
      return Q1_3.Size(
        // All are equally long, so score and score per token rank them alike.
        beams: size, score: best.score, scorePerToken: best.scorePerToken, text: best.text,
        probabilities: best.probabilities)
    }
  }

  /// Two sizes, by their places in ``sizes``, of which the larger loses most; `nil` when none loses
  /// more than rounding can.
  package static func worst(of sizes: [Q1_3.Size]) -> (fewer: Int, more: Int)? {
    // [pairs]. Every pair, not only neighbors: 2 beams against 5 counts as well. For five sizes,
    // ten pairs.
    let pairs = sizes.indices.flatMap { fewer in
      // `max` keeps the range of the last size from being upside down.
      (fewer + 1..<max(fewer + 1, sizes.count)).map { (fewer: fewer, more: $0) }
    }
    // Positive when more beams end with the lower score.
    func loss(_ pair: (fewer: Int, more: Int)) -> Double {
      sizes[pair.fewer].score - sizes[pair.more].score
    }
    // Sums of 20 float32 logarithms differ in the fifth place from one order of computing to
    // another. A thousandth of a nat is well above that.
    return pairs.max { loss($0) < loss($1) }.flatMap { loss($0) > 1e-3 ? $0 : nil }
  }

  var worst: (fewer: Int, more: Int)? { Self.worst(of: sizes) }

  /// How much worse the larger beam of the worst pair ends, in nats.
  var loss: Double { worst.map { sizes[$0.fewer].score - sizes[$0.more].score } ?? 0 }

  func counterExample(_ model: LanguageModel) throws -> Q1_3.CounterExample? {
    // The larger search is run again, this time with somebody watching for the smaller one's text.
    guard let (fewer, more) = worst else { return nil }
    let lost = try Self.lostAt(
      bestIDs[fewer], model, prompt, beams: sizes[more].beams, steps: steps)
    return .init(
      prompt: prompt, steps: steps, fewer: sizes[fewer], more: sizes[more], lostAt: lost)
  }

  /// The step, from 1, after which a search no longer has the beginning of a text among its beams.
  package static func lostAt(
    _ ids: [Int], _ model: LanguageModel, _ prompt: String, beams: Int, steps: Int
  ) throws -> Int {
    // The first time counts: a beginning that is gone cannot come back, for only beams have
    // children.
    var lost: Int?
    _ = try model.search(prompt, beams: beams, steps: steps) { step in
      // `.scored` shows the beams before the choice of this step, which are those that the last one
      // left.
      guard step.moment == .scored, lost == nil else { return }
      // These beams are what step number `step.step`, counted from 1, has left.
      // Kept as long as one of the beams is how the better text begins.
      let isKept = step.beams.contains { ids.starts(with: $0.ids) }
      if !isKept { lost = step.step }
    }
    // Never seen to be lost: then the last choice lost it, after which there is no step to observe.
    return lost ?? steps
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
