import FoxData

/// # Q3.1: The translation strategy, and the numbers chosen
///
/// > Complete the following cell to paraphrase the training data of `tinySST` using
/// > backtranslation. … feel free to use as many pivot languages as you like
///
/// The strategy is the homework's: every sentence goes out to 14 pivot languages and back, the
/// original stays in the set, and nothing is dropped, so 20 sentences become 20 · (1 + 14) = 300.
/// The chapter Augmentation does this; what it brings is measured in ``Q3_2``.
///
/// That needs something to compare with: the same classifier on the 20 sentences alone. One run
/// says little, for the seed draws the last layer, the order and the dropout. So there are four,
/// with the seeds 1234, 2341, 3412 and 4123, and what counts is mean ± deviation:
///
///     epochs 3, batch 32, learning rate 2e-5  →  3 steps:  accuracies 0.4977, 0.5, 0.6055, …
///
/// Three steps are hardly a training: the first two are chance, since half of the 872 sentences
/// have each label. So a learning rate and a number of epochs are also *chosen*: by
/// cross-validation on the 20 training sentences, never on those that are evaluated, or the choice
/// would be fitted to the answer.
///
/// Source: homework Q3.1. Clauses `HW-8`, `HW-9` and `METR-6`. Does not promise that the chosen
/// numbers are better: four seeds may not agree on it, and the conclusion says so then.
package struct Q3_1: Codable, Equatable, Sendable {
  package var classifier: String  // the name of the BERT's folder
  package var labels: [String]  // the names of the labels, by id
  package var runs: [SeedRuns]  // with the homework's numbers, then with those chosen
  package var choice: CrossValidation?  // how the second run's numbers were chosen
  package var conclusion = ""

  /// Trains with the homework's numbers, and with those that are chosen.
  ///
  /// - Parameter choose: Tries numbers on the training sentences; `nil` for the homework's only.
  package static func answer(
    _ classifier: Classifier, name: String, labels: [String], on texts: [LabelledText],
    _ numbers: Classifier.Numbers, choose: (() throws -> CrossValidation)?
  ) throws -> Q3_1 {
    // The baseline: four seeds, three steps each.
    var runs = [try classifier.runs("the homework's numbers", on: texts, numbers)]
    let choice = try choose?()  // by cross-validation, which takes the longest
    if let choice {
      // The same sentences and seeds: only the two numbers can explain a difference.
      runs.append(
        try classifier.runs(
          "the chosen numbers", on: texts, choice.numbers ?? numbers, unlessAs: runs[0]))
    }
    return Q3_1(classifier: name, labels: labels, runs: runs, choice: choice)
  }
}
