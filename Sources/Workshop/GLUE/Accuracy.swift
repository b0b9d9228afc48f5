/// How many of some predictions are right.
///
/// Counts add up, so that batches can be counted one after the other.
public struct Accuracy: Equatable, Sendable {
  /// How many are right.
  public private(set) var correct = 0
  /// How many there are.
  public private(set) var total = 0

  /// Nothing counted yet.
  public init() {}

  /// Counts predictions against references.
  ///
  /// - Throws: ``MetricsError/counts(predictions:references:)``.
  public init(predictions: [Int], references: [Int]) throws(MetricsError) {
    guard predictions.count == references.count else {
      throw .counts(predictions: predictions.count, references: references.count)
    }
    total = predictions.count
    correct = zip(predictions, references).count { $0 == $1 }
  }

  /// Counts the predictions of a language model: those of all tokens but the last against all labels
  /// but the first. A label of −100 counts as any other, and is never right: the homework's
  /// `compute_metrics` masks nothing. SPEC `METR-5`.
  ///
  /// - Parameters:
  ///   - shifted: The likeliest next token after each token, a row for each sequence.
  ///   - labels: The tokens themselves, in the same shape.
  /// - Throws: ``MetricsError/counts(predictions:references:)``,
  ///   ``MetricsError/rowLength(row:predictions:references:)``.
  public init(shifted predictions: [[Int]], labels: [[Int]]) throws(MetricsError) {
    guard predictions.count == labels.count else {
      throw .counts(predictions: predictions.count, references: labels.count)
    }
    for (row, pair) in zip(predictions, labels).enumerated() {
      guard pair.0.count == pair.1.count else {
        throw .rowLength(row: row, predictions: pair.0.count, references: pair.1.count)
      }
      add(
        correct: zip(pair.0.dropLast(), pair.1.dropFirst()).count { $0 == $1 },
        total: max(0, pair.1.count - 1))
    }
  }

  /// Adds counts.
  public mutating func add(correct: Int, total: Int) {
    self.correct += correct
    self.total += total
  }

  /// Adds what another has counted.
  public mutating func add(_ other: Accuracy) { add(correct: other.correct, total: other.total) }

  /// The share of the right ones in float64, as scikit-learn has it; NaN of nothing.
  public var value: Double { Double(correct) / Double(total) }

  /// The share as a float32: `(predictions == labels).astype(np.float32).mean()`, which `run_glue`
  /// takes when the data is the user's own. Homework Q3.1; SPEC `METR-5`.
  public var float32: Float { Float(value) }
}
