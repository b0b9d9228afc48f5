import Foundation
import FoxEngines
import FoxGLUE
import FoxHomework

extension HomeworkEncoder {
  /// Q3.2: the same runs with the paraphrases, seed by seed beside those without: with the homework's
  /// numbers, with the numbers chosen for each set, and where those differ with the augmented set's for
  /// both.
  ///
  /// - Parameters:
  ///   - set: The training sentences with their paraphrases.
  ///   - baseline: The runs without, of the same plan.
  ///   - search: As in ``classification(_:search:)``; where the baseline has chosen, so is here.
  /// - Throws: As ``classification(_:search:)``.
  public func augmentation(
    _ set: AugmentedSet, baseline: ClassificationAnswer, _ plan: ClassifierPlan = ClassifierPlan(),
    search: HyperparameterSearch? = .init()
  ) throws -> AugmentationAnswer {
    guard let without = baseline.runs.first else {
      throw HomeworkError.tooFew(what: "runs without augmentation", found: 0, needed: 1)
    }
    let texts = set.examples
    var comparisons = [
      try compare(
        "the homework's numbers", without,
        runs("augmented, the homework's numbers", on: texts, plan))
    ]
    var choice: CrossValidation?
    if let search, baseline.runs.count > 1, let chosen = baseline.runs.last {
      let found = try crossValidate(set.groups, plan, search, name: "augmented sentences")
      choice = found
      let (own, same) = (plan.with(baseline.choice?.best), plan.with(found.best))
      let with = try repeated(
        comparisons[0].with, plan, as: "augmented, its chosen numbers", on: texts, same)
      comparisons.append(try compare("the numbers chosen for each", chosen, with))
      if own != same {
        // Else a better learning rate would pass for a gain of augmentation.
        let control = try repeated(
          without, plan, as: "the augmented set's numbers", on: training(), same)
        comparisons.append(try compare("the augmented set's numbers for both", control, with))
      }
    }
    let pivots = Self.pivots(set)
    return AugmentationAnswer(
      translator: set.translator, pivots: pivots, example: Self.example(set),
      comparisons: comparisons, choice: choice, conclusion: Self.conclusion(comparisons, pivots))
  }

  /// The answer with the gain of each pivot alone, which takes a run for each and each seed: with the
  /// numbers that were chosen without augmentation, where any were.
  ///
  /// - Throws: As ``classification(_:search:)``.
  public func withGains(
    _ answer: AugmentationAnswer, _ set: AugmentedSet, baseline: ClassificationAnswer,
    _ plan: ClassifierPlan = ClassifierPlan()
  ) throws -> AugmentationAnswer {
    guard let without = baseline.runs.last else { return answer }
    var answer = answer
    for index in answer.pivots.indices where answer.pivots[index].kept > 0 {
      let name = answer.pivots[index].name
      let alone = try runs(
        "\(name) alone", on: set.examples(pivots: [name]), plan.with(baseline.choice?.best))
      answer.pivots[index].gain = alone.mean - without.mean
    }
    answer.conclusion = Self.conclusion(answer.comparisons, answer.pivots)
    return answer
  }

  private func compare(
    _ name: String, _ without: SeedRuns, _ with: SeedRuns
  ) throws -> AugmentationAnswer.Comparison {
    let gain = try PairedDifference.of(zip(with.accuracies, without.accuracies).map { $0 - $1 })
    return .init(
      name: name, without: without, with: with, gain: gain.mean, lower: gain.lower,
      upper: gain.upper)
  }

  /// What each pivot gave.
  private static func pivots(_ set: AugmentedSet) -> [AugmentationAnswer.Pivot] {
    set.counts.map { counts in
      let dropped = counts.dropped.map { ($0.key.rawValue, $0.value) }
      return .init(
        name: counts.pivot.name, kept: counts.kept,
        dropped: Dictionary(dropped, uniquingKeysWith: +), similarity: counts.similarity,
        gain: nil)
    }
  }

  /// The first sentence and what the pivots made of it.
  private static func example(_ set: AugmentedSet) -> [AugmentationAnswer.Translation] {
    guard let group = set.groups.first else { return [] }
    return [.init(pivot: "", text: group.original.text)]
      + group.paraphrases.map { .init(pivot: $0.pivot, text: $0.text) }
  }

  private static func conclusion(
    _ comparisons: [AugmentationAnswer.Comparison], _ pivots: [AugmentationAnswer.Pivot]
  ) -> String {
    let parts = comparisons.map { comparison in
      let verdict =
        comparison.lower > 0
        ? "the homework's claim is confirmed"
        : comparison.upper < 0
          ? "the homework's claim is refuted: augmentation harms"
          : "the claim is not shown, the interval has 0 in it"
      let chance =
        comparison.without.isAtChance && comparison.with.isAtChance ? " (both are chance)" : ""
      return
        "With \(comparison.name) augmentation takes the accuracy from "
        + "\(Wording.number(comparison.without.mean, 3)) to \(Wording.number(comparison.with.mean, 3)): "
        + "\(Wording.change(comparison.gain, 3)), 95 % interval "
        + "\(Wording.interval(comparison.lower, comparison.upper, 3))\(chance); \(verdict)."
    }
    let gains = pivots.compactMap { pivot in pivot.gain.map { (name: pivot.name, gain: $0) } }
    guard let best = gains.max(by: { $0.gain < $1.gain }),
      let worst = gains.min(by: { $0.gain < $1.gain })
    else { return parts.joined(separator: " ") }
    return parts.joined(separator: " ")
      + " Alone, \(best.name) gains most (\(Wording.change(best.gain, 3))) and \(worst.name) least "
      + "(\(Wording.change(worst.gain, 3))); \(gains.count { $0.gain > 0 }) of \(gains.count) pivots "
      + "gain."
  }
}
