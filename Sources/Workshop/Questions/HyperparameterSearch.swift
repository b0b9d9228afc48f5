import Foundation
import FoxEngines
import FoxHomework
import FoxKernels
import FoxTrainer

/// From which numbers cross-validation chooses.
package struct HyperparameterSearch: Equatable, Sendable {
  package var learningRates = [2e-5, 1e-4, 3e-4]
  package var epochs = [3.0, 10.0, 30.0]
  /// Trials of more steps are left out: of many paraphrases, few epochs are many steps.
  package var maximumSteps = 120
  /// Into how many parts the sentences are divided.
  package var folds = 5
  /// How many divisions are tried: twenty sentences held out once say little.
  package var repeats = 1
  package var seed = 42

  /// At most nine trials in five folds.
  package init() {}
}

extension HyperparameterSearch {
  /// The plans to try with so many sentences; the shortest in any case.
  func plans(_ plan: ClassifierPlan, sentences: Int) -> [ClassifierPlan] {
    let batches = (sentences + plan.batchSize - 1) / plan.batchSize
    let allowed = epochs.filter { $0 * Double(batches) <= Double(maximumSteps) }
    let tried = allowed.isEmpty ? Array(epochs.sorted().prefix(1)) : allowed
    return learningRates.flatMap { rate in
      tried.map { plan.with(learningRate: rate, epochs: $0) }
    }
  }
}

extension HomeworkEncoder {
  /// Tries each pair of numbers on each fold, and chooses the one with the most right; of equal ones,
  /// with the least loss.
  ///
  /// A paraphrase is in the fold of its original: else the sentences held out would be known. Only
  /// originals are held out and counted. Sentences are not padded: padding changes nothing but the
  /// random numbers of dropout, and takes most of the time.
  ///
  /// - Throws: `Fault` where a label has fewer sentences than there are folds.
  func crossValidate(
    _ groups: [AugmentedGroup], _ plan: ClassifierPlan, _ search: HyperparameterSearch,
    name: String
  ) throws -> CrossValidation {
    let labels = groups.map(\.original.label)
    let divisions = try (0..<search.repeats).map {
      try Folds.divide(labels: labels, count: search.folds, seed: search.seed + $0)
    }
    let sentences = groups.reduce(0) { $0 + $1.examples.count }
    let plans = search.plans(plan, sentences: sentences * (search.folds - 1) / search.folds)
    let trials = try plans.enumerated().map { index, plan in
      progress("cross-validation of \(name): trial \(index + 1) of \(plans.count)")
      return try trial(groups, divisions.flatMap { $0 }, plan)
    }
    return CrossValidation(folds: search.folds, trials: trials)
  }

  private func trial(
    _ groups: [AugmentedGroup], _ folds: [[Int]], _ plan: ClassifierPlan
  ) throws -> CrossValidation.Trial {
    var (correct, loss) = (0, 0.0)
    for (index, held) in folds.enumerated() {
      let others = groups.indices.filter { !held.contains($0) }
      let training = try samples(
        others.flatMap { groups[$0].examples }, plan, isPadded: false)
      let evaluation = try samples(held.map { groups[$0].original }, plan, isPadded: false)
      let seed = plan.seeds[index % plan.seeds.count]
      let report = try train(on: training, evaluatedOn: evaluation, plan, seed: seed).report
      correct += report.confusion.indices.reduce(0) { $0 + report.confusion[$1][$1] }
      loss += report.loss * Double(report.count)
    }
    let count = Double(folds.reduce(0) { $0 + $1.count })
    return .init(
      learningRate: plan.learningRate, epochs: plan.epochs, accuracy: Double(correct) / count,
      loss: loss / count)
  }
}

/// Divides sentences into parts of which each has its share of every label.
enum Folds {
  /// The indices of each part.
  ///
  /// Each label's sentences are shuffled (`random.Random(seed)`) and dealt out one by one, the next
  /// label going on where the last one ended. SPEC `HW-8`.
  ///
  /// - Throws: `Fault` for fewer than two parts, and for a label with fewer sentences than parts.
  static func divide(labels: [String], count: Int, seed: Int) throws(Fault) -> [[Int]] {
    if count < 2 { throw Fault("folds", found: "\(count)", expected: "at least 2") }
    var random = PythonRandom(seed: seed)
    var folds = [[Int]](repeating: [], count: count)
    var next = 0
    for label in Set(labels).sorted() {
      var members = labels.indices.filter { labels[$0] == label }
      if members.count < count {
        throw Fault(
          "the sentences", found: "\(members.count) of the label \(label)",
          expected: "at least \(count)")
      }
      random.shuffle(&members)
      for member in members {
        folds[next % count].append(member)
        next += 1
      }
    }
    return folds.map { $0.sorted() }
  }
}
