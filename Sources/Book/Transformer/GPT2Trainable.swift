import FoxDecoding
import FoxNumbers

/// # GPT-2 in training
///
/// Parameters and gradients in flat buffers, a forward pass with dropout, and the backward pass.
/// Nothing is recorded by a graph: the backward pass below is the forward pass read from the last line
/// to the first, each line replaced by its derivative.
///
/// The residual stream makes it short. `x + branch(x)` passes the gradient `d` on unchanged to `x`,
/// and every branch *adds* its own to it.
///
/// Source: `GPT2LMHeadModel.forward`; gradients are those of `loss.backward()`. SPEC `GPT2-14` to
/// `GPT2-17`.
public final class GPT2Trainable {
  /// The shape, and how much is dropped.
  public let configuration: GPT2Configuration
  /// Values and gradients, named as in the state dictionary of `GPT2LMHeadModel`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: GPT2Model

  let arena = Arena()

  /// Copies the weights of a model; those in BF16 are widened.
  ///
  /// - Throws: ``Fault`` when they are more than can be counted.
  public init(_ model: GPT2Model) throws {
    configuration = model.configuration
    let parameters = try Parameters(
      model.configuration.parameters.map { (GPT2Configuration.stateName($0.name), $0.shape) })
    for (name, weight) in model.weights {
      guard let entry = parameters[GPT2Configuration.stateName(name)] else { continue }
      weight.copy(
        from: 0, count: weight.count, to: parameters.values.pointer + entry.range.lowerBound)
    }
    self.parameters = parameters
    self.model = try GPT2Model(configuration) { name in
      guard let entry = parameters[GPT2Configuration.stateName(name)] else {
        throw Fault("the parameters", at: name, found: "nothing", expected: "a part of that name")
      }
      return try parameters.tensor(entry)
    }
  }

  /// A loss that stands in for that over the whole vocabulary: from ln_f and the labels to the mean,
  /// with gradients as ``CrossEntropy/backward(_:labels:scale:into:_:)`` writes them.
  package typealias Loss = (
    _ x: Matrix, _ labels: [Int32], _ scale: Float, _ dx: Matrix, _ generator: inout TorchGenerator
  ) -> Float

