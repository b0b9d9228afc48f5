import FoxDecoding

/// # Accuracy
///
/// The share of predictions that are right. Two traps hide in it. A language model's predictions
/// are shifted: what it says at token t is about token t + 1. And the homework's printed digits are
/// those of a float32 mean, so 604 of 872 is 0.6926605701446533 there and 0.6926605504587156 in
/// float64.
///
///     accuracy = right / all
///
/// Source: homework Q2.1 (`compute_metrics` of the training cell) and Q3.1 (`run_glue`, which takes
/// `(preds == labels).astype(np.float32).mean()` for the user's own data). Clause `METR-5`. Does
/// not say how far a number from so few sentences can be trusted: see ``SeedSummary``.
package struct Accuracy: Equatable, Sendable {
  package private(set) var correct = 0  // predictions
  package private(set) var total = 0  // predictions, right or wrong

  package init() {}

  /// Adds the counts of a batch.
  package mutating func add(correct: Int, total: Int) {
    // Counts, not shares: in the mean of two accuracies a smaller batch would weigh as much.
    self.correct += correct
    self.total += total
  }

  /// The share in float64, as scikit-learn has it; NaN of nothing, for 0 would look like a result.
  package var value: Double { Double(correct) / Double(total) }

  /// The share in float32, as the homework prints it. Up to 2²⁴ examples the notebook's sum of
  /// zeros and ones is exact, so its mean is the nearest float32 to the share.
  package var float32: Float { Float(value) }

  /// Counts predictions against what is true.
  package static func of(_ predictions: [Int], _ references: [Int]) throws(Fault) -> Accuracy {
    try checkCounts(predictions.count, references.count)
    var accuracy = Accuracy()
    accuracy.add(
      correct: zip(predictions, references).count { $0 == $1 }, total: references.count)
    return accuracy
  }

  /// Counts the predictions of a language model: those of all tokens but the last against all
  /// labels but the first. A label of −100 counts like any other and is never right.
  package static func ofNextTokens(
    _ predictions: [[Int32]],  // [N, T]: after each token of each text, the likeliest next one
    labels: [[Int32]]  // [N, T]: the tokens themselves
  ) throws(Fault) -> Accuracy {
    try checkCounts(predictions.count, labels.count)
    var accuracy = Accuracy()
    for (row, (predicted, tokens)) in zip(predictions, labels).enumerated() {
      // Rows of different lengths belong to different texts, or were cut differently.
      guard predicted.count == tokens.count else {
        throw Fault(
          "predictions", at: "row \(row + 1)", found: "\(predicted.count)",
          expected: "\(tokens.count), one for each label")
      }
      // `preds[:, :-1]` against `labels[:, 1:]`: nothing predicts the first token, and of the last
      // prediction nobody knows what came.
      let pairs = zip(predicted.dropLast(), tokens.dropFirst())
      // T − 1 pairs; an empty row makes none, not −1.
      accuracy.add(correct: pairs.count { $0 == $1 }, total: max(0, tokens.count - 1))
    }
    return accuracy
  }
}

/// Refuses predictions of which some have no counterpart: `zip` would stop and say nothing.
package func checkCounts(_ predictions: Int, _ references: Int) throws(Fault) {
  if predictions == references { return }
  throw Fault(
    "predictions", found: "\(predictions)", expected: "\(references), one for each reference")
}
