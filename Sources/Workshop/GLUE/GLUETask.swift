import Foundation
import FoxDecoding
import FoxMetrics

/// The nine tasks of GLUE and how each is scored.
///
/// Source: Wang et al. 2019; `task_to_keys` of transformers' `run_glue`, `metrics/glue` of
/// `evaluate`. SPEC `GLUE-1`.
package enum GLUETask: String, CaseIterable, Sendable {
  case cola, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli

  /// The columns of the sentences; one of them for single sentences.
  package var sentenceColumns: [String] {
    switch self {
    case .cola, .sst2: ["sentence"]
    case .mnli: ["premise", "hypothesis"]
    case .mrpc, .rte, .stsb, .wnli: ["sentence1", "sentence2"]
    case .qnli: ["question", "sentence"]
    case .qqp: ["question1", "question2"]
    }
  }

  /// The names of the labels, in the order of their ids; none for a regression.
  package var labelNames: [String] {
    switch self {
    case .cola: ["unacceptable", "acceptable"]
    case .mnli: ["entailment", "neutral", "contradiction"]
    case .mrpc: ["not_equivalent", "equivalent"]
    case .qnli, .rte: ["entailment", "not_entailment"]
    case .qqp: ["not_duplicate", "duplicate"]
    case .sst2: ["negative", "positive"]
    case .stsb: []
    case .wnli: ["not_entailment", "entailment"]
    }
  }

  /// Whether the labels are scores (STS-B's, 0 to 5) and not classes.
  package var isRegression: Bool { self == .stsb }

  /// The names of the metrics, in the order in which they are computed.
  package var metricNames: [String] {
    switch self {
    case .cola: ["matthews_correlation"]
    case .stsb: ["pearson", "spearmanr"]
    case .mrpc, .qqp: ["accuracy", "f1"]
    case .mnli, .qnli, .rte, .sst2, .wnli: ["accuracy"]
    }
  }

  /// The metrics of predicted classes, and for two metrics `combined_score`, their mean.
  ///
  /// - Throws: `Fault` for lists of different lengths or none, and where F1 is one of the
  ///   metrics for other classes than 0 and 1.
  package func metrics(
    predictions: [Int], references: [Int]
  ) throws(Fault) -> [(name: String, value: Double)] {
    if isRegression {
      return try metrics(
        scores: predictions.map(Double.init), references: references.map(Double.init))
    }
    try ClassificationMetrics.check(predictions.count, references.count)
    var values: [(name: String, value: Double)] = []
    for name in metricNames {
      let value =
        switch name {
        case "matthews_correlation":
          try ClassificationMetrics.matthews(predictions: predictions, references: references)
        case "f1": try ClassificationMetrics.f1(predictions: predictions, references: references)
        default: try Accuracy.of(predictions, references).value
        }
      values.append((name, value))
    }
    return Self.combined(values)
  }

  /// The metrics of predicted scores (STS-B). Scores are rounded to float32 first, as the features
  /// of the metric have it.
  ///
  /// - Throws: `Fault` for lists of different lengths or fewer than two, and for a task of
  ///   classes.
  package func metrics(
    scores: [Double], references: [Double]
  ) throws(Fault) -> [(name: String, value: Double)] {
    guard isRegression else {
      throw Fault("task", found: rawValue, expected: "stsb, the task of scores")
    }
    let x = scores.map { Double(Float($0)) }
    let y = references.map { Double(Float($0)) }
    return Self.combined([
      ("pearson", try Correlation.pearson(x, y)), ("spearmanr", try Correlation.spearman(x, y)),
    ])
  }

  /// `run_glue` adds the mean when there are several metrics.
  private static func combined(
    _ values: [(name: String, value: Double)]
  ) -> [(name: String, value: Double)] {
    if values.count < 2 { return values }
    return values + [("combined_score", NumPy.mean(values.map(\.value)))]
  }

  /// The mean of squared differences in float32, which `run_glue` takes for scores of the user's
  /// own.
  ///
  /// - Throws: `Fault` for lists of different lengths or none.
  package static func meanSquaredError(
    predictions: [Float], references: [Float]
  ) throws(Fault) -> Float {
    try ClassificationMetrics.check(predictions.count, references.count)
    let squares = zip(predictions, references).map { Double(($0 - $1) * ($0 - $1)) }
    return Float(NumPy.mean(squares))
  }
}
