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
  let arena = Arena()

  /// Copies the weights of a model; those in BF16 are widened.
  ///
  /// - Throws: ``Fault`` when they are more than can be counted.
  public init(_ model: GPT2Model) throws {
    configuration = model.configuration
    // One flat buffer of values and one of gradients, in the order of the state dictionary.
    let parameters = try Parameters(
      model.configuration.parameters.map { (GPT2Configuration.stateName($0.name), $0.shape) })
    for (name, weight) in model.weights {
      guard let entry = parameters[GPT2Configuration.stateName(name)] else { continue }
      weight.copy(  // BF16 to float32 on the way: small updates would round to nothing in BF16
        from: 0, count: weight.count, to: parameters.values.pointer + entry.range.lowerBound)
    }
    self.parameters = parameters
    // Its weights are views of the buffer: when the optimizer changes it, the model has changed.
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
    // Throws before anything is drawn or added.
    let batch = try TrainingBatch(ids, labels: labels, configuration)
    arena.reset()  // everything of the last step is free again
    var (dropping, tape): (TorchGenerator?, GPT2Tape?) = (generator, GPT2Tape())
    let x = model.forward(batch.rows, dropping: &dropping, arena, tape: &tape)  // [N, C], N = B · T
    generator = dropping ?? generator
    // Not over x: ln_f's backward pass needs its input.
    let (normed, stats) = model.finalNorm.forward(x, arena)

    // Backwards from here: the head first, then ln_f. `d` is the gradient of the residual stream.
    let dnormed = arena.matrix(x.rows, x.columns)  // [N, C]: the gradient of what the head reads
    let mean =
      loss?(normed, batch.nextLabels, scale, dnormed, &generator)
      // Adds to the gradient of wte too, if the head is tied to it.
      ?? CrossEntropy(head: model.head, arena: arena).backward(
        normed, labels: batch.nextLabels, scale: scale, into: dnormed, parameters)
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // an arena's memory holds anything, and ln_f adds
    model.finalNorm.backward(dnormed, x: x, stats: stats, addingTo: d, parameters)
    // The gradient of each block's output goes in, that of its input comes out.
    if let tape { backward(d, batch.rows, tape) }
    return mean
  }

  /// The blocks, last to first, then the embeddings.
  private func backward(_ d: Matrix, _ batch: TokenRows, _ tape: GPT2Tape) {
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: true)
    for (block, tape) in zip(model.blocks, tape.blocks).reversed() {
      // What one block takes for its gradients, the next takes again; only `d` goes on.
      let mark = arena.mark
      feedForward(block, tape, d)  // y → m, the block's second half first
      attend(block, tape, d, attention)  // m → x
      arena.release(to: mark)
    }
    // Both tables were added up, so both get the whole gradient. The token embedding may hold that of
    // the head already.
    // In place: nobody needs the gradient from before.
    Dropout.apply(tape.keptEmbeddings, to: d, into: d)
    for (ids, table) in [
      (batch.ids, model.tokenEmbedding), (batch.positions, model.positionEmbedding),
    ] {
      // Ids repeat, so rows of the tables add up.
      Embedding.backward(ids, d, addingTo: parameters.gradient(of: table))
    }
  }

  /// `y = m + dropout(project(gelu(expand(ln₂ m))))`, backwards.
  private func feedForward(_ block: GPT2Model.Block, _ tape: GPT2Tape.Block, _ d: Matrix) {
    // [N, C]; d itself must stay, for it is dm already, but for the branch's part
    let dout = arena.matrix(d.rows, d.columns)
    // y = m + keep₂(out): dout is dy / (1 − p) where out was kept, and 0 where it was dropped.
    Dropout.apply(tape.kept2, to: d, into: dout)
    let dwide = arena.matrix(d.rows, tape.wide.columns)  // [N, inner]
    // out = active W + b. dactive goes into dwide: [N, C] [C, inner] → [N, inner].
    block.innerOutput.backward(dout, x: tape.active, into: dwide, parameters)
    // active = gelu(wide): dactive becomes dwide where it lies
    Activation.geluTanh.backward(dwide, x: tape.wide)
    let dn2 = dout  // no longer needed, so its memory is used again
    // wide = n₂ W + b: [N, inner] [inner, C] → [N, C]
    block.inner.backward(dwide, x: tape.n2, into: dn2, parameters)
    // n₂ = ln₂(m): now d is all of dm
    block.innerNorm.backward(dn2, x: tape.m, stats: tape.s2, addingTo: d, parameters)
  }

  /// `m = x + dropout(project(attention(ln₁ x)))`, backwards.
  private func attend(
    _ block: GPT2Model.Block, _ tape: GPT2Tape.Block, _ d: Matrix, _ attention: Attention
  ) {
    // [N, C]; d is dx already, but for this branch's part
    let dbranch = arena.matrix(d.rows, d.columns)
    Dropout.apply(tape.kept1, to: d, into: dbranch)  // m = x + keep₁(branch)
    let dheads = arena.matrix(d.rows, d.columns)  // [N, C]
    // branch = heads W + b
    block.attentionOutput.backward(dbranch, x: tape.heads, into: dheads, parameters)
    // [N, 3 C]: dq, dk and dv side by side, as q, k and v are
    let dqkv = arena.matrix(d.rows, tape.qkv.columns)
    // Every element of dqkv is written, so it needs no fill: each row is a query's and a key's.
    attention.backward(
      dheads, .init(tape.qkv), scale: block.scale, kept: tape.keptP,
      probabilities: tape.probabilities, into: .init(dqkv), arena)
    let dn1 = dheads  // as above
    // qkv = n₁ W + b: [N, 3C] [3C, C] → [N, C]
    block.queryKeyValue.backward(dqkv, x: tape.n1, into: dn1, parameters)
    // n₁ = ln₁(x): now d is all of dx
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
    try evaluate(ids, labels: labels, predictions: predictions) { _, _ in }
  }

  /// The same; `watch` is shown what the head reads, `[N, C]`, and the label of each row.
  package func evaluate(
    _ ids: [[Int32]], labels: [[Int32]], predictions: Bool,
    watch: (_ x: Matrix, _ labels: [Int32]) -> Void
  ) throws(Fault) -> GPT2Evaluation {
    let batch = try TrainingBatch(ids, labels: labels, configuration)
    arena.reset()
    // No tape: the blocks take turns in one block's memory, and x is changed in place.
    var (none, tape): (TorchGenerator?, GPT2Tape?) = (nil, nil)
    let x = model.forward(batch.rows, dropping: &none, arena, tape: &tape)
    model.finalNorm.forward(x, into: x)  // no backward pass, so ln_f may overwrite x
    watch(x, batch.nextLabels)
    let best = predictions ? arena.takeIDs(x.rows) : nil
    let loss = CrossEntropy(head: model.head, arena: arena).forward(
      x, labels: batch.nextLabels, predictions: best)
    let table = best.map { best in  // [N] → [B, T]
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
    // Rows of one length, as training data is cut into blocks; dropout draws for [B, H, T, T].
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
    for id in ids.joined() where id < 0 || id >= vocabulary {  // the lookup does not check
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    // A label beyond the vocabulary would index into the next row's logits.
    for id in labels.joined() where (id < 0 || id >= vocabulary) && id != CrossEntropy.ignored {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    // `shift_logits = logits[:, :-1]`, `shift_labels = labels[:, 1:]`: the labels move, not the
    // logits, so that every row keeps its place. The last has no label and thus no gradient.
    nextLabels = labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] }
    rows.ids = ids.flatMap { $0 }
    rows.positions = ids.flatMap { row in row.indices.map { Int32($0) } }
    // Row b is tokens b · T up to (b + 1) · T.
    rows.sequences = ids.indices.map { $0 * tokens..<($0 + 1) * tokens }
  }
}
