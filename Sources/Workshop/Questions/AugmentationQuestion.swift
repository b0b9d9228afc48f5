import FoxEngines
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
  package func augmentation(
    _ set: AugmentedSet, baseline: Q3_1, _ plan: ClassifierPlan = ClassifierPlan(),
    search: HyperparameterSearch? = .init()
  ) throws -> Q3_2 {
    var answer = try Q3_2.answer(
      classifier(plan), set, pivots: Self.pivots(set), baseline: baseline,
      choose: search.map { search in
        { try crossValidate(set.groups, plan, search, name: "augmented sentences") }
      })
    answer.conclusion = answer.words
    return answer
  }

  /// The answer with the gain of each pivot alone, which takes a run for each and each seed: with the
  /// numbers that were chosen without augmentation, where any were.
  ///
  /// - Throws: As ``classification(_:search:)``.
  package func withGains(
    _ answer: Q3_2, _ set: AugmentedSet, baseline: Q3_1, _ plan: ClassifierPlan = ClassifierPlan()
  ) throws -> Q3_2 {
    try answer.withGains(classifier(plan), set, baseline: baseline)
  }

  private static func pivots(_ set: AugmentedSet) -> [Q3_2.Pivot] {
    set.counts.map { counts in
      let dropped = counts.dropped.map { ($0.key.rawValue, $0.value) }
      return .init(
        name: counts.pivot.name, kept: counts.kept,
        dropped: Dictionary(dropped, uniquingKeysWith: +), similarity: counts.similarity,
        gain: nil)
    }
  }
}

extension Q3_2 {
  /// The answer with the gain of each pivot alone, with the numbers that were chosen without it.
  func withGains(
    _ classifier: Classifier, _ set: AugmentedSet, baseline: Q3_1
  ) throws -> Q3_2 {
    guard let without = baseline.runs.last else { return self }
    var answer = self
    // A pivot of which nothing was kept adds nothing, and its run would be the one without.
    for index in pivots.indices where pivots[index].kept > 0 {
      let name = pivots[index].name
      let alone = try classifier.runs(
        "\(name) alone", on: set.examples(pivots: [name]), without.numbers)
      answer.pivots[index].gain = alone.mean - without.mean
    }
    answer.conclusion = answer.words
    return answer
  }
}
