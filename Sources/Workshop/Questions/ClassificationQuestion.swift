import Foundation
import FoxData
import FoxEngines
import FoxGLUE
import FoxHomework
import FoxTrainer

extension HomeworkEncoder {
  /// Q3.1: the homework's runs, one for each seed; and the same with a learning rate and a number of
  /// epochs that are chosen by cross-validation on the training sentences alone.
  ///
  /// - Parameter search: Where to choose from; `nil` for the homework's numbers only.
  /// - Throws: `Fault`; ``HomeworkError/tooFew(what:found:needed:)``.
  public func classification(
    _ plan: ClassifierPlan = ClassifierPlan(), search: HyperparameterSearch? = .init()
  ) throws -> ClassificationAnswer {
    let texts = try training()
    var runs = [try self.runs("the homework's numbers", on: texts, plan)]
    var choice: CrossValidation?
    if let search {
      let groups = texts.map { AugmentedGroup(original: $0, paraphrases: []) }
      let found = try crossValidate(groups, plan, search, name: "sentences")
      choice = found
      runs.append(
        try repeated(runs[0], plan, as: "the chosen numbers", on: texts, plan.with(found.best)))
    }
    return ClassificationAnswer(
      classifier: name, labels: labels.names, runs: runs, choice: choice,
      conclusion: Self.conclusion(runs, choice))
  }

  /// Runs with other numbers; those that are there already when the numbers are the same.
  func repeated(
    _ runs: SeedRuns, _ plan: ClassifierPlan, as name: String, on texts: [LabelledText],
    _ other: ClassifierPlan
  ) throws -> SeedRuns {
    if other != plan { return try self.runs(name, on: texts, other) }
    var same = runs
    same.name = name
    return same
  }

  /// Trains and evaluates with each seed.
  func runs(_ name: String, on texts: [LabelledText], _ plan: ClassifierPlan) throws -> SeedRuns {
    let training = try samples(texts, plan, isPadded: true)
    let evaluation = try evaluation(plan)
    var (accuracies, confusion, steps) = ([Double](), [[Int]](), 0)
    for (index, seed) in plan.seeds.enumerated() {
      progress(
        "\(name), \(texts.count) sentences: seed \(index + 1) of \(plan.seeds.count)")
      let run = try train(on: training, evaluatedOn: evaluation, plan, seed: seed)
      // A float32, as the homework's: mean and deviation are then taken in float64.
      let correct = run.report.confusion.indices.reduce(0) { $0 + run.report.confusion[$1][$1] }
      accuracies.append(Double(Float(Double(correct) / Double(run.report.count))))
      if index == 0 { (confusion, steps) = (run.report.confusion, run.steps) }
    }
    let summary = try SeedSummary.of(accuracies)
    return SeedRuns(
      name: name, trainingSentences: texts.count, epochs: plan.epochs,
      learningRate: plan.learningRate, steps: steps, seeds: plan.seeds, accuracies: accuracies,
      mean: summary.mean, deviation: summary.deviation, confusion: confusion)
  }

  private static func conclusion(_ runs: [SeedRuns], _ choice: CrossValidation?) -> String {
    let parts = runs.map { run in
      "With \(run.name) (\(Wording.count(run.steps, "step")), \(Wording.rate(run.learningRate))) the "
        + "accuracy over \(Wording.count(run.seeds.count, "seed")) is \(Wording.number(run.mean, 3)) ± "
        + "\(Wording.number(run.deviation, 3))\(run.isAtChance ? ", which is chance" : "")."
    }
    guard let first = runs.first, let last = runs.last, runs.count > 1 else {
      return parts.joined(separator: " ")
    }
    if last.learningRate == first.learningRate, last.epochs == first.epochs {
      return parts[0] + " Cross-validation on the training sentences chooses the same numbers."
    }
    let differences = zip(last.accuracies, first.accuracies).map { $0 - $1 }
    guard let difference = try? PairedDifference.of(differences) else {
      return parts.joined(separator: " ")
    }
    let verdict =
      difference.lower > 0
      ? "the seeds agree" : difference.upper < 0 ? "it is worse" : "the seeds do not agree on it"
    return parts.joined(separator: " ")
      + " Choosing changes the accuracy by \(Wording.change(difference.mean, 3)) (95 % interval "
      + "\(Wording.interval(difference.lower, difference.upper, 3))): \(verdict)."
  }
}

extension SeedRuns {
  /// Whether the mean accuracy is within the error of what the commoner label alone would give.
  var isAtChance: Bool {
    let sums = confusion.map { $0.reduce(0, +) }
    let all = Double(sums.reduce(0, +))
    guard all > 0 else { return false }
    let share = Double(sums.max() ?? 0) / all
    return mean <= share + 1.96 * (share * (1 - share) / all).squareRoot()
  }
}

extension ClassifierPlan {
  /// The same with the numbers of a trial.
  func with(_ trial: CrossValidation.Trial?) -> ClassifierPlan {
    trial.map { with(learningRate: $0.learningRate, epochs: $0.epochs) } ?? self
  }
}
