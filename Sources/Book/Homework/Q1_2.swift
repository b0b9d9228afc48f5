import FoxDecoding

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
