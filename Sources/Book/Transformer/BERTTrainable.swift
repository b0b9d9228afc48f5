import FoxDecoding
import FoxNumbers

/// # BERT in training
///
/// As `GPT2Trainable.swift`. The one difference: a norm stands *after* each branch, so the gradient goes
/// through it first and then splits, one part to the branch and the same part to `x`.
///
/// Source: `BertForSequenceClassification.forward`. SPEC `BERT-11` to `BERT-16`.
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
  /// - Throws: ``Fault`` for a part that is missing, and for weights that are more than can be counted.
  public init(_ model: BERTModel) throws {
    _ = try model.heads()
    configuration = model.configuration
    let parameters = try Parameters(model.configuration.parameters)
    for (name, tensor) in model.parameters {
      guard let entry = parameters[name] else { continue }
      Weight(tensor).copy(
        from: 0, count: tensor.count, to: parameters.values.pointer + entry.range.lowerBound)
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
  /// - Throws: ``Fault`` for what the model does not have or labels that do not fit. Nothing is then
  ///   drawn or added.
  public func train(
    _ batch: BERTBatch, labels: BERTLabels, scale: Float, generator: inout TorchGenerator
  ) throws(Fault) -> Float {
    let packed = try PackedBERTBatch(batch, configuration)
    try packed.checkFirstTokens()
    try ClassificationLoss.check(labels, texts: batch.ids.count, configuration)
    let heads = try model.heads()
    arena.reset()
    var (dropping, tape): (TorchGenerator?, BERTTape?) = (generator, BERTTape())
    let x = model.forward(packed, dropping: &dropping, arena, tape: &tape)
    let head = model.classify(x, packed, heads, dropping: &dropping, arena)
    generator = dropping ?? generator

    // The logits become their gradient.
    let loss = ClassificationLoss.backward(head.logits, labels, configuration, scale: scale)
    let d = arena.matrix(x.rows, x.columns)
    d.fill(0)
    backward(heads, head, packed, addingTo: d)
    if let tape { backward(d, packed, tape) }
    return loss
  }

  /// `logits = classifier(dropout(tanh(dense(first token))))`, backwards.
  private func backward(
    _ heads: (pooler: Linear, classifier: Linear), _ tape: BERTHeadTape,
    _ batch: PackedBERTBatch, addingTo d: Matrix
  ) {
    let (dy, dfirst) = (
      arena.matrix(tape.first.rows, d.columns), arena.matrix(tape.first.rows, d.columns)
    )
    heads.classifier.backward(tape.logits, x: tape.dropped, into: dy, parameters)
    Dropout.apply(tape.kept, to: dy, into: dy)
    // tanh′ = 1 − tanh²
    for r in 0..<dy.rows {
      for c in 0..<dy.columns { dy[r][c] *= 1 - tape.pooled[r][c] * tape.pooled[r][c] }
    }
    heads.pooler.backward(dy, x: tape.first, into: dfirst, parameters)
    for (text, rows) in batch.sequences.enumerated() {
      d[rows: rows.lowerBound..<rows.lowerBound + 1].add(dfirst[rows: text..<text + 1])
    }
  }

  /// The layers, last to first, then the embeddings.
  ///
  /// - Parameter d: The gradient of what came out of the last layer; its memory is used again.
  private func backward(_ d: Matrix, _ batch: PackedBERTBatch, _ tape: BERTTape) {
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    let dm = arena.matrix(d.rows, d.columns)
    for (layer, tape) in zip(model.layers, tape.layers).reversed() {
      let mark = arena.mark
      dm.fill(0)
      feedForward(layer, tape, d, into: dm)
      d.fill(0)
      attend(layer, tape, dm, into: d, attention)
      arena.release(to: mark)
    }
    guard let sum = tape.sum, let stats = tape.stats else { return }
    Dropout.apply(tape.kept, to: d, into: d)
    dm.fill(0)
    model.embeddingNorm.backward(d, x: sum, stats: stats, addingTo: dm, parameters)
    // Three tables were added up. The vector of the padding token is not learned.
    let padding = configuration.padToken.map { Int32($0) }
    for (ids, table, skipped) in [
      (batch.ids, model.wordEmbedding, padding), (batch.types, model.typeEmbedding, nil),
      (batch.positions, model.positionEmbedding, nil),
    ] {
      Embedding.backward(ids, dm, addingTo: parameters.gradient(of: table), skipping: skipped)
    }
  }

  /// `y = norm₂(m + dropout(down(activation(up m))))`, backwards.
  private func feedForward(
    _ layer: BERTModel.Layer, _ tape: BERTTape.Layer, _ dy: Matrix, into dm: Matrix
  ) {
    // Through the norm to the sum, whose gradient is that of m and of the branch alike.
    layer.outputNorm.backward(dy, x: tape.sum2, stats: tape.s2, addingTo: dm, parameters)
    let dbranch = arena.matrix(dy.rows, dy.columns)
    Dropout.apply(tape.kept2, to: dm, into: dbranch)
    let dwide = arena.matrix(dy.rows, tape.wide.columns)
    layer.innerOutput.backward(dbranch, x: tape.active, into: dwide, parameters)
    configuration.activation.backward(dwide, x: tape.wide)
    layer.inner.backward(dwide, x: tape.m, into: dm, adding: true, parameters)
  }

  /// `m = norm₁(x + dropout(dense(attention(x))))`, backwards.
  private func attend(
    _ layer: BERTModel.Layer, _ tape: BERTTape.Layer, _ dm: Matrix, into dx: Matrix,
    _ attention: Attention
  ) {
    layer.attentionNorm.backward(dm, x: tape.sum1, stats: tape.s1, addingTo: dx, parameters)
    let dbranch = arena.matrix(dm.rows, dm.columns)
    Dropout.apply(tape.kept1, to: dx, into: dbranch)
    let dheads = dm  // no longer needed, so its memory is used again
    layer.attentionOutput.backward(dbranch, x: tape.heads, into: dheads, parameters)
    func matrix() -> Matrix { arena.matrix(dm.rows, dm.columns) }
    let d = Attention.Projections(q: matrix(), k: matrix(), v: matrix())
    attention.backward(
      dheads, tape.qkv, scale: configuration.attentionScale, kept: tape.keptP,
      probabilities: tape.probabilities, into: d, arena)
    // Three maps had one input.
    for (map, dy) in [(layer.query, d.q), (layer.key, d.k), (layer.value, d.v)] {
      map.backward(dy, x: tape.x, into: dx, adding: true, parameters)
    }
  }

  /// The forward pass without dropout.
  ///
  /// - Parameters:
  ///   - batch: As in ``train(_:labels:scale:generator:)``.
  ///   - labels: What the outputs should be, if it is known.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  public func evaluate(
    _ batch: BERTBatch, labels: BERTLabels? = nil
  ) throws(Fault) -> BERTEvaluation {
    if let labels {
      try ClassificationLoss.check(labels, texts: batch.ids.count, configuration)
    }
    let logits = try model.logits(batch, arena: arena)
    let loss = labels.map { labels in
      let (rows, columns) = (logits.shape[0], logits.shape[1])
      let copy = arena.matrix(rows, columns)
      copy.copy(Matrix(reading: logits.pointer, rows, columns))
      return ClassificationLoss.backward(copy, labels, configuration, scale: 0)
    }
    return BERTEvaluation(loss: loss, logits: logits)
  }
}

/// What a forward pass without gradients gives.
public struct BERTEvaluation: Sendable {
  /// The mean loss; `nil` without labels, NaN when no text has one.
  public let loss: Float?
  /// `[B, labels]`.
  public let logits: Tensor
}
