import Foundation
import FoxKernels
import FoxLayers

/// What a batch's outputs should be.
public enum BERTLabels: Sendable, Equatable {
  /// One label for each text, −100 for none.
  case classes([Int])
  /// Numbers for each text, `[B · labels]`: to be met (regression), or 0 and 1 for each label.
  case values([Float])
}

/// The loss of a classifier. Source: `BertForSequenceClassification.forward`. SPEC `BERT-13`.
enum ClassificationLoss {
  /// What the outputs mean when the configuration does not say: a single one is a number to be met.
  static func problem(_ labels: BERTLabels, _ configuration: BERTConfiguration) -> BERTProblem {
    if let problem = configuration.problem { return problem }
    if configuration.labels.count == 1 { return .regression }
    if case .classes = labels { return .singleLabel }
    return .multiLabel
  }

  /// Refuses labels that do not fit the batch, the model or the loss.
  static func check(
    _ labels: BERTLabels, texts: Int, _ configuration: BERTConfiguration
  ) throws(BERTError) {
    let (problem, count) = (problem(labels, configuration), configuration.labels.count)
    switch labels {
    case .classes(let classes):
      if problem != .singleLabel {
        throw .labels("the model's problem_type is \(problem.rawValue); it takes numbers as labels")
      }
      if classes.count != texts {
        throw .labels("there are \(classes.count) labels for \(texts) texts")
      }
      for label in classes
      where !(0..<count).contains(label) && label != Int(CrossEntropy.ignored) {
        throw .labels("label \(label) is none of the model's \(count) labels (0 to \(count - 1))")
      }
    case .values(let values):
      if problem == .singleLabel {
        throw .labels("the model's problem_type is \(problem.rawValue); it takes classes as labels")
      }
      if values.count != texts * count {
        throw .labels(
          "there are \(values.count) numbers for \(texts) texts with \(count) outputs each")
      }
    }
  }

  /// The mean loss; the logits, `[B, count]`, become its gradient times `scale`.
  static func backward(
    _ logits: UnsafeMutablePointer<Float>, _ labels: BERTLabels, _ configuration: BERTConfiguration,
    scale: Float
  ) -> Float {
    let (problem, count) = (problem(labels, configuration), configuration.labels.count)
    switch labels {
    case .classes(let classes):
      let share = scale / Float(classes.count { $0 != Int(CrossEntropy.ignored) })
      var (sum, known) = (0.0, 0)
      for (text, label) in classes.enumerated() {
        let row = logits + text * count
        if label == Int(CrossEntropy.ignored) {
          row.update(repeating: 0, count: count)
        } else {
          sum += Double(Rows.crossEntropy(row, label: label, scale: share, count: count))
          known += 1
        }
      }
      return Float(sum / Double(known))
    case .values(let values):
      var sum = 0.0
      for (index, value) in values.enumerated() {
        let (loss, slope) =
          problem == .multiLabel
          ? binary(Double(logits[index]), Double(value))
          : squared(Double(logits[index]), Double(value))
        sum += loss
        logits[index] = scale * Float(slope / Double(values.count))
      }
      return Float(sum / Double(values.count))
    }
  }

  /// `(x − y)²` and its slope.
  private static func squared(_ x: Double, _ y: Double) -> (loss: Double, slope: Double) {
    ((x - y) * (x - y), 2 * (x - y))
  }

  /// `log(1 + eˣ) − x y`, the cross-entropy of a sigmoid, and its slope.
  private static func binary(_ x: Double, _ y: Double) -> (loss: Double, slope: Double) {
    (max(x, 0) + log1p(exp(-abs(x))) - x * y, 1 / (1 + exp(-x)) - y)
  }
}
