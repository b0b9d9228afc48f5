import Foundation
import FoxDecoding

/// # Q1.4: What does WordBlock break?
///
/// > At each time step, it reduces the probability for any previously seen word so that it is not
/// > generated again. … Is this practical?
///
/// No. A text needs its commas, its "the" and its "and" again and again, and each may come once.
/// The vocabulary never runs out in practice (GPT-2 has 50,257 tokens); what runs out is
/// *probability*. So this is what is measured, at every step: how much of the model's probability
/// lies on tokens that the text has had and may not have again. Once that is more than half, the
/// search may not say what it most likely would.
///
/// The prompt alone shows it. "Once upon a time, in a barn near a farm house," has used up "a" and
/// the comma, so where OpenAI's `gpt2` would continue with "a young boy was playing with a stick.
/// He", it has to say "the young girl was playing with her …". A second "the" will not come.
///
///     blocked mass at step t = Σ p(token) over the tokens that the text has
///
/// The homework's number of steps is cut off in the print; it is more than 20, and 40 shows the
/// effect.
///
/// Source: homework Q1.4; the processor is ``WordBlock`` in the chapter Decoding. Clause `HW-12`.
/// Does not measure how good the text is to a reader, only what the model would have said.
public struct Q1_4: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The text without the processor.
  public var plain: ScoredText
  /// The text with it.
  public var blocked: ScoredText
  /// By step: how many tokens are still allowed.
  public var vocabularyLeft: [Int]
  /// By step: the probability that the model gives to those that are not.
  public var blockedMass: [Double]
  /// The first step, from 0, at which more than half of the probability is blocked; `nil` if none.
  public var starvedAt: Int?
  /// Punctuation and the commonest words that were used up.
  public var usedUp: [UsedUp]
  /// The measured answer, in words.
  public var conclusion: String

  /// A common token that may not come again.
  public struct UsedUp: Codable, Equatable, Sendable {
    /// The token.
    public var token: String
    /// The step, from 0, from which it is blocked; 0 for those of the prompt.
    public var step: Int
  }

  /// Searches twice, without and with WordBlock.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt, steps: Int = 40
  ) throws -> Q1_4 {
    // Greedy search, so that the processor makes all the difference.
    let plain = try model.search(prompt, beams: 1, steps: steps)
    var (left, mass) = ([Int](), [Double]())  // [steps] each
    let blocked = try model.search(
      prompt, beams: 1, steps: steps, processors: [WordBlock()]
    ) { step in
      // Before the processor the scores are still the model's own opinion.
      guard step.moment == .scored else { return }
      // A set: a token that came twice before the processor began is still one token of the
      // vocabulary.
      let used = Set(step.beams[0].ids)
      left.append(step.scores[0].count - used.count)
      // `exp` of log-probabilities. The rounded terms may add up to a little more than 1.
      mass.append(min(1, used.reduce(0) { $0 + exp(Double(step.scores[0, $1])) }))
    }
    var answer = Q1_4(
      prompt: prompt, plain: try model.best(plain), blocked: try model.best(blocked),
      // Half is where it becomes likelier than not that the model's next token is forbidden.
      vocabularyLeft: left, blockedMass: mass, starvedAt: mass.firstIndex { $0 > 0.5 },
      usedUp: [], conclusion: "")
    // Both need the finished answer: which tokens the text has, and the numbers for the words.
    answer.usedUp = usedUp(answer.blocked, given: blocked.prompt.count)
    answer.conclusion = answer.words()
    return answer
  }

  /// Tokens that hardly any sentence can do without.
  ///
  /// In lower case and without the space in front, which is how `usedUp` looks tokens up.
  private static let common: Set<String> = [
    ".", ",", "\"", "'", "?", "!", ";", ":", "-", "the", "a", "an", "and", "of", "to", "in", "that",
    "was", "is", "it", "he", "she", "they", "his", "her", "had", "with", "for", "as", "at", "on",
    "but", "not", "said", "i", "you",
  ]

  /// The common tokens of a text, and the step from which each may not come again.
  private static func usedUp(_ text: ScoredText, given: Int) -> [UsedUp] {
    // By id: "The" and " the" are two tokens, and each may come once.
    var seen: Set<Int> = []
    return text.tokens.enumerated().compactMap { index, token in
      // GPT-2's tokens carry their space: " the" → "the".
      let word = token.text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
      // Only where it first comes. `insert` stands first, so that every token is noted, common or
      // not.
      guard seen.insert(token.id).inserted, common.contains(word) else { return nil }
      // A token added at step s (index = given + s) is blocked from step s + 1; the prompt's from
      // step 0.
      return UsedUp(token: token.text, step: max(0, index - given + 1))
    }
  }
}

extension Q1_4 {
  private func words() -> String {
    // Zero steps: nothing was measured.
    guard let last = vocabularyLeft.last, let most = blockedMass.max() else {
      return "Without steps nothing is blocked."
    }
    // What the last step saw; the token that it added came too late to be blocked.
    let used = Set(blocked.tokens.dropLast().map(\.id)).count
    // First how little of the vocabulary is gone, then how much of the probability. The second is
    // the answer.
    return "WordBlock has taken \(used) of \(used + last) tokens "
      + "(\(Wording.percent(Double(used) / Double(used + last)))) by the last step, "
      + "\(usedUp.count) of them punctuation or the commonest words. \(starving(most))"
      + "The score per token goes from \(Wording.number(plain.scorePerToken, 3)) to "
      + "\(Wording.number(blocked.scorePerToken, 3)). It is not practical: the longer the text, the more "
      + "of what the language needs is forbidden. Blocking n-grams (Q1.5) forbids far less."
  }

  private func starving(_ most: Double) -> String {
    let steps = Wording.count(blockedMass.count, "step")
    // Few steps, or a model that is never sure: the claim is not made then.
    guard let starvedAt else {
      return
        "They never carry more than \(Wording.percent(most)) of the model's probability in these "
        + "\(steps). "
    }
    // steps from 1 for a reader
    return "At step \(starvedAt + 1) they first carry more than half of the model's probability "
      + "(\(Wording.percent(blockedMass[starvedAt]))), in all at "
      + "\(blockedMass.count { $0 > 0.5 }) of \(steps): there it may not say what it most likely "
      + "would. "
  }
}
