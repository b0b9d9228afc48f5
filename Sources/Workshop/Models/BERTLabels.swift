import Foundation
import FoxFiles
import FoxKernels

/// What a batch's outputs should be.
package enum BERTLabels: Sendable, Equatable {
  /// One label for each text, −100 for none.
  case classes([Int])
  /// Numbers for each text, `[B · labels]`: to be met (regression), or 0 and 1 for each label.
  case values([Float])
}

/// What a forward pass without gradients gives.
package struct BERTEvaluation: Sendable {
  /// The mean loss; `nil` without labels, NaN when no text has one.
  package let loss: Float?
  /// `[B, labels]`.
  package let logits: Tensor
}

/// Beside the chapter's loss over classes those of numbers: the mean squared error, and the
/// cross-entropy of sigmoids, where any of several labels may hold. Each has a simple slope:
///
///     any of several   log(1 + eˣ) − x y             sigmoid(x) − y
///     numbers          (x − y)²                      2 (x − y)
///
/// Source: `BertForSequenceClassification.forward` of transformers 4.17.0, with PyTorch's
/// `BCEWithLogitsLoss` and `MSELoss`. SPEC `BERT-13`, `BERT-16`.
extension BERTTrainable {
  /// Forward and backward pass, with the loss by the kind of labels and `problem_type`.
  ///
  /// - Parameter scale: What the gradient is multiplied by.
  /// - Returns: The mean loss, not multiplied; NaN when no text has a label.
  /// - Throws: ``Fault`` for what the model does not have or labels that do not fit. Nothing is then
  ///   drawn or added.
  package func train(
    _ batch: BERTBatch, labels: BERTLabels, scale: Float, generator: inout TorchGenerator
  ) throws(Fault) -> Float {
    let problem = try check(labels, texts: batch.ids.count)
    return try train(batch, generator: &generator) {
      Self.backward($0, labels, problem, scale: scale)
    }
  }

  /// The same with any loss.
  ///
  /// - Parameter loss: Makes the logits, `[B, labels]`, their gradient and returns the mean.
  package func train(
    _ batch: BERTBatch, generator: inout TorchGenerator, loss: (_ logits: Matrix) -> Float
  ) throws(Fault) -> Float {
    let rows = try TokenRows(batch, configuration, readsFirst: true)
    return train(rows, generator: &generator, loss: loss)
  }

  /// The forward pass without dropout.
  ///
  /// - Parameter labels: What the outputs should be, if it is known.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  package func evaluate(
    _ batch: BERTBatch, labels: BERTLabels? = nil
  ) throws(Fault) -> BERTEvaluation {
    let problem = try labels.map { labels throws(Fault) in
      try check(labels, texts: batch.ids.count)
    }
    let logits = try model.logits(batch, arena: arena)
    guard let labels, let problem else { return BERTEvaluation(loss: nil, logits: logits) }
    // The loss overwrites what it is given, and a Tensor must not change: hence a copy.
    let copy = arena.matrix(logits.shape[0], logits.shape[1])
    copy.copy(Matrix(reading: logits.pointer, copy.rows, copy.columns))
    return BERTEvaluation(loss: Self.backward(copy, labels, problem, scale: 0), logits: logits)
  }

  /// Refuses labels that do not fit the batch, the model or the loss.
  ///
  /// - Returns: What the outputs mean. When the configuration does not say, a single one is a number to
  ///   be met. The reference decides once, at the first batch, and writes the answer to its config.
  package func check(_ labels: BERTLabels, texts: Int) throws(Fault) -> BERTProblem {
    let count = configuration.labels.count
    func wrong(_ found: String, _ expected: String) -> Fault {
      Fault("the labels", found: found, expected: expected)
    }
    switch labels {
    case .classes(let classes):
      let problem = configuration.problem ?? (count == 1 ? .regression : .singleLabel)
      if problem != .singleLabel {
        throw wrong("classes", "numbers, as problem_type is \(problem.rawValue)")
      }
      if classes.count != texts {
        throw wrong("\(classes.count)", "\(texts), one for each text")
      }
      // The loss does not check.
      for label in classes
      where !(0..<count).contains(label) && label != Int(CrossEntropy.ignored) {
        throw wrong("label \(label)", "0 to \(count - 1), the model's labels")
      }
      return problem
    case .values(let values):
      let problem = configuration.problem ?? (count == 1 ? .regression : .multiLabel)
      if problem == .singleLabel {
        throw wrong("numbers", "classes, as problem_type is \(problem.rawValue)")
      }
      if values.count != texts * count {
        throw wrong(
          counted(values.count, "number"), "\(count) for each of \(counted(texts, "text"))")
      }
      return problem
    }
  }

  /// The mean loss over all outputs; the logits, `[B, labels]`, become its gradient times `scale`.
  private static func backward(
    _ logits: Matrix, _ labels: BERTLabels, _ problem: BERTProblem, scale: Float
  ) -> Float {
    let values: [Float]
    switch labels {
    case .classes(let classes):
      return CrossEntropy.backward(logits, labels: classes.map { Int32($0) }, scale: scale)
    case .values(let numbers): values = numbers
    }
    var sum = 0.0
    for (index, value) in values.enumerated() {
      let (r, c) = (index / logits.columns, index % logits.columns)
      // One output at a time, in double precision: there are only a few.
      let (x, y) = (Double(logits[r][c]), Double(value))
      let slope: Double
      if problem == .multiLabel {
        // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|): eˣ itself overflows for x of 710 and more.
        sum += max(x, 0) + log1p(exp(-abs(x))) - x * y
        slope = 1 / (1 + exp(-x)) - y
      } else {
        sum += (x - y) * (x - y)
        slope = 2 * (x - y)  // `MSELoss` has no factor ½ to cancel it
      }
      logits[r][c] = scale * Float(slope / Double(values.count))
    }
    return Float(sum / Double(values.count))
  }
}
