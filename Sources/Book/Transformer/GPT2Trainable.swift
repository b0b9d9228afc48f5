import FoxDecoding
import FoxNumbers

/// # GPT-2 in training
///
/// Parameters and gradients in flat buffers. A step of training is a forward pass with dropout, the
/// loss, and the backward pass: the head first, ln_f, then the blocks, last to first.
///
///     loss = −mean log softmax((ln_f x) wordsᵀ)[next token]
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
    let (rows, nextLabels) = (try TokenRows(ids, configuration), try next(labels, of: ids))
    arena.reset()  // everything of the last step is free again
    let pass = Pass(rows, through: model.body, arena, keeps: true, drawing: generator)
    let x = model.body.forward(pass)  // [N, C], N = B · T
    generator = pass.generator ?? generator
    // Not over x: ln_f's backward pass needs its input.
    let (normed, stats) = model.finalNorm.forward(x, arena)

    // Backwards from here. `d` is the gradient of the residual stream.
    let dnormed = arena.matrix(x.rows, x.columns)  // [N, C]: the gradient of what the head reads
    let mean = loss(normed, nextLabels, dnormed, &generator)
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // an arena's memory holds anything, and ln_f adds
    model.finalNorm.backward(dnormed, x: x, stats: stats, addingTo: d, parameters)  // [N, C]
    model.body.backward(d, dnormed, pass, parameters)  // dnormed is no longer needed
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
    try evaluate(ids, labels: labels, predictions: predictions) { _, _ in }
  }

  /// The same; `watch` is shown what the head reads, `[N, C]`, and the label of each row.
  package func evaluate(
    _ ids: [[Int32]], labels: [[Int32]], predictions: Bool,
    watch: (_ x: Matrix, _ labels: [Int32]) -> Void
  ) throws(Fault) -> (loss: Float, predictions: [[Int32]]) {
    let (rows, nextLabels) = (try TokenRows(ids, configuration), try next(labels, of: ids))
    arena.reset()
    let x = model.body.forward(Pass(rows, through: model.body, arena))
    model.finalNorm.forward(x, into: x)  // no backward pass, so ln_f may overwrite x
    watch(x, nextLabels)
    let best = predictions ? arena.takeIDs(x.rows) : nil
    let loss = CrossEntropy(head: model.head, arena: arena).forward(
      x, labels: nextLabels, predictions: best)
    let table = best.map { best in  // [N] → [B, T]
      rows.sequences.map { rows in rows.map { best[$0] } }
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
    try Fault.check(
      labels.joined(), vocabulary: configuration.vocabularySize, except: Int(CrossEntropy.ignored))
    // `shift_logits = logits[:, :-1]`, `shift_labels = labels[:, 1:]`: the labels move, not the
    // logits, so that every row keeps its place. The last has no label and thus no gradient.
    return labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] }
  }
}

extension TokenRows {
  /// Texts of one length, as training data is cut into blocks.
  ///
  /// - Throws: ``Fault`` for ids and lengths that the model does not have.
  package init(_ ids: [[Int32]], _ configuration: GPT2Configuration) throws(Fault) {
    let tokens = ids.first?.count ?? 0
    guard tokens > 0, ids.allSatisfy({ $0.count == tokens }) else {
      throw .batch(
        found: "rows of \(ids.map(\.count))", expected: "rows of one length, at least 1")
    }
    if tokens > configuration.positions {
      throw .tooLong(tokens: tokens, positions: configuration.positions)
    }
    try Fault.check(ids.joined(), vocabulary: configuration.vocabularySize)
    self.ids = ids.flatMap { $0 }  // [B, T] → [N]
    positions = ids.flatMap { row in row.indices.map { Int32($0) } }
    sequences = ids.indices.map { $0 * tokens..<($0 + 1) * tokens }  // row b: from b · T on
    // No padding: dropout keeps all it draws.
    layout = PaddedLayout(width: tokens, columns: ids.map { [$0.indices] })
  }
}
