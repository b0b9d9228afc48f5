import FoxHomework

// What the numbers of parts 2 and 3 say. SPEC `HW-1`.
extension Q2_1 {
  /// Which metric to trust is read from the intervals, not from the question.
  package var words: String {
    let (perplexity, rouge) = (differences[0], differences.dropFirst())
    let clear = rouge.count(where: \.isClear)
    return "Over \(Wording.count(before.pairs, "pair")) the perplexity goes from "
      + "\(Wording.number(before.perplexity, 3)) to \(Wording.number(after.perplexity, 3)) "
      + "\(perplexity.words(lowerIsBetter: true)), the homework's ROUGE-3 from "
      + "\(Wording.number(before.homeworkROUGE3, 3)) to \(Wording.number(after.homeworkROUGE3, 3)) "
      + "\(differences[1].words(lowerIsBetter: false)). Of \(rouge.count) ROUGE scores \(clear) "
      + "\(clear == 1 ? "changes" : "change") by more than its interval. "
      // Drawing two pairs again and again gives three results; no bound of them means 95 %.
      + (before.pairs < 10
        ? "Intervals of so few as \(Wording.count(before.pairs, "pair")) say little. " : "")
      + (!perplexity.isClear
        ? "So few texts or steps do not show that either sees a change of the model."
        : clear == rouge.count
          ? "Both see the change of the model here."
          : "Perplexity sees the change of the model more surely: it scores every token of the "
            + "true sentence, while a story may go on in many ways that share no words with it.")
  }
}

extension Q2_1.Difference {
  /// Whether 0 is outside the interval.
  fileprivate var isClear: Bool { lower > 0 || upper < 0 }

  fileprivate func words(lowerIsBetter: Bool) -> String {
    let verdict =
      !isClear ? "no clear change" : (mean < 0) == lowerIsBetter ? "better" : "worse"
    return "(\(Wording.change(mean, 3)), 95 % interval "
      + "\(Wording.interval(lower, upper, 3)): \(verdict))"
  }
}

extension SeedRuns {
  /// Whether the mean accuracy is within the error of what the commoner label alone would give.
  var isAtChance: Bool {
    let sums = confusion.map { $0.reduce(0, +) }  // sentences of each true label
    let all = Double(sums.reduce(0, +))
    guard all > 0 else { return false }
    let share = Double(sums.max() ?? 0) / all
    // √(p (1 − p) / n) is the standard error of a share.
    return mean <= share + 1.96 * (share * (1 - share) / all).squareRoot()
  }
}

extension Q3_1 {
  /// The accuracy of each run, and whether choosing helped.
  package func words() throws -> String {
    let parts = runs.map { run in
      "With \(run.name) (\(Wording.count(run.steps, "step")), \(Wording.rate(run.learningRate))) the "
        + "accuracy over \(Wording.count(run.seeds.count, "seed")) is \(Wording.number(run.mean, 3)) ± "
        + "\(Wording.number(run.deviation, 3))\(run.isAtChance ? ", which is chance" : "")."
    }
    guard runs.count > 1 else { return parts.joined(separator: " ") }
    if runs[1].numbers == runs[0].numbers {
      return parts[0] + " Cross-validation on the training sentences chooses the same numbers."
    }
    let change = try runs[1].gain(over: runs[0])
    let verdict =
      change.lower > 0
      ? "the seeds agree" : change.upper < 0 ? "it is worse" : "the seeds do not agree on it"
    return parts.joined(separator: " ")
      + " Choosing changes the accuracy by \(Wording.change(change.value, 3)) (95 % interval "
      + "\(Wording.interval(change.lower, change.upper, 3))): \(verdict)."
  }
}

extension Q3_2 {
  /// Each comparison, how much of the set is new, and which pivots help.
  package var words: String {
    let claims = comparisons.map(\.words) + [wordings?.words].compactMap { $0 }
    let gains = pivots.compactMap { pivot in pivot.gain.map { (name: pivot.name, gain: $0) } }
    guard let best = gains.max(by: { $0.gain < $1.gain }),
      let worst = gains.min(by: { $0.gain < $1.gain })
    else { return claims.joined(separator: " ") }
    return claims.joined(separator: " ")
      + " Alone, \(best.name) gains most (\(Wording.change(best.gain, 3))) and \(worst.name) least "
      + "(\(Wording.change(worst.gain, 3))); \(gains.count { $0.gain > 0 }) of \(gains.count) pivots "
      + "gain."
  }
}

extension Q3_2.Wordings {
  fileprivate var words: String {
    "Of \(Wording.count(paraphrases, "paraphrase")) \(new) have a new wording and \(unchanged) "
      + "are the original again; all have the original's label."
  }
}

extension Q3_2.Comparison {
  fileprivate var words: String {
    let verdict =
      lower > 0
      ? "the homework's claim is confirmed"
      : upper < 0
        ? "the homework's claim is refuted: augmentation harms"
        : "the claim is not shown, the interval has 0 in it"
    // Two classifiers that guess may differ, and it means nothing.
    let chance = without.isAtChance && with.isAtChance ? " (both are chance)" : ""
    return "With \(name) augmentation takes the accuracy from "
      + "\(Wording.number(without.mean, 3)) to \(Wording.number(with.mean, 3)): "
      + "\(Wording.change(gain, 3)), 95 % interval \(Wording.interval(lower, upper, 3))\(chance); "
      + "\(verdict)."
  }
}
