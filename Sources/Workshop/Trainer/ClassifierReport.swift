import FoxDecoding
import FoxGLUE
import FoxModels

/// # What a classifier is worth
///
/// Every metric that applies to labelled texts.
///
/// SPEC `CLASS-8`.
package struct ClassifierReport: Sendable {
  /// How many texts there are.
  package let count: Int
  /// The mean loss over texts.
  package let loss: Double
  /// Metrics by name: accuracy, Matthews' correlation and, of two classes, F1 of the second; of
  /// scores the mean squared error and, where they vary, correlations.
  package let metrics: [(name: String, value: Double)]
  /// How often a text of class `row` was taken for one of class `column`; empty for scores.
  package let confusion: [[Int]]

  /// Evaluates a model in batches, the loss as the mean of all texts'.
  ///
  /// - Parameter progress: Is told how many texts are done.
  /// - Throws: `Fault`, also for no texts.
  package static func of(
    _ model: BERTTrainable, _ samples: ClassifierSamples, labels: ClassifierLabels,
    batchSize: Int = 32, progress: (Int) -> Void = { _ in }
  ) throws -> ClassifierReport {
    guard let references = samples.labels, samples.count > 0 else {
      throw Fault.nothing(in: "the evaluation data")
    }
    var (outputs, total) = ([Float](), 0.0)
    try model.evaluate(samples, batchSize: batchSize) { range, more, loss in
      outputs += more
      // A batch's loss is a mean: the short last one counts less.
      total += Double(loss ?? .nan) * Double(range.count)
      progress(range.upperBound)
    }
    let loss = total / Double(samples.count)
    switch references {
    case .classes(let classes):
      let width = labels.outputs
      let predictions = ClassifierOutputs.classes(outputs, width: width)
      var confusion = [[Int]](repeating: .init(repeating: 0, count: width), count: width)
      for (truth, prediction) in zip(classes, predictions) { confusion[truth][prediction] += 1 }
      return ClassifierReport(
        count: samples.count, loss: loss,
        metrics: try metrics(predictions, classes, count: width), confusion: confusion)
    case .values(let values):
      return ClassifierReport(
        count: samples.count, loss: loss, metrics: try metrics(outputs, values), confusion: [])
    }
  }

  private static func metrics(
    _ predictions: [Int], _ references: [Int], count: Int
  ) throws -> [(name: String, value: Double)] {
    let accuracy = try Accuracy.of(predictions, references)
    var metrics = [(name: "accuracy", value: accuracy.value)]
    if count == 2 {
      let f1 = try ClassificationMetrics.f1(predictions: predictions, references: references)
      metrics.append(("f1", f1))
    }
    let matthews = try ClassificationMetrics.matthews(
      predictions: predictions, references: references)
    return metrics + [("matthews_correlation", matthews)]
  }

  private static func metrics(
    _ predictions: [Float], _ references: [Float]
  ) throws -> [(name: String, value: Double)] {
    let error = try GLUETask.meanSquaredError(predictions: predictions, references: references)
    let metrics = [(name: "mse", value: Double(error))]
    if references.count < 2 { return metrics }
    let (x, y) = (predictions.map(Double.init), references.map(Double.init))
    let correlations = [
      ("pearson", try Correlation.pearson(x, y)), ("spearmanr", try Correlation.spearman(x, y)),
    ]
    return metrics + correlations.filter { $0.1.isFinite }.map { (name: $0.0, value: $0.1) }
  }
}
