import Foundation
import FoxDecoding
import FoxMetrics

/// # Q1.2: Why are later tokens more probable than earlier ones?
///
/// > Why does the model assign a higher probability to tokens generated later than to tokens
/// > generated earlier?
///
/// After four words almost anything may follow. With each token the text says more about what comes
/// next, and the prediction narrows. How narrow it is, its entropy says: 0 nats when one token is
/// certain, ln V when all are equally likely.
///
///     H = −Σ p log p
///
/// There is a second reason. Greedy search falls into repetition (Holtzman et al. 2020, arXiv
/// 1904.09751), and a model that has "up and down, up and" in its context is nearly sure of what
/// comes next. So the probability is also measured apart for tokens that complete a trigram the
/// text has had before.
///
/// With OpenAI's `gpt2` the homework's text continues "up and down on the ground,": after
/// "up and" there is little but "down" to come.
///
/// One text proves nothing, so the means are taken over many prompts, and the second half of the
/// steps is compared with the first, prompt by prompt.
///
/// Source: homework Q1.2. Clause `HW-5`. Does not explain a single prompt, and does not separate
/// the two reasons completely: a token that repeats a trigram also stands late in its text.
public struct Q1_2: Codable, Equatable, Sendable {
  /// The homework's prompt.
  public var prompt: String
  /// What greedy search adds to it.
  public var beam: ScoredText
  /// The entropy of the prediction at each step, in nats.
  public var entropies: [Double]
  /// Over many prompts: the mean probability of the token chosen at each step.
  public var meanProbabilities: [Double]
  /// Over many prompts: the mean entropy at each step.
  public var meanEntropies: [Double]
  /// How many prompts.
  public var prompts: Int
  /// The mean probability of tokens that repeat a trigram of their text; `nil` if none did.
  public var repeating: Double?
  /// The mean probability of those that do not; `nil` if all did.
  public var fresh: Double?
  /// The measured answer, in words.
  public var conclusion: String

  /// Measures.
  ///
  /// - Parameters:
  ///   - prompts: Many other prompts, at least one.
  ///   - progress: Is told how many are done.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.foxPrompt, steps: Int = 10,
    over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> Q1_2 {
    // A mean over no prompts is not a number.
    if prompts.isEmpty { throw Fault("prompts", found: "none", expected: "at least 1") }
    // The homework's prompt, which is shown step by step …
    let own = try Certainty(model, prompt, steps: steps)
    // … and the others, which are only averaged.
    let all = try prompts.enumerated().map { index, prompt in
      // `defer`, because the value is returned first and the progress told after it.
      defer { progress(index + 1) }
      return try Certainty(model, prompt, steps: steps)
    }
    return Q1_2(
      prompt: prompt, beam: try model.best(own.result), entropies: own.entropies,
      // [prompts, steps] → [steps]
      meanProbabilities: columns(all.map(\.probabilities)),
      meanEntropies: columns(all.map(\.entropies)), prompts: prompts.count,
      // All tokens of all prompts in one list, by kind: prompts without repetition have nothing to
      // add.
      repeating: mean(all.flatMap { $0.probabilities(repeating: true) }),
      fresh: mean(all.flatMap { $0.probabilities(repeating: false) }),
      // The words are made of the same rows as the numbers above.
      conclusion: conclusion(all, steps: steps))
  }

  /// The mean of each column of equally long rows.
  private static func columns(_ rows: [[Double]]) -> [Double] {
    // Every search has the same number of steps, so the rows are equally long.
    (rows.first ?? []).indices.map { step in mean(rows.map { $0[step] }) ?? .nan }
  }
}

/// How sure a model is, step by step, of what greedy search takes.
private struct Certainty {
  let result: SearchResult
  /// Of the whole prediction, before the choice.
  let entropies: [Double]
  /// Of the token that was chosen.
  let probabilities: [Double]

  init(_ model: LanguageModel, _ prompt: String, steps: Int) throws {
    // Collected by the observer while the search runs; the result has only the chosen tokens'
    // scores.
    var entropies: [Double] = []
    result = try model.search(prompt, beams: 1, steps: steps) { step in
      // One beam, so `scores` is [1, V]. No processor runs, but `.scored` is the right moment in
      // any case.
      if step.moment == .scored { entropies.append(entropy(step.scores[0])) }
    }
    self.entropies = entropies
    // [steps]. Greedy search takes the likeliest token, so this is the largest probability of each
    // step.
    probabilities = result.beams[0].tokenLogProbabilities.map { exp(Double($0)) }
  }

