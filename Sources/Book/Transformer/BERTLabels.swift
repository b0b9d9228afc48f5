import Foundation
import FoxDecoding
import FoxNumbers

/// # The loss of a classifier
///
/// What the outputs `x` mean decides: one label `y` of several (cross-entropy of the softmax), any of
/// several (cross-entropy of each sigmoid), or numbers to be met (mean squared error). Each has a
/// simple slope:
///
///     one of several   −log softmax(x)[y]            softmax(x) − onehot(y)
///     any of several   log(1 + eˣ) − x y             sigmoid(x) − y
///     numbers          (x − y)²                      2 (x − y)
///
/// Source: `BertForSequenceClassification.forward` of transformers 4.17.0, with PyTorch's
/// `CrossEntropyLoss`, `BCEWithLogitsLoss` and `MSELoss`. SPEC `BERT-13`, `BERT-16`.
///
/// What it does not do: it has no weights of classes and no smoothing of labels.

/// What a batch's outputs should be.
public enum BERTLabels: Sendable, Equatable {
  /// One label for each text, −100 for none.
  case classes([Int])
  /// Numbers for each text, `[B · labels]`: to be met (regression), or 0 and 1 for each label.
  case values([Float])
}

/// The three losses of a classifier, and how one is chosen.
enum ClassificationLoss {
  /// What the outputs mean when the configuration does not say: a single one is a number to be met.
  static func problem(_ labels: BERTLabels, _ configuration: BERTConfiguration) -> BERTProblem {
    // The reference decides once, at the first batch, and writes the answer to its config.
    if let problem = configuration.problem { return problem }
    if configuration.labels.count == 1 { return .regression }  // `num_labels == 1`
    if case .classes = labels { return .singleLabel }  // `labels.dtype` is a whole number
    return .multiLabel  // floats, one for each label
  }

  /// Refuses labels that do not fit the batch, the model or the loss.
  static func check(
    _ labels: BERTLabels, texts: Int, _ configuration: BERTConfiguration
  ) throws(Fault) {
    // count: outputs of the classifier for each text
    let (problem, count) = (problem(labels, configuration), configuration.labels.count)
    switch labels {
    case .classes(let classes):
      // Class 2 is not the number 2.0: a regression on names of classes would learn nonsense.
      if problem != .singleLabel {
        throw .labels(found: "classes", expected: "numbers, as problem_type is \(problem.rawValue)")
      }
      if classes.count != texts {  // a text without label has −100, not nothing
        throw .labels(found: "\(classes.count)", expected: "\(texts), one for each text")
      }
      // The loss indexes logits by labels and does not check.
      for label in classes
      where !(0..<count).contains(label) && label != Int(CrossEntropy.ignored) {
        throw .labels(found: "label \(label)", expected: "0 to \(count - 1), the model's labels")
      }
    case .values(let values):
      if problem == .singleLabel {  // 0.7 is not a class
        throw .labels(found: "numbers", expected: "classes, as problem_type is \(problem.rawValue)")
      }
      if values.count != texts * count {  // [B · labels], text after text
        throw .labels(
          found: "\(values.count) numbers", expected: "\(count) for each of \(texts) texts")
      }
    }
  }

  /// The mean loss; the logits, `[B, labels]`, become its gradient times `scale`.
  static func backward(
    _ logits: Matrix, _ labels: BERTLabels, _ configuration: BERTConfiguration, scale: Float
  ) -> Float {
    let problem = problem(labels, configuration)  // check() has been called: labels fit the problem
    switch labels {
    // Labels of −100 do not count: neither in the sum nor in what it is divided by.
    case .classes(let classes):
      let known = classes.count { $0 != Int(CrossEntropy.ignored) }  // n of [B]
      // [B]; the operation writes 0 for −100
      var losses = [Float](repeating: 0, count: classes.count)
      Operations.current.crossEntropy(
        // scale / n, since the loss is a mean. Infinite without labels, but then no row asks for
        // it.
        logits, classes.map { Int32($0) }, scale / Float(known), &losses)
      // 0 / 0 without labels: NaN, as in the reference
      return Float(losses.reduce(0.0) { $0 + Double($1) } / Double(known))
    case .values(let values):
      var sum = 0.0
      for (index, value) in values.enumerated() {
        // Number `index` of [B, labels], row by row.
        let (r, c) = (index / logits.columns, index % logits.columns)
        // One output at a time, in double precision: there are only a few.
        let (loss, slope) =
          problem == .multiLabel
          ? binary(Double(logits[r][c]), Double(value))
          : squared(Double(logits[r][c]), Double(value))
        sum += loss
        // The logit was read above and is not needed again: its gradient takes its place. The mean
        // is over all B · labels outputs, not over texts.
        logits[r][c] = scale * Float(slope / Double(values.count))
      }
      return Float(sum / Double(values.count))  // `reduction='mean'`
    }
  }

  /// `(x − y)²` and its slope.
  private static func squared(_ x: Double, _ y: Double) -> (loss: Double, slope: Double) {
    // The 2 stays: `MSELoss` has no factor ½ to cancel it.
    ((x - y) * (x - y), 2 * (x - y))
  }

  /// `log(1 + eˣ) − x y`, the cross-entropy of a sigmoid, and its slope.
  private static func binary(_ x: Double, _ y: Double) -> (loss: Double, slope: Double) {
    // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|): eˣ itself overflows for x of 710 and more.
    (max(x, 0) + log1p(exp(-abs(x))) - x * y, 1 / (1 + exp(-x)) - y)
  }
}

extension Fault {
  fileprivate static func labels(found: String, expected: String) -> Fault {
    Fault("the labels", found: found, expected: expected)
  }
}
