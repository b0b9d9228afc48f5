import Foundation
import FoxDecoding
import FoxNumbers

/// # The loss of a classifier
///
/// What the outputs mean decides: one label of several (cross-entropy of the softmax), any of several
/// (cross-entropy of each sigmoid), or numbers to be met (mean squared error).

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
  ) throws(Fault) {
    let (problem, count) = (problem(labels, configuration), configuration.labels.count)
    switch labels {
    case .classes(let classes):
      if problem != .singleLabel {
        throw .labels(found: "classes", expected: "numbers, as problem_type is \(problem.rawValue)")
      }
      if classes.count != texts {
        throw .labels(found: "\(classes.count)", expected: "\(texts), one for each text")
      }
      for label in classes
      where !(0..<count).contains(label) && label != Int(CrossEntropy.ignored) {
        throw .labels(found: "label \(label)", expected: "0 to \(count - 1), the model's labels")
      }
    case .values(let values):
      if problem == .singleLabel {
        throw .labels(found: "numbers", expected: "classes, as problem_type is \(problem.rawValue)")
      }
      if values.count != texts * count {
        throw .labels(
          found: "\(values.count) numbers", expected: "\(count) for each of \(texts) texts")
      }
    }
  }

  /// The mean loss; the logits, `[B, labels]`, become its gradient times `scale`.
  static func backward(
    _ logits: Matrix, _ labels: BERTLabels, _ configuration: BERTConfiguration, scale: Float
  ) -> Float {
    let problem = problem(labels, configuration)
    switch labels {
    case .classes(let classes):
      let known = classes.count { $0 != Int(CrossEntropy.ignored) }
      var losses = [Float](repeating: 0, count: classes.count)
      Operations.current.crossEntropy(
        logits, classes.map { Int32($0) }, scale / Float(known), &losses)
      return Float(losses.reduce(0.0) { $0 + Double($1) } / Double(known))
    case .values(let values):
      var sum = 0.0
      for (index, value) in values.enumerated() {
        let (r, c) = (index / logits.columns, index % logits.columns)
        let (loss, slope) =
          problem == .multiLabel
          ? binary(Double(logits[r][c]), Double(value))
          : squared(Double(logits[r][c]), Double(value))
        sum += loss
        logits[r][c] = scale * Float(slope / Double(values.count))
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

extension Fault {
  fileprivate static func labels(found: String, expected: String) -> Fault {
    Fault("the labels", found: found, expected: expected)
  }
}
