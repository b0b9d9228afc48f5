import Foundation
import FoxEngines
import FoxFiles
import FoxGLUE
import TestSupport
import Testing

@testable import FoxHomework
@testable import FoxQuestions

@Suite("The homework's questions, part 3", .counted, .serialized)
struct ClassifierQuestionTests {
  private var search: HyperparameterSearch {
    var search = HyperparameterSearch()
    (search.learningRates, search.epochs, search.folds) = ([1e-3, 1e-2], [1, 2], 2)
    return search
  }

  /// Each sentence with two paraphrases, of which one is dropped.
  private func augmented(_ encoder: HomeworkEncoder) throws -> AugmentedSet {
    let groups = try encoder.training().map { original in
      var dropped = Paraphrase(pivot: "cat", passage: Passage(hops: ["x", original.text]))
      dropped.dropped = .unchanged
      return AugmentedGroup(
        original: original,
        paraphrases: [
          Paraphrase(pivot: "spa", passage: Passage(hops: ["y", "so \(original.text)"])), dropped,
        ])
    }
    let pivots = ["spa", "cat"].map { Pivot(name: $0, path: []) }
    return AugmentedSet(translator: "by hand", pivots: pivots, groups: groups)
  }

  @Test
  func `HW-9 HW-8 HW-1 q3.1: seeds, mean, confusion, choice`() throws {
    try TinyHomework.withEncoder { encoder in
      let answer = try encoder.classification(TinyHomework.plan, search: search)
      #expect(answer.labels == ["0", "1"] && answer.runs.count == 2)
      for run in answer.runs {
        #expect(run.seeds == [1234, 2341] && run.trainingSentences == 20)
        #expect(run.steps == Int(run.epochs) && run.accuracies.count == 2)
        let summary = try SeedSummary.of(run.accuracies)
        #expect(run.mean == summary.mean && run.deviation == summary.deviation)
        #expect(run.confusion.flatMap { $0 }.reduce(0, +) == 8)
        let correct = run.confusion[0][0] + run.confusion[1][1]
        #expect(run.accuracies[0] == Double(Float(Double(correct) / 8)))
      }
      let choice = try #require(answer.choice)
      #expect(choice.folds == 2 && choice.trials.count == 4)
      #expect(choice.trials.allSatisfy { !choice.trials[choice.chosen].isWorse(than: $0) })
      #expect(answer.runs[1].learningRate == choice.trials[choice.chosen].learningRate)
      #expect(answer.conclusion.contains("the accuracy over 2 seeds"))
      let alone = try encoder.classification(TinyHomework.plan, search: nil)
      #expect(alone.runs == [answer.runs[0]] && alone.choice == nil)
    }
  }

  @Test
  func `HW-9 HW-1 q3.2: pairs of runs, pivots, gains`() throws {
    try TinyHomework.withEncoder { encoder in
      let set = try augmented(encoder)
      let baseline = try encoder.classification(TinyHomework.plan, search: search)
      let answer = try encoder.augmentation(
        set, baseline: baseline, TinyHomework.plan, search: search)
      #expect(answer.translator == "by hand" && answer.pivots.map(\.name) == ["spa", "cat"])
      #expect(answer.pivots.map(\.kept) == [20, 0])
      #expect(answer.pivots[1].dropped == ["unchanged": 20])
      #expect(answer.example.map(\.pivot) == ["", "spa", "cat"])
      #expect((2...3).contains(answer.comparisons.count) && answer.choice != nil)
      for comparison in answer.comparisons {
        #expect(comparison.without.trainingSentences == 20)
        #expect(comparison.with.trainingSentences == 40)
        #expect(abs(comparison.gain - (comparison.with.mean - comparison.without.mean)) < 1e-12)
        #expect(comparison.lower <= comparison.gain && comparison.gain <= comparison.upper)
      }
      #expect(answer.comparisons[0].without == baseline.runs[0])
      #expect(answer.comparisons[1].without == baseline.runs[1])
      if answer.comparisons.count == 3 {
        let last = answer.comparisons[2]
        #expect(last.without.learningRate == last.with.learningRate)
        #expect(last.without.epochs == last.with.epochs)
      }
      let gains = try encoder.withGains(answer, set, baseline: baseline, TinyHomework.plan)
      #expect(gains.pivots[0].gain != nil && gains.pivots[1].gain == nil)
      #expect(gains.conclusion.contains("Alone, spa gains most"))
    }
  }

  @Test
  func `HW-8 folds: every label's share, every sentence once`() throws {
    let labels = (0..<23).map { $0 % 3 == 0 ? "a" : "b" }
    let folds = try Folds.divide(labels: labels, count: 4, seed: 1)
    #expect(folds.flatMap { $0 }.sorted() == Array(0..<23))
    #expect(Set(folds.map(\.count)) == [5, 6])
    for fold in folds { #expect((1...3).contains(fold.count { labels[$0] == "a" })) }
    #expect(try Folds.divide(labels: labels, count: 4, seed: 1) == folds)
    #expect(try Folds.divide(labels: labels, count: 4, seed: 2) != folds)
    #expect(throws: Fault.self) { try Folds.divide(labels: labels, count: 1, seed: 1) }
    #expect(throws: Fault.self) { try Folds.divide(labels: labels, count: 9, seed: 1) }
  }

  @Test
  func `HW-8 trials: too many steps are left out, the shortest never`() {
    let search = HyperparameterSearch()
    func epochs(_ sentences: Int) -> [Double] {
      search.plans(ClassifierPlan(), sentences: sentences).prefix { $0.learningRate == 2e-5 }
        .map(\.epochs)
    }
    #expect(epochs(16) == [3, 10, 30])
    #expect(epochs(240) == [3, 10])
    #expect(epochs(100_000) == [3])
  }

  @Test(.tier(.t2), .tier(.t3), .tier(.heavy))
  func `HW-9 MiniLM by the homework's numbers: the reference's number of right ones`() throws {
    let cases = try Golden.cases("training/classifier-minilm.json")
    let data = try HomeworkData(folder: Places.data?.path).labelledSentences()
    let encoder = try HomeworkEncoder(
      folder: Places.weights.appendingPathComponent("minilm").path, data: data)
    let runs = try encoder.classifier(ClassifierPlan())
      .runs("", on: encoder.training(), ClassifierPlan().numbers)
    for (seed, accuracy) in zip(runs.seeds, runs.accuracies) {
      let golden = try #require(cases.first { $0["seed"]?.integer == seed })
      let correct = try #require(golden["correct"]?.integer)
      #expect(accuracy == Double(Float(Double(correct) / 872)), "seed \(seed)")
    }
  }
}

extension CrossValidation.Trial {
  fileprivate func isWorse(than other: Self) -> Bool { other.isBetter(than: self) }
}
