import FoxDecoding
import FoxNumbers

/// # BERT in training
///
/// As `GPT2Trainable.swift`. The one difference: a norm stands *after* each branch, so the gradient goes
/// through it first and then splits, one part to the branch and the same part to `x`:
///
///     y = norm(s),  s = x + branch(x)        ds = norm′(s)ᵀ dy,  dx = ds + branch′(x)ᵀ ds
///
/// No gradient runs past the norms untouched, so two matrices take turns: one holds the gradient of
/// what came out, the other collects that of what went in.
///
/// Source: `BertForSequenceClassification.forward` of transformers 4.17.0; gradients are those of
/// `loss.backward()`. SPEC `BERT-11` to `BERT-16`.
///
/// What it does not do: it changes no parameter, and does not train an encoder to guess masked words.
public final class BERTTrainable {
  /// The shape, and how much is dropped.
  public let configuration: BERTConfiguration
  /// Values and gradients, named as in the state dictionary of `BertForSequenceClassification`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: BERTModel

  // A step's activations; the next step takes the same memory (SPEC `LAYER-10`).
  let arena = Arena()

  /// Copies the weights of a model that has a pooler and a classifier.
  ///
  /// - Throws: ``Fault`` for a part that is missing, and for weights that are more than can be counted.
  public init(_ model: BERTModel) throws {
    _ = try model.heads()  // there is no loss without them
    configuration = model.configuration
    // One flat buffer of values and one of gradients, in the order of the state dictionary.
    let parameters = try Parameters(model.configuration.parameters)
    for (name, tensor) in model.parameters {
      guard let entry = parameters[name] else { continue }
      // A copy: the model that was given stays what it was.
      Weight(tensor).copy(
        from: 0, count: tensor.count, to: parameters.values.pointer + entry.range.lowerBound)
    }
    self.parameters = parameters
    // Its weights are views of the buffer: when the optimizer changes it, the model has changed.
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
    try ClassificationLoss.check(labels, texts: batch.ids.count, configuration)
    return try train(batch, generator: &generator) {
      ClassificationLoss.backward($0, labels, configuration, scale: scale)
    }
  }

  /// The same with any loss.
  ///
  /// - Parameter loss: Makes the logits, `[B, labels]`, their gradient and returns the mean.
  package func train(
    _ batch: BERTBatch, generator: inout TorchGenerator, loss: (_ logits: Matrix) -> Float
  ) throws(Fault) -> Float {
    // Everything is checked before the arena is reset, a flag drawn or a gradient added to.
    let packed = try PackedBERTBatch(batch, configuration)
    try packed.checkFirstTokens()
    let heads = try model.heads()
    arena.reset()
    // Flags are those of the padded batch, though only N rows are computed (SPEC `BERT-12`).
    var (dropping, tape): (TorchGenerator?, BERTTape?) = (generator, BERTTape())
    let x = model.forward(packed, dropping: &dropping, arena, tape: &tape)  // [N, C]
    // [B, labels], with a dropout of its own, the last one drawn
    let head = model.classify(x, packed, heads, dropping: &dropping, arena)
    generator = dropping ?? generator

    let mean = loss(head.logits)  // the logits are now their gradient
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // only first tokens get a gradient from the head
    backward(heads, head, packed, addingTo: d)
    if let tape { backward(d, packed, tape) }
    return mean
  }

  /// `logits = classifier(dropout(tanh(dense(first token))))`, backwards.
  private func backward(
    _ heads: (pooler: Linear, classifier: Linear), _ tape: BERTHeadTape,
    _ batch: PackedBERTBatch, addingTo d: Matrix
  ) {
    // [B, C] each: the gradient of what the classifier reads, then of what the pooler reads.
    let (dy, dfirst) = (
      arena.matrix(tape.first.rows, d.columns), arena.matrix(tape.first.rows, d.columns)
    )
    // dlogits Wᵀ: [B, labels] [labels, C] → [B, C]
    heads.classifier.backward(tape.logits, x: tape.dropped, into: dy, parameters)
    Dropout.apply(tape.kept, to: dy, into: dy)  // now that of the tanh's output
    // tanh′ = 1 − tanh²
    for r in 0..<dy.rows {  // and now that of its input
      for c in 0..<dy.columns { dy[r][c] *= 1 - tape.pooled[r][c] * tape.pooled[r][c] }
    }
    heads.pooler.backward(dy, x: tape.first, into: dfirst, parameters)  // [B, C] [C, C] → [B, C]
    for (text, rows) in batch.sequences.enumerated() {
      // Back to the row where the first token was read.
      d[rows: rows.lowerBound..<rows.lowerBound + 1].add(dfirst[rows: text..<text + 1])
    }
  }

