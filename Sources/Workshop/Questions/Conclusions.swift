import FoxHomework
import FoxMetrics
import FoxSearch

/// # What the numbers of part 1 say
///
/// The answers of the chapter Homework in words: sentences made of the measured numbers, which say so
/// when the numbers do not show what the homework claims. SPEC `HW-1`.
extension Q1_2 {
  /// Whether the second half of the steps is surer than the first, and what repetition does.
  package func words(_ change: Change?) -> String {
    guard let change else { return "One step cannot be compared with another." }
    let verdict =
      change.confirms
      ? "The homework's observation holds here: the more context, the narrower the prediction."
      : change.probability.upper < 0
        ? "The homework's observation does not hold here: later tokens are less probable."
        : "These numbers do not show the homework's observation clearly."
    return
      "Over \(Wording.count(prompts, "prompt")), from the first "
      + "\(Wording.count(entropies.count / 2, "step")) to the rest, the chosen token's probability "
      + "changes by \(change.probability.words(3)) and the entropy of the prediction by "
      + "\(change.entropy.words(2)) nats. \(verdict)" + repetition
  }

  private var repetition: String {
    guard let repeating else { return " No token repeated a trigram of its text." }
    guard let fresh else { return " Every token repeated a trigram of its text." }
    return " A token that repeats a trigram of its text has a mean probability of "
      + "\(Wording.number(repeating, 2)), any other \(Wording.number(fresh, 2)): repetition makes "
      + "itself more likely."
  }
}

extension Interval {
  /// The change and its bounds; of one value there are none.
  fileprivate func words(_ places: Int) -> String {
    let change = Wording.change(value, places)
    return lower.isFinite ? "\(change) (\(Wording.interval(lower, upper, places)))" : change
  }
}

extension Q1_3 {
  /// What was counted, then the clearest case, then why the larger beam missed it.
  package var words: String {
    let rises = zip(sizes, sizes.dropFirst()).allSatisfy { $1.score >= $0.score }
    let sweep =
      "For the homework's prompt the score \(rises ? "never falls" : "does not always rise") from "
      + "\(sizes.first?.beams ?? 0) to \(sizes.last?.beams ?? 0) beams. "
    guard let example = counterExample else {
      return sweep
        + "Among \(Wording.count(promptsSearched, "prompt")) no counter-example was found: more "
        + "beams never ended worse here, though nothing guarantees it."
    }
    let loss = example.fewer.score - example.more.score
    return sweep
      + "More beams guarantee nothing: for \(counterExamples) of "
      + "\(Wording.count(promptsSearched, "prompt")) some larger beam ends with a worse score. After "
      + "\(Wording.quoted(example.prompt)) \(example.more.beams) beams lose "
      + "\(Wording.number(loss, 2)) nats against \(example.fewer.beams) "
      + "(\(Wording.number(example.more.score, 2)) against \(Wording.number(example.fewer.score, 2))): "
      + "the beginning of the better sequence fell out of the larger beam at step \(example.lostAt)."
  }
}

extension Q1_4 {
  /// How little of the vocabulary is gone, then how much of the probability.
  package var words: String {
    guard let last = vocabularyLeft.last, let most = blockedMass.max() else {
      return "Without steps nothing is blocked."
    }
    // What the last step saw; the token that it added came too late to be blocked.
    let used = Set(blocked.tokens.dropLast().map(\.id)).count
    return "WordBlock has taken \(used) of \(used + last) tokens "
      + "(\(Wording.percent(Double(used) / Double(used + last)))) by the last step, "
      + "\(usedUp.count) of them punctuation or the commonest words. \(starving(most))"
      + "The score per token goes from \(Wording.number(plain.scorePerToken, 3)) to "
      + "\(Wording.number(blocked.scorePerToken, 3)). It is not practical: the longer the text, the more "
      + "of what the language needs is forbidden. Blocking n-grams (Q1.5) forbids far less."
  }

  private func starving(_ most: Double) -> String {
    let steps = Wording.count(blockedMass.count, "step")
    guard let starvedAt else {
      return
        "They never carry more than \(Wording.percent(most)) of the model's probability in these "
        + "\(steps). "
    }
    return "At step \(starvedAt + 1) they first carry more than half of the model's probability "
      + "(\(Wording.percent(blockedMass[starvedAt]))), in all at "
      + "\(blockedMass.count { $0 > 0.5 }) of \(steps): there it may not say what it most likely "
      + "would. "
  }
}

extension Q1_5 {
  /// What was blocked, what it prevented, and what that cost.
  package func words(_ trace: [Block]) -> String {
    let (plainIDs, blockedIDs) = (plain.tokens.map(\.id), blocked.tokens.map(\.id))
    if trace.isEmpty {
      return "Nothing to block: no trigram would have come twice in \(plainIDs.count) tokens, and "
        + "both texts are the same."
    }
    let steps = Set(trace.map(\.step)).count
    let blocks = "\(Wording.count(trace.count, "block")) in \(Wording.count(steps, "step")). "
    if plainIDs == blockedIDs {
      return blocks
        + "None of the blocked tokens was the likeliest: the text is the same without them, and has "
        + "no trigram twice."
    }
    // Forced away from the likeliest token, greedy search may by chance find a better text later.
    let cost = plain.score - blocked.score
    let price =
      cost > 0
      ? "That costs \(Wording.number(cost, 2)) nats of score."
      : "That ends \(Wording.number(-cost, 2)) nats better, for greedy search is not optimal."
    return blocks
      + "Without them \(Wording.count(Self.repeatedTrigrams(plainIDs), "trigram")) had come before, "
      + "with them \(Self.repeatedTrigrams(blockedIDs)). \(price) What is said twice in other words "
      + "is not blocked."
  }
}
