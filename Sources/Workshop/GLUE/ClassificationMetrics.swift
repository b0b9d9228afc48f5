import FoxDecoding
import FoxMetrics

/// F1 and Matthews' correlation of predicted classes.
package enum ClassificationMetrics {
  /// F1 of the class 1: `2 tp / (2 tp + fp + fn)`, and 0 when that is 0 / 0.
  ///
  /// Source: `sklearn.metrics.f1_score(average="binary", pos_label=1)`. SPEC `GLUE-3`.
  ///
  /// - Throws: `Fault` for lists of different lengths or none, for more than two classes, or two of which
  ///   none is 1.
  package static func f1(predictions: [Int], references: [Int]) throws(Fault) -> Double {
    try check(predictions.count, references.count)
    let labels = Set(predictions).union(references).sorted()
    guard labels.count == 1 || (labels.count == 2 && labels.contains(1)) else {
      throw Fault(
        "f1",
        found: "the labels \(labels.prefix(10).map(String.init).joined(separator: ", "))"
          + (labels.count > 10 ? " and \(labels.count - 10) more" : ""), expected: "0 and 1")
    }
    let truePositives = zip(predictions, references).count { $0 == 1 && $1 == 1 }
    let marked = predictions.count { $0 == 1 } + references.count { $0 == 1 }
    return marked == 0 ? 0 : 2 * Double(truePositives) / Double(marked)
  }

  /// Matthews' correlation of any number of classes; 0 when one side is constant.
  ///
  /// Source: `sklearn.metrics.matthews_corrcoef`; Gorodkin 2004. SPEC `GLUE-4`.
  ///
  /// - Throws: `Fault` for lists of different lengths or none.
  /// - Complexity: O(*n*).
  package static func matthews(
    predictions: [Int], references: [Int]
  ) throws(Fault) -> Double {
    try check(predictions.count, references.count)
    var (predicted, true_): ([Int: Int], [Int: Int]) = ([:], [:])
    for (prediction, reference) in zip(predictions, references) {
      predicted[prediction, default: 0] += 1
      true_[reference, default: 0] += 1
    }
    let samples = Double(predictions.count)
    let correct = Double(zip(predictions, references).count { $0 == $1 })
    func dot(_ a: [Int: Int], _ b: [Int: Int]) -> Double {
      // Whole numbers: the order of the sum does not matter below 2⁵³.
      a.reduce(0) { $0 + Double($1.value) * Double(b[$1.key] ?? 0) }
    }
    let both = correct * samples - dot(true_, predicted)
    let spread =
      (samples * samples - dot(predicted, predicted)) * (samples * samples - dot(true_, true_))
    return spread == 0 ? 0 : both / spread.squareRoot()
  }

  static func check(_ predictions: Int, _ references: Int) throws(Fault) {
    try checkCounts(predictions, references)
    if predictions == 0 {
      throw Fault("the list of predictions", found: "nothing", expected: "at least 1")
    }
  }
}