  /// The layers, last to first, then the embeddings.
  ///
  /// - Parameter d: The gradient of what came out of the last layer; its memory is used again.
  private func backward(_ d: Matrix, _ batch: PackedBERTBatch, _ tape: BERTTape) {
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    let dm = arena.matrix(d.rows, d.columns)  // [N, C]: serves all layers, in turn with d
    for (layer, tape) in zip(model.layers, tape.layers).reversed() {
      let mark = arena.mark  // what one layer takes for its gradients, the next takes again
      dm.fill(0)  // the norm's backward pass adds
      feedForward(layer, tape, d, into: dm)  // from y to m: d is used up
      d.fill(0)  // d is now dx, to be collected
      attend(layer, tape, dm, into: d, attention)  // from m to x: dm is used up
      arena.release(to: mark)
    }
    guard let sum = tape.sum, let stats = tape.stats else { return }  // always there in training
    Dropout.apply(tape.kept, to: d, into: d)  // x = keep(norm(sum)): first through dropout
    dm.fill(0)
    // dm is now the gradient of the sum
    model.embeddingNorm.backward(d, x: sum, stats: stats, addingTo: dm, parameters)
    // Three tables were added up. The vector of the padding token is not learned.
    // `padding_idx`: gradient 0, even where [PAD] stands as a token (SPEC `BERT-14`).
    let padding = configuration.padToken.map { Int32($0) }
    for (ids, table, skipped) in [
      (batch.ids, model.wordEmbedding, padding), (batch.types, model.typeEmbedding, nil),
      (batch.positions, model.positionEmbedding, nil),
    ] {
      // Types have 2 rows, to which every token adds.
      Embedding.backward(ids, dm, addingTo: parameters.gradient(of: table), skipping: skipped)
    }
  }

  /// `y = norm₂(m + dropout(down(activation(up m))))`, backwards.
  private func feedForward(
    _ layer: BERTModel.Layer, _ tape: BERTTape.Layer, _ dy: Matrix, into dm: Matrix
  ) {
    // Through the norm to the sum, whose gradient is that of m and of the branch alike.
    layer.outputNorm.backward(dy, x: tape.sum2, stats: tape.s2, addingTo: dm, parameters)
    // [N, C]; dm itself must stay: it is m's part already
    let dbranch = arena.matrix(dy.rows, dy.columns)
    Dropout.apply(tape.kept2, to: dm, into: dbranch)  // s = m + keep₂(branch)
    let dwide = arena.matrix(dy.rows, tape.wide.columns)  // [N, inner]
    // branch = active W + b. dactive goes into dwide: [N, C] [C, inner] → [N, inner].
    layer.innerOutput.backward(dbranch, x: tape.active, into: dwide, parameters)
    // active = f(wide): dactive becomes dwide where it lies
    configuration.activation.backward(dwide, x: tape.wide)
    // wide = m W + b, added to m's part: [N, inner] [inner, C] → [N, C]
    layer.inner.backward(dwide, x: tape.m, into: dm, adding: true, parameters)
  }

  /// `m = norm₁(x + dropout(dense(attention(x))))`, backwards.
  private func attend(
    _ layer: BERTModel.Layer, _ tape: BERTTape.Layer, _ dm: Matrix, into dx: Matrix,
    _ attention: Attention
  ) {
    // Through norm₁ to its sum: dx is that sum's gradient, and the branch is yet to add to it.
    layer.attentionNorm.backward(dm, x: tape.sum1, stats: tape.s1, addingTo: dx, parameters)
    let dbranch = arena.matrix(dm.rows, dm.columns)  // [N, C]
    Dropout.apply(tape.kept1, to: dx, into: dbranch)  // s = x + keep₁(branch)
    let dheads = dm  // no longer needed, so its memory is used again
    // branch = heads W + b: [N, C] [C, C] → [N, C]
    layer.attentionOutput.backward(dbranch, x: tape.heads, into: dheads, parameters)
    func matrix() -> Matrix { arena.matrix(dm.rows, dm.columns) }
    // [N, C] each, every row of which is written
    let d = Attention.Projections(q: matrix(), k: matrix(), v: matrix())
    attention.backward(
      dheads, tape.qkv, scale: configuration.attentionScale, kept: tape.keptP,
      probabilities: tape.probabilities, into: d, arena)
    // Three maps had one input.
    for (map, dy) in [(layer.query, d.q), (layer.key, d.k), (layer.value, d.v)] {
      // [N, C] [C, C] → [N, C], three times
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
    // Checks the batch, resets the arena and copies out of it.
    let logits = try model.logits(batch, arena: arena)
    // The loss overwrites what it is given, and a Tensor must not change: hence a copy.
    let loss = labels.map { labels in
      let (rows, columns) = (logits.shape[0], logits.shape[1])
      let copy = arena.matrix(rows, columns)
      copy.copy(Matrix(reading: logits.pointer, rows, columns))
      // Scale 0: nobody reads the gradient.
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
