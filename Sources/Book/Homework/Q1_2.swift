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
///     H = −Σ p log p        of ½, ¼, ⅛, ⅛: 1.75 bits, or 1.21 nats
///
/// There is a second reason. Greedy search falls into repetition (Holtzman et al. 2020, arXiv
/// 1904.09751), and a model that has "up and down, up and" in its context is nearly sure of what
/// comes next. So the probability is also averaged separately for tokens that complete a trigram
/// the text has had before.
///
/// One text proves nothing. So the means are taken over many prompts, and the second half of the
/// steps is compared with the first, prompt by prompt.
///
/// Source: homework Q1.2; Shannon 1948. Clause `HW-5`. Does not explain a single prompt, and does
/// not separate the two reasons completely: a token that repeats a trigram also stands late in its
/// text.
package struct Q1_2: Codable, Equatable, Sendable {
  package var prompt: String
  package var beam: ScoredText  // what greedy search adds to the prompt
  package var entropies: [Double]  // of the prediction at each step, in nats
  package var meanProbabilities, meanEntropies: [Double]  // of each step, over many prompts
  package var prompts: Int  // how many these are
  // The mean probability of tokens that repeat a trigram of their text, and of others; `nil` of
  // none.
  package var repeating, fresh: Double?
  package var conclusion = ""

  /// By how much the second half of the steps differs from the first.
  package struct Change {
    package let probability, entropy: Interval  // of the chosen token, of the whole prediction
    // Both halves of the claim: the probability rises, because the prediction narrows. What chance
    // can explain is not claimed.
    package var confirms: Bool { probability.lower > 0 && entropy.upper < 0 }
  }

  /// Measures on the homework's prompt, and on others, at least one; tells how many are done.
  ///
  /// - Returns: The answer, and the change over the steps; `nil` if there is only one step.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.foxPrompt, steps: Int = 10,
    over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> (answer: Q1_2, change: Change?) {
    // A mean over no prompts is not a number.
    if prompts.isEmpty { throw Fault("prompts", found: "none", expected: "at least 1") }
    // The homework's prompt, which is shown step by step …
    let own = try Certainty(model, prompt, steps: steps)
    // … and the others, which are only averaged.
    let all = try prompts.enumerated().map { index, prompt in
      defer { progress(index + 1) }  // told how many are done, also of the last
      return try Certainty(model, prompt, steps: steps)
    }
    let answer = Q1_2(
      prompt: prompt, beam: try model.text(own.result), entropies: own.entropies,
      // [prompts, steps] → [steps]
      meanProbabilities: columns(all.map(\.probabilities)),
      meanEntropies: columns(all.map(\.entropies)), prompts: prompts.count,
      // All tokens of all prompts in one list: a prompt without repetition has nothing to add.
      repeating: mean(all.flatMap { $0.probabilities(repeating: true) }),
      fresh: mean(all.flatMap { $0.probabilities(repeating: false) }))
    return (answer, steps < 2 ? nil : try change(all, half: steps / 2))
  }

  /// Compares each prompt with itself, so that easy and hard prompts do not blur the difference.
  private static func change(_ rows: [Certainty], half: Int) throws -> Change {
    func change(_ row: [Double]) -> Double {
      NumPy.mean(Array(row[half...])) - NumPy.mean(Array(row[..<half]))
    }
    // Two standard errors each way, about 95 %.
    return try Change(
      probability: .ofMean(rows.map { change($0.probabilities) }, t: 2),
      entropy: .ofMean(rows.map { change($0.entropies) }, t: 2))
  }

  /// The mean of each column of equally long rows.
  private static func columns(_ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { step in NumPy.mean(rows.map { $0[step] }) }
  }

  private static func mean(_ values: [Double]) -> Double? {
    // 0 / 0 would be NaN; `nil` says that there was nothing to average.
    values.isEmpty ? nil : NumPy.mean(values)
  }
}

/// How sure a model is at each step of greedy search.
private struct Certainty {
  let result: SearchResult
  let entropies: [Double]  // of the whole prediction, before the choice
  let probabilities: [Double]  // of the token that was chosen, the likeliest: [steps]

  init(_ model: LanguageModel, _ prompt: String, steps: Int) throws {
    // The result has only the chosen tokens' scores, so an observer collects the entropies.
    var entropies: [Double] = []
    result = try model.search(prompt, beams: 1, steps: steps) { step in
      // One beam, so `scores` is [1, V].
      if step.moment == .scored { entropies.append(entropy(step.scores[0])) }
    }
    self.entropies = entropies
    probabilities = result.beams[0].tokenLogProbabilities.map { exp(Double($0)) }
  }

  /// The probabilities of tokens that do, or do not, complete a trigram that came before.
  func probabilities(repeating: Bool) -> [Double] {
    let ids = result.beams[0].ids
    return probabilities.enumerated().filter { index, _ in
      let end = result.prompt.count + index  // the token's place in the text, not among the added
      // The same test as in BeamBlock: would this token have been blocked?
      return repeats(in: Array(ids[..<end]), length: 3).contains(ids[end]) == repeating
    }.map(\.element)
  }
}

/// `−Σ p log p` of a row of log-probabilities, in nats.
package func entropy(_ logProbabilities: [Float]) -> Double {
  logProbabilities.reduce(0) { sum, score in
    // 0 · log 0 is 0 as a limit, but NaN in floating point.
    score > -.infinity ? sum - exp(Double(score)) * Double(score) : sum
  }
}
