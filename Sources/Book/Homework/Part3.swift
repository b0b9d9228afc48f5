import FoxData
import FoxMetrics

/// # What part 3 needs of a classifier
///
/// One function: train on these sentences with these numbers and this seed, then count what is
/// right. Everything that questions 3.1 and 3.2 ask is made of such runs.
///
///     train(sentences, learning rate and epochs, seed)  →  [true label][predicted label], steps
///
/// Source: homework part 3, `run_glue` with `--seed`. Clauses `HW-8` and `HW-9`. Does not know
/// BERT: the Workshop brings it, and a test a classifier by hand.
package struct Classifier {
  /// What is chosen. All other numbers (batches of 32, 128 tokens) stay as the homework has them.
  package typealias Numbers = (learningRate: Double, epochs: Double)
  /// How often each label was predicted for each true label, and the steps made.
  package typealias Outcome = (confusion: [[Int]], steps: Int)

  package let seeds: [Int]  // the homework's are 1234, 2341, 3412 and 4123
  package let train: ([LabelledText], Numbers, _ seed: Int) throws -> Outcome
  package let progress: (String) -> Void  // a run takes minutes

  package init(
    seeds: [Int], progress: @escaping (String) -> Void = { _ in },
    train: @escaping ([LabelledText], Numbers, _ seed: Int) throws -> Outcome
  ) {
    (self.seeds, self.train, self.progress) = (seeds, train, progress)
  }

  /// A run for each seed, and their mean ± deviation.
  package func runs(
    _ name: String, on texts: [LabelledText], _ numbers: Numbers
  ) throws -> SeedRuns {
    let outcomes = try seeds.enumerated().map { index, seed in
      progress("\(name), \(texts.count) sentences: seed \(index + 1) of \(seeds.count)")
      return try train(texts, numbers, seed)
    }
    let accuracies = outcomes.map { outcome in
      // What is right stands on the diagonal of the [labels, labels] table.
      let right = outcome.confusion.indices.reduce(0) { $0 + outcome.confusion[$1][$1] }
      // Rounded to float32, as the homework's accuracies are. Mean and deviation are then taken in
      // float64, or the last printed digits would differ.
      return Double(Float(Double(right) / Double(outcome.confusion.joined().reduce(0, +))))
    }
    let summary = try SeedSummary.of(accuracies)  // refuses a list without seeds
    return SeedRuns(
      name: name, trainingSentences: texts.count, epochs: numbers.epochs,
      learningRate: numbers.learningRate, steps: outcomes[0].steps, seeds: seeds,
      accuracies: accuracies, mean: summary.mean, deviation: summary.deviation,
      confusion: outcomes[0].confusion)  // one table is enough to show
  }

  /// The same runs under another name when the numbers are the same; otherwise new ones.
  func runs(
    _ name: String, on texts: [LabelledText], _ numbers: Numbers, unlessAs old: SeedRuns
  ) throws -> SeedRuns {
    // A run is a function of its texts, numbers and seed: to train again would give the same.
    guard numbers == old.numbers else { return try runs(name, on: texts, numbers) }
    var same = old
    same.name = name  // it stands in another row
    return same
  }
}

/// The accuracy of one way to train, over the seeds.
package struct SeedRuns: Codable, Equatable, Sendable {
  package var name: String  // what is trained, in words
  package var trainingSentences: Int
  package var epochs, learningRate: Double
  package var steps: Int  // of one run
  package var seeds: [Int]
  package var accuracies: [Double]  // one for each seed
  package var mean, deviation: Double  // of the population, as in the homework: `SeedSummary`
  package var confusion: [[Int]]  // of the first seed: `[true label][predicted label]`

  package var numbers: Classifier.Numbers { (learningRate, epochs) }

  /// How much better these runs are than others, and what chance can explain of it.
  package func gain(over other: SeedRuns) throws -> Interval {
    // Seed by seed: what a seed does to both runs is not part of the difference.
    try .ofMean(zip(accuracies, other.accuracies).map { $0 - $1 })
  }
}

/// How a learning rate and a number of epochs were chosen, on training sentences alone: each fold
/// of them is held out once while the others train, so every sentence is predicted by a classifier
/// that has not seen it.
package struct CrossValidation: Codable, Equatable, Sendable {
  package var folds: Int
  package var trials: [Trial]  // what was tried, in order
  package var chosen: Int  // the place of the best in `trials`; of equal ones the first

  /// A learning rate and a number of epochs, tried on every fold.
  package struct Trial: Codable, Equatable, Sendable {
    package var learningRate, epochs: Double
    package var accuracy, loss: Double  // of all sentences, each held out once

    package init(learningRate: Double, epochs: Double, accuracy: Double, loss: Double) {
      (self.learningRate, self.epochs) = (learningRate, epochs)
      (self.accuracy, self.loss) = (accuracy, loss)
    }

    /// More correct predictions; of equally many, the smaller loss. Twenty sentences tie often.
    package func isBetter(than other: Self) -> Bool {
      accuracy > other.accuracy || (accuracy == other.accuracy && loss < other.loss)
    }
  }

  package init(folds: Int, trials: [Trial]) {
    (self.folds, self.trials) = (folds, trials)
    chosen = trials.indices.reduce(0) { trials[$1].isBetter(than: trials[$0]) ? $1 : $0 }
  }

  /// What was chosen; `nil` without trials.
  package var numbers: Classifier.Numbers? {
    // A saved document may name a trial that it does not have.
    guard trials.indices.contains(chosen) else { return nil }
    return (trials[chosen].learningRate, trials[chosen].epochs)
  }
}
