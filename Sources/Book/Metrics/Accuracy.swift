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
/// `(preds == labels).astype(np.float32).mean()` for the user's own data).
///
/// Does not say how far a number from so few sentences can be trusted: see ``SeedSummary``.
public struct Accuracy: Equatable, Sendable {
  /// How many predictions are right.
  package private(set) var correct = 0
  /// How many there are.
  package private(set) var total = 0

  package init() {}

  /// Adds counts, so that batches can be counted one after the other.
  package mutating func add(correct: Int, total: Int) {
    // A batch of 8 and one of 5 add up to 13 predictions. The mean of their two accuracies would be
    // another number, in which each of the 5 weighs more.
    self.correct += correct
    self.total += total
  }

  /// The share in float64, as scikit-learn has it; NaN of nothing.
  ///
  /// 0 / 0 is NaN, which nobody takes for a result; 0 would look like one.
  package var value: Double { Double(correct) / Double(total) }

  /// The share in float32, as the homework prints it.
  ///
  /// The notebook takes the mean of zeros and ones in float32. Up to 2²⁴ examples their sum is
  /// exact, so it is the nearest float32 to the share, and rounding the float64 quotient gives the
  /// same.
  package var float32: Float { Float(value) }

  /// Counts predictions against what is true.
  package static func of(_ predictions: [Int], _ references: [Int]) throws(Fault) -> Accuracy {
    // `zip` stops at the shorter list and would say nothing.
    try checkCounts(predictions.count, references.count)
    var accuracy = Accuracy()
    // Both are class numbers, so a prediction is right or wrong, with nothing in between. The order
    // of the two lists has to be the same; their names say nothing about it.
    accuracy.add(
      correct: zip(predictions, references).count { $0 == $1 }, total: references.count)
    return accuracy
  }

  /// Counts the predictions of a language model: those of all tokens but the last against all
  /// labels but the first. A label of −100 counts like any other and is never right.
  ///
  /// - Parameters:
  ///   - predictions: The likeliest next token after each token, a row for each text.
  ///   - labels: The tokens themselves, in the same shape.
  package static func ofNextTokens(
    _ predictions: [[Int32]], labels: [[Int32]]
  ) throws(Fault) -> Accuracy {
    // Rows first, then the tokens of each row: labels [N, T], predictions [N, T].
    try checkCounts(predictions.count, labels.count)
    var accuracy = Accuracy()
    for (row, (predicted, tokens)) in zip(predictions, labels).enumerated() {
      // Rows of different lengths belong to different texts, or were cut differently.
      guard predicted.count == tokens.count else {
        throw Fault(
          "predictions", at: "row \(row + 1)", found: "\(predicted.count)",
          expected: "\(tokens.count), one for each label")
      }
      // `preds[:, :-1]` against `labels[:, 1:]`: what is said at token t is about token t + 1. The
      // first token is predicted by nothing, and of the last prediction nobody knows what came.
      let pairs = zip(predicted.dropLast(), tokens.dropFirst())
      // T tokens make T − 1 pairs; an empty row makes none, not −1.
      accuracy.add(correct: pairs.count { $0 == $1 }, total: max(0, tokens.count - 1))
    }
    return accuracy
  }
}

/// Refuses predictions of which some have no counterpart.
package func checkCounts(_ predictions: Int, _ references: Int) throws(Fault) {
  if predictions == references { return }
  throw Fault(
    "predictions", found: "\(predictions)", expected: "\(references), one for each reference")
}