  /// The probabilities of tokens that do, or do not, complete a trigram that came before.
  func probabilities(repeating: Bool) -> [Double] {
    let ids = result.beams[0].ids
    // Index 0 is the first token that was added, not the first of the text.
    return probabilities.enumerated().filter { index, _ in
      let end = result.prompt.count + index  // the token's place in the text
      // The same test as in BeamBlock: would this token have been blocked?
      return repeats(in: Array(ids[..<end]), length: 3).contains(ids[end]) == repeating
    }.map(\.element)
  }
}

/// `−Σ p log p` of a row of log-probabilities, in nats. A token of probability 0 adds nothing.
package func entropy(_ logProbabilities: [Float]) -> Double {
  logProbabilities.reduce(0) { sum, score in
    // 0 · log 0 is 0 as a limit, but NaN in floating point.
    score > -.infinity ? sum - exp(Double(score)) * Double(score) : sum
  }
}

/// The mean; `nil` of nothing.
private func mean(_ values: [Double]) -> Double? {
  // 0 / 0 would be NaN; `nil` says that there was nothing to average.
  values.isEmpty ? nil : NumPy.mean(values)
}

extension Q1_2 {
  /// Compares the second half of the steps with the first.
  private static func conclusion(_ rows: [Certainty], steps: Int) -> String {
    if steps < 2 { return "One step cannot be compared with another." }
    // With an odd number of steps the middle one belongs to the second half.
    let half = steps / 2
    // Paired: each prompt is compared with itself, so that easy and hard prompts do not blur the
    // difference.
    func change(_ row: [Double]) -> Double {
      (mean(Array(row[half...])) ?? 0) - (mean(Array(row[..<half])) ?? 0)
    }
    // Two claims of the question: the probability rises, and the reason given for it, the entropy
    // falls.
    let rise = Differences(rows.map { change($0.probabilities) })
    let fall = Differences(rows.map { change($0.entropies) })
    // "Holds" only if both intervals lie on their side of 0. What chance can explain is not
    // claimed.
    let verdict =
      rise.lower > 0 && fall.upper < 0
      ? "The homework's observation holds here: the more context, the narrower the prediction."
      // The opposite may be measured too, and is then said.
      : rise.upper < 0
        ? "The homework's observation does not hold here: later tokens are less probable."
        : "These numbers do not show the homework's observation clearly."
    return
      "Over \(Wording.count(rows.count, "prompt")), from the first \(Wording.count(half, "step")) "
      + "to the rest, the chosen token's probability changes by \(rise.words(3)) and the entropy of "
      + "the prediction by \(fall.words(2)) nats. \(verdict)"
      + repetition(rows)
  }

  private static func repetition(_ rows: [Certainty]) -> String {
    guard let again = mean(rows.flatMap({ $0.probabilities(repeating: true) })) else {
      return " No token repeated a trigram of its text."
    }
    // Both kinds are needed for a comparison.
    guard let fresh = mean(rows.flatMap({ $0.probabilities(repeating: false) })) else {
      return " Every token repeated a trigram of its text."
    }
    return " A token that repeats a trigram of its text has a mean probability of "
      + "\(Wording.number(again, 2)), any other \(Wording.number(fresh, 2)): repetition makes itself "
      + "more likely."
  }
}

/// The mean of paired differences, and how far chance may have moved it: two standard errors each
/// way.
package struct Differences {
  package let count: Int
  package let mean: Double
  package let lower: Double
  package let upper: Double

  package init(_ values: [Double]) {
    count = values.count
    // n − 1 = 0 for one value: `error` is NaN then and not used below.
    let mean = NumPy.mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // The sample's variance, with n − 1; of one value nothing is known.
    let error = (squares / Double(count - 1) / Double(count)).squareRoot()
    self.mean = mean
    // Two standard errors: about 95 % if the differences are roughly normal and prompts
    // independent.
    (lower, upper) = count > 1 ? (mean - 2 * error, mean + 2 * error) : (-.infinity, .infinity)
  }

  /// The change and its interval. One value has no interval.
  package func words(_ places: Int) -> String {
    let change = Wording.change(mean, places)
    return count > 1 ? "\(change) (\(Wording.interval(lower, upper, places)))" : change
  }
}
