import FoxDecoding
import FoxNumbers

/// # GPT-2 in training
///
/// Parameters and gradients in flat buffers, a forward pass with dropout, and the backward pass.
/// Nothing is recorded by a graph: the backward pass below is the forward pass read from the last line
/// to the first, each line replaced by its derivative.
///
/// The residual stream makes it short. `x + branch(x)` passes the gradient `d` on unchanged to `x`,
/// and every branch *adds* its own to it:
///
///     y = x + branch(x)        dx = dy + branch′(x)ᵀ dy
///
/// So one matrix `d`, `[N, C]`, goes from the last block to the first, and is only ever added to. What
/// was dropped on the way forward has gradient 0 on the way back: no new draws.
///
/// Source: `GPT2LMHeadModel.forward` of transformers 4.17.0; gradients are those of
/// `loss.backward()`. SPEC `GPT2-14` to `GPT2-17`.
///
/// What it does not do: it changes no parameter. Clipping, the optimizer and the schedule are the next
/// chapter's, Training.
public final class GPT2Trainable {
  /// The shape, and how much is dropped.
  public let configuration: GPT2Configuration
  /// Values and gradients, named as in the state dictionary of `GPT2LMHeadModel`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: GPT2Model

  // A step's activations; the next step takes the same memory (SPEC `LAYER-10`).
  private let arena = Arena()

