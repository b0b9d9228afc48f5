import FoxData
import FoxMetrics

/// # What part 3 needs of a classifier
///
/// One function: train on these sentences with these numbers and this seed, then count what is
/// right. Everything that questions 3.1 and 3.2 ask is made of such runs.
///
///     train(sentences, learning rate and epochs, seed)  →  [true label][predicted label]
///
/// Source: homework part 3, `run_glue` with `--seed`. Clauses `HW-8` and `HW-9`. Does not know BERT.
package struct Classifier {
  /// The numbers that are chosen.
  package struct Numbers: Equatable, Sendable {
    package let learningRate, epochs: Double

    package init(learningRate: Double, epochs: Double) {
      (self.learningRate, self.epochs) = (learningRate, epochs)
    }
  }
  /// What came of a run: how often each label was taken for each, and the steps made.
  package typealias Outcome = (confusion: [[Int]], steps: Int)

  package let seeds: [Int]
  package let train: ([LabelledText], Numbers, _ seed: Int) throws -> Outcome
  package let progress: (String) -> Void

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
      // What is right stands on the diagonal.
      let right = outcome.confusion.indices.reduce(0) { $0 + outcome.confusion[$1][$1] }
      // float32, as the homework's: mean and deviation are then taken in float64.
      return Double(Float(Double(right) / Double(outcome.confusion.joined().reduce(0, +))))
    }
    let summary = try SeedSummary.of(accuracies)
    return SeedRuns(
      name: name, trainingSentences: texts.count, epochs: numbers.epochs,
      learningRate: numbers.learningRate, steps: outcomes[0].steps, seeds: seeds,
      accuracies: accuracies, mean: summary.mean, deviation: summary.deviation,
      confusion: outcomes[0].confusion)
  }

  /// The same runs under another name when the numbers are the same; else new ones.
  func runs(
    _ name: String, on texts: [LabelledText], _ numbers: Numbers, unlessAs old: SeedRuns
  ) throws -> SeedRuns {
    // A run is a function of its texts, numbers and seed: to train again would give the same.
    guard numbers == old.numbers else { return try runs(name, on: texts, numbers) }
    var same = old
    same.name = name
    return same
  }
}

/// Accuracy of one training configuration over the seeds.
public struct SeedRuns: Codable, Equatable, Sendable {
  /// What is trained, in words.
  public var name: String
  /// Sentences to train on.
  public var trainingSentences: Int
  /// Passes over them.
  public var epochs: Double
  /// The learning rate, which falls to 0.
  public var learningRate: Double
  /// Steps of one run.
  public var steps: Int
  /// The seed of each run.
  public var seeds: [Int]
  /// The accuracy of each run, a float32.
  public var accuracies: [Double]
  /// Their mean.
  public var mean: Double
  /// Population standard deviation, as the homework takes it.
  public var deviation: Double
  /// Of the first seed: `[true label][predicted label]`.
  public var confusion: [[Int]]

  var numbers: Classifier.Numbers { .init(learningRate: learningRate, epochs: epochs) }

  /// Whether the mean accuracy is within the error of what the commoner label alone would give.
  package var isAtChance: Bool {
    let sums = confusion.map { $0.reduce(0, +) }  // sentences of each true label
    let all = Double(sums.reduce(0, +))
    guard all > 0 else { return false }
    let share = Double(sums.max() ?? 0) / all
    // √(p (1 − p) / n) is the standard error of a share.
    return mean <= share + 1.96 * (share * (1 - share) / all).squareRoot()
  }
}

/// How a learning rate and a number of epochs were chosen, on training sentences alone.
public struct CrossValidation: Codable, Equatable, Sendable {
  /// Into how many parts the sentences were divided.
  public var folds: Int
  /// What was tried, in order.
  public var trials: [Trial]
  /// The place of the best in ``trials``.
  public var chosen: Int

  /// A learning rate and a number of epochs, tried on every fold.
  public struct Trial: Codable, Equatable, Sendable {
    /// The learning rate.
    public var learningRate: Double
    /// Passes over the sentences.
    public var epochs: Double
    /// The share of right ones among all sentences, each held out once.
    public var accuracy: Double
    /// Their mean loss.
    public var loss: Double

    package init(learningRate: Double, epochs: Double, accuracy: Double, loss: Double) {
      (self.learningRate, self.epochs) = (learningRate, epochs)
      (self.accuracy, self.loss) = (accuracy, loss)
    }

    /// More right ones; of equally many, the smaller loss. Twenty sentences tie often.
    package func isBetter(than other: Self) -> Bool {
      accuracy > other.accuracy || (accuracy == other.accuracy && loss < other.loss)
    }
  }

  /// Chooses the best trial; of equal ones the first.
  package init(folds: Int, trials: [Trial]) {
    (self.folds, self.trials) = (folds, trials)
    chosen = trials.indices.reduce(0) { trials[$1].isBetter(than: trials[$0]) ? $1 : $0 }
  }

  /// The trial that was chosen.
  public var best: Trial? { trials.indices.contains(chosen) ? trials[chosen] : nil }

  /// Its numbers; `nil` without trials.
  package var numbers: Classifier.Numbers? {
    best.map { .init(learningRate: $0.learningRate, epochs: $0.epochs) }
  }
}