  /// Forward and backward pass of a micro-batch, with dropout. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - labels: `[B, T]`, −100 for none. Token `t` is scored by the logits of token `t − 1`; the labels
  ///     of first tokens are not used.
  ///   - scale: What the gradient is multiplied by: 1 over the micro-batches of a step.
  ///   - generator: Draws the flags of dropout, in the reference's order: embeddings `[B, T, C]`, then
  ///     for each block attention `[B, H, T, T]`, its output and the feed-forward output `[B, T, C]`.
  /// - Returns: The mean loss over all labels, not multiplied; NaN when there are none.
  /// - Throws: ``Fault`` for ids outside the vocabulary, too many tokens, rows of different lengths.
  ///   Nothing is then drawn or added.
  public func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator
  ) throws(Fault) -> Float {
    try train(ids, labels: labels, scale: scale, generator: &generator, loss: nil)
  }

  /// The same with another loss.
  package func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator,
    loss: Loss?
  ) throws(Fault) -> Float {
    let batch = try TrainingBatch(ids, labels: labels, configuration)
    arena.reset()
    var (dropping, tape): (TorchGenerator?, GPT2Tape?) = (generator, GPT2Tape())
    let x = model.forward(batch.rows, dropping: &dropping, arena, tape: &tape)
    generator = dropping ?? generator
    let (normed, stats) = model.finalNorm.forward(x, arena)

    // Backwards from here: the head first, then ln_f. `d` is the gradient of the residual stream.
    let dnormed = arena.matrix(x.rows, x.columns)
    let mean =
      loss?(normed, batch.nextLabels, scale, dnormed, &generator)
      ?? CrossEntropy(head: model.head, arena: arena).backward(
        normed, labels: batch.nextLabels, scale: scale, into: dnormed, parameters)
    let d = arena.matrix(x.rows, x.columns)
    d.fill(0)
    model.finalNorm.backward(dnormed, x: x, stats: stats, addingTo: d, parameters)
    if let tape { backward(d, batch.rows, tape) }
    return mean
  }

  /// The blocks, last to first, then the embeddings.
  private func backward(_ d: Matrix, _ batch: TokenRows, _ tape: GPT2Tape) {
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: true)
    for (block, tape) in zip(model.blocks, tape.blocks).reversed() {
      let mark = arena.mark
      feedForward(block, tape, d)
      attend(block, tape, d, attention)
      arena.release(to: mark)
    }
    // Both tables were added up, so both get the whole gradient. The token embedding may hold that of
    // the head already.
    Dropout.apply(tape.keptEmbeddings, to: d, into: d)
    for (ids, table) in [
      (batch.ids, model.tokenEmbedding), (batch.positions, model.positionEmbedding),
    ] {
      Embedding.backward(ids, d, addingTo: parameters.gradient(of: table))
    }
  }

  /// `y = m + dropout(project(gelu(expand(ln₂ m))))`, backwards.
  private func feedForward(_ block: GPT2Model.Block, _ tape: GPT2Tape.Block, _ d: Matrix) {
    let dout = arena.matrix(d.rows, d.columns)
    Dropout.apply(tape.kept2, to: d, into: dout)
    let dwide = arena.matrix(d.rows, tape.wide.columns)
    block.innerOutput.backward(dout, x: tape.active, into: dwide, parameters)
    Activation.geluTanh.backward(dwide, x: tape.wide)
    let dn2 = dout  // no longer needed, so its memory is used again
    block.inner.backward(dwide, x: tape.n2, into: dn2, parameters)
    block.innerNorm.backward(dn2, x: tape.m, stats: tape.s2, addingTo: d, parameters)
  }

  /// `m = x + dropout(project(attention(ln₁ x)))`, backwards.
  private func attend(
    _ block: GPT2Model.Block, _ tape: GPT2Tape.Block, _ d: Matrix, _ attention: Attention
  ) {
    let dbranch = arena.matrix(d.rows, d.columns)
    Dropout.apply(tape.kept1, to: d, into: dbranch)
    let dheads = arena.matrix(d.rows, d.columns)
    block.attentionOutput.backward(dbranch, x: tape.heads, into: dheads, parameters)
    let dqkv = arena.matrix(d.rows, tape.qkv.columns)
    attention.backward(
      dheads, .init(tape.qkv), scale: block.scale, kept: tape.keptP,
      probabilities: tape.probabilities, into: .init(dqkv), arena)
    let dn1 = dheads  // as above
    block.queryKeyValue.backward(dqkv, x: tape.n1, into: dn1, parameters)
    block.attentionNorm.backward(dn1, x: tape.x, stats: tape.s1, addingTo: d, parameters)
  }

  /// The forward pass without dropout.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - labels: As in ``train(_:labels:scale:generator:)``.
  ///   - predictions: Whether the likeliest next token of every token is asked for.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  public func evaluate(
    _ ids: [[Int32]], labels: [[Int32]], predictions: Bool = false
  ) throws(Fault) -> GPT2Evaluation {
    let batch = try TrainingBatch(ids, labels: labels, configuration)
    arena.reset()
    var (none, tape): (TorchGenerator?, GPT2Tape?) = (nil, nil)
    let x = model.forward(batch.rows, dropping: &none, arena, tape: &tape)
    model.finalNorm.forward(x, into: x)
    let best = predictions ? arena.takeIDs(x.rows) : nil
    let loss = CrossEntropy(head: model.head, arena: arena).forward(
      x, labels: batch.nextLabels, predictions: best)
    let table = best.map { best in
      batch.rows.sequences.map { rows in rows.map { best[$0] } }
    }
    return GPT2Evaluation(loss: loss, predictions: table ?? [])
  }
}

/// What a forward pass without gradients gives.
public struct GPT2Evaluation: Sendable {
  /// The mean loss over all labels; NaN when there are none.
  public let loss: Float
  /// `[B, T]`: the likeliest next token of every token, the lower of equally likely ones; empty when
  /// nobody asked.
  public let predictions: [[Int32]]
}

/// Rows of one length, checked, one after the other.
struct TrainingBatch {
  private(set) var rows = TokenRows()
  /// `[B · T]`: the label of the *next* token; none after the last.
  let nextLabels: [Int32]

  init(
    _ ids: [[Int32]], labels: [[Int32]], _ configuration: GPT2Configuration
  ) throws(Fault) {
    let tokens = ids.first?.count ?? 0
    guard tokens > 0, (ids + labels).allSatisfy({ $0.count == tokens }), labels.count == ids.count
    else {
      throw .batch(
        found: "rows of \(ids.map(\.count)) and labels of \(labels.map(\.count))",
        expected: "rows of one length, at least 1, and labels for each")
    }
    guard tokens <= configuration.positions else {
      throw .tooLong(tokens: tokens, positions: configuration.positions)
    }
    let vocabulary = configuration.vocabularySize
    for id in ids.joined() where id < 0 || id >= vocabulary {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    for id in labels.joined() where (id < 0 || id >= vocabulary) && id != CrossEntropy.ignored {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    nextLabels = labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] }
    rows.ids = ids.flatMap { $0 }
    rows.positions = ids.flatMap { row in row.indices.map { Int32($0) } }
    rows.sequences = ids.indices.map { $0 * tokens..<($0 + 1) * tokens }
  }
}