  /// Copies the weights of a model; those in BF16 are widened.
  ///
  /// - Throws: ``Fault`` when they are more than can be counted.
  public init(_ model: GPT2Model) throws {
    configuration = model.configuration
    let parameters = try Parameters(
      copying: model.weights.map { (GPT2Configuration.stateName($0.name), $0.weight) })
    self.parameters = parameters
    // Its weights are views of the buffer: when the optimizer changes it, the model has changed.
    self.model = try GPT2Model(configuration) {
      Weight(try parameters.tensor(named: GPT2Configuration.stateName($0)))
    }
  }

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
    try train(ids, labels: labels, generator: &generator) { x, labels, dx, _ in
      // Adds to the gradient of wte too, if the head is tied to it.
      CrossEntropy(head: model.head, arena: arena).backward(
        x, labels: labels, scale: scale, into: dx, parameters)
    }
  }

  /// The same with any loss.
  ///
  /// - Parameter loss: Is given what the head reads, `[N, C]`, and the label of each row; writes the
  ///   gradient `dx` and returns the mean.
  package func train(
    _ ids: [[Int32]], labels: [[Int32]], generator: inout TorchGenerator,
    loss: (
      _ x: Matrix, _ labels: [Int32], _ dx: Matrix, _ generator: inout TorchGenerator
    ) -> Float
  ) throws(Fault) -> Float {
    // Throws before anything is drawn or added.
    let (batch, nextLabels) = (try TokenRows(ids, configuration), try next(labels, of: ids))
    arena.reset()  // everything of the last step is free again
    let tape = Tape(drawing: generator)
    let x = model.forward(batch, arena, tape: tape)  // [N, C], N = B · T
    generator = tape.generator ?? generator
    // Not over x: ln_f's backward pass needs its input.
    let (normed, stats) = model.finalNorm.forward(x, arena)

    // Backwards from here: the head first, then ln_f. `d` is the gradient of the residual stream.
    let dnormed = arena.matrix(x.rows, x.columns)  // [N, C]: the gradient of what the head reads
    let mean = loss(normed, nextLabels, dnormed, &generator)
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // an arena's memory holds anything, and ln_f adds
    model.finalNorm.backward(dnormed, x: x, stats: stats, addingTo: d, parameters)
    let branch = dnormed  // no longer needed, so its memory is used again
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: true)
    for (block, tape) in zip(model.blocks, tape.blocks).reversed() {
      // From y = m + dropout(feedForward(ln₂ m)): d, the gradient of y, becomes that of m. It is
      // already, but for the branch's part.
      Dropout.apply(tape.keptFeedForward, to: d, into: branch)
      block.feedForward.backward(
        branch, tape.feedForward, into: branch, adding: false, parameters, arena)
      let (m, s2) = tape.feedForwardNorm
      block.feedForwardNorm.backward(branch, x: m, stats: s2, addingTo: d, parameters)
      // From m = x + dropout(attention(ln₁ x)): that of m becomes that of x.
      Dropout.apply(tape.keptAttention, to: d, into: branch)
      block.attention.backward(
        branch, tape.attention, attention, into: branch, adding: false, parameters, arena)
      let (x, s1) = tape.attentionNorm
      block.attentionNorm.backward(branch, x: x, stats: s1, addingTo: d, parameters)
    }
    // Both tables were added up, so both get the whole gradient. Ids repeat, so rows add up; the token
    // embedding may hold the gradient of the head already.
    Dropout.apply(tape.keptEmbeddings, to: d, into: d)
    for (table, ids) in [
      (model.tokenEmbedding, batch.ids), (model.positionEmbedding, batch.positions),
    ] {
      Embedding.backward(ids, d, addingTo: parameters.gradient(of: table))
    }
    return mean
  }

  /// The forward pass without dropout.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - labels: As in ``train(_:labels:scale:generator:)``.
  ///   - predictions: Whether the likeliest next token of every token is asked for.
  /// - Returns: The mean loss over all labels, NaN when there are none; and, when asked for, `[B, T]`
  ///   predictions, the lower of equally likely ones.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  public func evaluate(
    _ ids: [[Int32]], labels: [[Int32]], predictions: Bool = false
  ) throws(Fault) -> (loss: Float, predictions: [[Int32]]) {
    let (batch, nextLabels) = (try TokenRows(ids, configuration), try next(labels, of: ids))
    arena.reset()
    let x = model.forward(batch, arena)
    model.finalNorm.forward(x, into: x)  // no backward pass, so ln_f may overwrite x
    let best = predictions ? arena.takeIDs(x.rows) : nil
    let loss = CrossEntropy(head: model.head, arena: arena).forward(
      x, labels: nextLabels, predictions: best)
    let table = best.map { best in  // [N] → [B, T]
      batch.sequences.map { rows in rows.map { best[$0] } }
    }
    return (loss, table ?? [])
  }

  /// The label of the *next* token of each, `[B · T]`.
  private func next(_ labels: [[Int32]], of ids: [[Int32]]) throws(Fault) -> [Int32] {
    guard labels.map(\.count) == ids.map(\.count) else {
      throw .batch(
        found: "labels of \(labels.map(\.count))",
        expected: "one for each token, \(ids.map(\.count))")
    }
    // The loss does not check: a label beyond the vocabulary would change the next row's logits.
    let vocabulary = configuration.vocabularySize
    for id in labels.joined() where (id < 0 || id >= vocabulary) && id != CrossEntropy.ignored {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    // `shift_logits = logits[:, :-1]`, `shift_labels = labels[:, 1:]`: the labels move, not the
    // logits, so that every row keeps its place. The last has no label and thus no gradient.
    return labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] }
  }
}

extension Parameters {
  /// Copies of some weights, one flat buffer of values and one of gradients, in the order given. BF16
  /// is widened: small updates would round to nothing in it.
  convenience init(copying weights: [(name: String, weight: Weight)]) throws(Fault) {
    try self.init(weights.map { ($0.name, $0.weight.shape) })
    for (entry, (_, weight)) in zip(entries, weights) {
      weight.copy(from: 0, count: weight.count, to: values.pointer + entry.range.lowerBound)
    }
  }

  /// The values of a part: a view, not a copy.
  func tensor(named name: String) throws(Fault) -> Tensor {
    guard let entry = self[name] else {
      throw Fault("the parameters", at: name, found: "nothing", expected: "a part of that name")
    }
    return try tensor(entry)
  }
}
