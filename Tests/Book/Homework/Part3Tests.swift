import FoxAugmentation
import FoxData
import FoxDecoding
import TestSupport
import Testing

@testable import FoxHomework

@Suite("The homework, part 3, with a classifier by hand", .counted)
struct Part3Tests {
  private let texts = LabelledText.numbered([(text: "good", label: "1"), (text: "bad", label: "0")])
  private let numbers = Classifier.Numbers(learningRate: 2e-5, epochs: 3)

  /// Of 8 sentences half are right, one more for each epoch beyond 3 and for more than two texts.
  private let classifier = Classifier(seeds: [1, 2]) { texts, numbers, seed in
    let right = min(4, Int(numbers.epochs) - 3 + (texts.count > 2 ? 1 : 0) + seed - 1)
    return ([[2 + right / 2, 2 - right / 2], [2 - (right + 1) / 2, 2 + (right + 1) / 2]], 3)
  }

  /// The mean, and no doubt about it.
  private func interval(_ values: [Double]) -> Interval {
    let mean = values.reduce(0, +) / Double(values.count)
    return Interval(mean, mean, mean)
  }

  private func choice(_ epochs: Double...) -> CrossValidation {
    CrossValidation(
      folds: 2,
      trials: epochs.map {
        .init(learningRate: 2e-5, epochs: $0, accuracy: 0.5, loss: 1 / $0)
      })
  }

  private func baseline(_ choice: CrossValidation?) throws -> Q3_1 {
    try Q3_1.answer(
      classifier, name: "by hand", labels: ["0", "1"], on: texts, numbers,
      choose: choice.map { choice in { choice } }, interval: interval)
  }

  @Test
  func `HW-9 METR-6 q3.1 by hand: 4 and 5 of 8 are 0.5625 ± 0.0625`() throws {
    let answer = try baseline(choice(3, 5))
    #expect(answer.runs[0].accuracies == [0.5, 0.625])
    #expect(answer.runs[0].mean == 0.5625 && answer.runs[0].deviation == 0.0625)
    #expect(answer.runs[1].accuracies == [0.75, 0.875] && answer.runs[1].epochs == 5)
    #expect(answer.conclusion.contains("Choosing changes the accuracy by +0.250"))
    #expect(answer.conclusion.hasSuffix("the seeds agree."))
    // The same numbers are not trained again.
    #expect(try baseline(choice(3)).runs[1].accuracies == answer.runs[0].accuracies)
    #expect(try baseline(choice(3)).conclusion.hasSuffix("chooses the same numbers."))
    #expect(try baseline(nil).runs.count == 1)
  }

  @Test
  func `HW-8 the most right ones; of equally many the least loss; of equal trials the first`() {
    typealias Trial = CrossValidation.Trial
    func trial(_ accuracy: Double, _ loss: Double) -> Trial {
      Trial(learningRate: 1, epochs: 1, accuracy: accuracy, loss: loss)
    }
    let (good, surer, worse) = (trial(0.7, 0.6), trial(0.7, 0.5), trial(0.6, 0.1))
    #expect(surer.isBetter(than: good) && !good.isBetter(than: surer))
    #expect(good.isBetter(than: worse))
    #expect(CrossValidation(folds: 2, trials: [worse, good, surer, surer]).chosen == 2)
    #expect(CrossValidation(folds: 2, trials: []).best == nil)
  }

  /// The homework's sentence with what its 14 pivots made of it.
  private var printed: AugmentedSet {
    let trips = RecordedTranslator.homeworkTrips
    let paraphrases = trips.map {
      Paraphrase(pivot: $0.pivot.code, passage: Passage(hops: [$0.text]))
    }
    let original = LabelledText(
      guid: "train-1", text: "its unerring respect for them ", label: "1")
    return AugmentedSet(
      translator: "recorded", pivots: RecordedTranslator.homework.trips,
      groups: [AugmentedGroup(original: original, paraphrases: paraphrases)])
  }

  @Test
  func `HW-20 q3.2: of the 14 printed paraphrases 9 are new and 1 is the original`() {
    let wordings = Q3_2.Wordings(printed)
    #expect(wordings.paraphrases == 14 && wordings.new == 9 && wordings.unchanged == 1)
    // That the label holds is assumed, for Hindi's "it's an absolute honor for him" too.
    #expect(printed.examples.allSatisfy { $0.label == "1" })
  }

  @Test
  func `HW-9 q3.2 by hand: one right more, with each numbers and with the same`() throws {
    let pivots = ["fi", "hi"].enumerated().map {
      Q3_2.Pivot(name: $1, kept: $0, dropped: [:], similarity: 0, gain: nil)
    }
    let baseline = try baseline(choice(3, 4))
    let answer = try Q3_2.answer(
      classifier, printed, pivots: pivots, baseline: baseline, choose: { choice(5) },
      interval: interval)
    #expect(answer.comparisons.map(\.gain) == [0.125, 0.25, 0.25 - 0.125])
    #expect(answer.comparisons[2].without.epochs == 5 && answer.comparisons[2].with.epochs == 5)
    #expect(answer.comparisons[0].without == baseline.runs[0])
    #expect(answer.example.count == 15 && answer.example[0].pivot == "")
    #expect(answer.conclusion.contains("the homework's claim is confirmed"))
    let gains = try answer.withGains(classifier, printed, baseline: baseline)
    // Nothing of Finnish was kept here, so it is not trained.
    #expect(gains.pivots[0].gain == nil && gains.pivots[1].gain != nil)
    #expect(gains.conclusion.contains("Alone, hi gains most"))
  }

  @Test
  func `HW-9 chance: what the commoner label alone would give`() {
    func runs(_ mean: Double) -> SeedRuns {
      SeedRuns(
        name: "", trainingSentences: 20, epochs: 3, learningRate: 2e-5, steps: 3, seeds: [1],
        accuracies: [mean], mean: mean, deviation: 0, confusion: [[200, 228], [222, 222]])
    }
    #expect(runs(0.5).isAtChance && runs(0.54).isAtChance && !runs(0.6).isAtChance)
  }
}
