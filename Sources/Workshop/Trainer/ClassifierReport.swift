import FoxBERT
import FoxGLUE

/// What a classifier is worth on labelled texts: every metric that applies.
///
/// SPEC `CLASS-8`.
public struct ClassifierReport: Sendable {
  /// How many texts there are.
  public let count: Int
  /// The mean loss over texts.
  public let loss: Double
  /// Metrics by name: accuracy, Matthews' correlation and, of two classes, F1 of the second; of
  /// scores the mean squared error and, where they vary, correlations.
  public let metrics: [(name: String, value: Double)]
  /// How often a text of class `row` was taken for one of class `column`; empty for scores.
  public let confusion: [[Int]]

  /// Evaluates a model in batches, the loss as the mean of all texts'.
  ///
  /// - Parameter progress: Is told how many texts are done.
  /// - Throws: `BERTError`, `Fault`; ``TrainingError/empty(_:)`` for no texts.
  public init(
    _ model: BERTTrainable, _ samples: ClassifierSamples, labels: ClassifierLabels,
    batchSize: Int = 32, progress: (Int) -> Void = { _ in }
  ) throws {
    guard let references = samples.labels, samples.count > 0 else {
      throw TrainingError.empty("the evaluation data")
    }
    var (outputs, total, start) = ([Float](), 0.0, 0)
    while start < samples.count {
      let range = start..<min(samples.count, start + batchSize)
      let result = try model.evaluate(samples.batch(range), labels: samples.labels(range))
      if let bad = result.logits.firstNonFinite {
        throw model.model.firstBadWeight() ?? .badOutput(row: start + bad.index / labels.outputs)
      }
      outputs += result.logits.elements
      total += Double(result.loss ?? .nan) * Double(range.count)
      start = range.upperBound
      progress(start)
    }
    count = samples.count
    loss = total / Double(count)
    switch references {
    case .classes(let classes):
      let predictions = ClassifierOutputs.classes(outputs, width: labels.outputs)
      metrics = try Self.metrics(predictions, classes, count: labels.outputs)
      var table = [[Int]](
        repeating: .init(repeating: 0, count: labels.outputs), count: labels.outputs)
      for (class_, prediction) in zip(classes, predictions) { table[class_][prediction] += 1 }
      confusion = table
    case .values(let values):
      metrics = try Self.metrics(outputs, values)
      confusion = []
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
