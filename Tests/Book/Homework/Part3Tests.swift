import FoxAugmentation
import FoxData
import FoxDecoding
import FoxMetrics
import TestSupport
import Testing

@testable import FoxHomework

@Suite("The homework, part 3, with a classifier by hand", .counted)
struct Part3Tests {
  private let texts = LabelledText.numbered([(text: "good", label: "1"), (text: "bad", label: "0")])
  private let numbers: Classifier.Numbers = (learningRate: 2e-5, epochs: 3)

  /// Of 8 sentences half are right, one more for each epoch beyond 3 and for more than two texts.
  private let classifier = Classifier(seeds: [1, 2]) { texts, numbers, seed in
    let right = min(4, Int(numbers.epochs) - 3 + (texts.count > 2 ? 1 : 0) + seed - 1)
    return ([[2 + right / 2, 2 - right / 2], [2 - (right + 1) / 2, 2 + (right + 1) / 2]], 3)
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
      choose: choice.map { choice in { choice } })
  }

  @Test
  func `HW-9 METR-6 q3.1 by hand: 4 and 5 of 8 are 0.5625 ± 0.0625`() throws {
    let answer = try baseline(choice(3, 5))
    #expect(answer.runs[0].accuracies == [0.5, 0.625])
    #expect(answer.runs[0].mean == 0.5625 && answer.runs[0].deviation == 0.0625)
    #expect(answer.runs[1].accuracies == [0.75, 0.875] && answer.runs[1].epochs == 5)
    // Both seeds gain as much, so the interval has no width.
    #expect(try answer.runs[1].gain(over: answer.runs[0]) == Interval(0.25, 0.25, 0.25))
    // The same numbers are not trained again.
    #expect(try baseline(choice(3)).runs[1].accuracies == answer.runs[0].accuracies)
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
    #expect(CrossValidation(folds: 2, trials: []).numbers == nil)
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
      classifier, printed, pivots: pivots, baseline: baseline, choose: { choice(5) })
    #expect(answer.comparisons.map(\.gain) == [0.125, 0.25, 0.25 - 0.125])
    #expect(answer.comparisons[2].without.epochs == 5 && answer.comparisons[2].with.epochs == 5)
    #expect(answer.comparisons[0].without == baseline.runs[0])
    #expect(answer.example.count == 15 && answer.example[0].pivot == "")
    #expect(answer.comparisons.allSatisfy { $0.lower == $0.gain && $0.upper == $0.gain })
  }
}
