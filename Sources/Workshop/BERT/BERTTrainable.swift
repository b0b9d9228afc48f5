import FoxKernels
import FoxLayers

/// A BERT classifier in training: parameters and gradients in flat buffers, a forward pass with dropout
/// and the backward pass. Padding is not computed.
///
/// Everything is written out: no graph records what the forward pass did. What a layer keeps for its
/// backward pass is in `BERTLayerRecord`. One owner, one thread. SPEC `BERT-11` to `BERT-16`.
public final class BERTTrainable {
  /// The shape, and how much is dropped.
  public let configuration: BERTConfiguration
  /// Values and gradients, named as in the state dictionary of `BertForSequenceClassification`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: BERTModel

  let arena = Arena()

  /// Copies the weights of a model that has a pooler and a classifier.
  ///
  /// - Throws: ``BERTError/missingPart(_:)``, and ``Fault`` when the weights are more than can be
  ///   counted.
  public init(_ model: BERTModel) throws {
    _ = try model.heads()
    configuration = model.configuration
    let parameters = try Parameters(model.configuration.parameters)
    for (name, tensor) in model.parameters {
      guard let entry = parameters[name] else { continue }
      tensor.withPointer { from in
        guard let start = from.baseAddress else { return }
        (parameters.values.pointer + entry.range.lowerBound).update(from: start, count: from.count)
      }
    }
    self.parameters = parameters
    self.model = try BERTModel(model.configuration) { name in
      try parameters[name].map { try parameters.tensor($0) }
    }
  }

  /// Forward and backward pass of a micro-batch, with dropout. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - batch: `B` texts, none of which begins with padding.
  ///   - labels: What the outputs should be.
  ///   - scale: What the gradient is multiplied by: 1 over the micro-batches of a step.
  ///   - generator: Draws the flags of dropout as the reference does for the padded batch: embeddings
  ///     `[B, T, C]`, then for each layer attention `[B, H, T, T]`, its output and the feed-forward output
  ///     `[B, T, C]`, and the pooled `[B, C]`.
  /// - Returns: The mean loss, not multiplied; NaN when no text has a label.
  /// - Throws: ``BERTError`` for what the model does not have or labels that do not fit. Nothing is then
  ///   drawn or added.
  public func train(
    _ batch: BERTBatch, labels: BERTLabels, scale: Float, generator: inout TorchGenerator
  ) throws(BERTError) -> Float {
    let pass = try pass(batch, labels)
    var dropping: TorchGenerator? = generator
    let (record, heads) = try pass.forward(dropping: &dropping)
    generator = dropping ?? generator
    let loss = ClassificationLoss.backward(heads.logits, labels, configuration, scale: scale)
    try pass.backward(record, heads, parameters: parameters)
    return loss
  }

  /// The forward pass without dropout.
  ///
  /// - Parameters:
  ///   - batch: As in ``train(_:labels:scale:generator:)``.
  ///   - labels: What the outputs should be, if it is known.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  public func evaluate(
    _ batch: BERTBatch, labels: BERTLabels? = nil
  ) throws(BERTError) -> BERTEvaluation {
    if let labels {
      try ClassificationLoss.check(labels, texts: batch.ids.count, configuration)
    }
    let logits = try model.logits(batch, arena: arena)
    let loss = labels.map { labels in
      var copy = logits.elements
      return copy.withUnsafeMutableBufferPointer { copy in
        copy.baseAddress.map {
          ClassificationLoss.backward($0, labels, configuration, scale: 0)
        } ?? .nan
      }
    }
    return BERTEvaluation(loss: loss, logits: logits)
  }

  /// A pass over a batch that fits the model.
  private func pass(_ batch: BERTBatch, _ labels: BERTLabels) throws(BERTError) -> BERTPass {
    let packed = try PackedBERTBatch(batch, configuration)
    if let row = packed.hiddenFirst { throw .firstTokenHidden(row: row) }
    try ClassificationLoss.check(labels, texts: batch.ids.count, configuration)
    arena.reset()
    return BERTPass(model, packed, arena: arena)
  }
}

/// What a forward pass without gradients gives.
public struct BERTEvaluation: Sendable {
  /// The mean loss; `nil` without labels, NaN when no text has one.
  public let loss: Float?
  /// `[B, labels]`.
  public let logits: Tensor
}
