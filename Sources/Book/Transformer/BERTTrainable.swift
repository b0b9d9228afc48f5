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

  private let head: ClassifierHead
  // A step's activations; the next step takes the same memory (SPEC `LAYER-10`).
  package let arena = Arena()

  /// Copies the weights of a model that has a pooler and a classifier.
  ///
  /// - Throws: ``Fault`` for a part that is missing, and for weights that are more than can be counted.
  public init(_ model: BERTModel) throws {
    _ = try model.head()  // there is no loss without it
    configuration = model.configuration
    let parameters = try Parameters(copying: model.parameters.map { ($0.name, Weight($0.tensor)) })
    self.parameters = parameters
    // Its weights are views of the buffer: when the optimizer changes it, the model has changed.
    self.model = try BERTModel(configuration) { try parameters.tensor(named: $0) }
    head = try self.model.head()
  }

  /// Forward and backward pass of a micro-batch, with dropout. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - batch: `B` texts, none of which begins with padding.
  ///   - labels: `[B]`, −100 for none.
  ///   - scale: What the gradient is multiplied by: 1 over the micro-batches of a step.
  ///   - generator: Draws the flags of dropout as the reference does for the padded batch: embeddings
  ///     `[B, T, C]`, then for each layer attention `[B, H, T, T]`, its output and the feed-forward output
  ///     `[B, T, C]`, and the pooled `[B, C]`.
  /// - Returns: The mean loss, not multiplied; NaN when no text has a label.
  /// - Throws: ``Fault`` for what the model does not have or labels that do not fit. Nothing is then
  ///   drawn or added.
  public func train(
    _ batch: BERTBatch, labels: [Int], scale: Float, generator: inout TorchGenerator
  ) throws(Fault) -> Float {
    try check(labels, texts: batch.ids.count)
    return try train(batch, generator: &generator) {
      CrossEntropy.backward($0, labels: labels.map { Int32($0) }, scale: scale)
    }
  }

  /// Refuses labels that are not one for each text, or not the model's: the loss does not check.
  package func check(_ labels: [Int], texts: Int) throws(Fault) {
    if labels.count != texts {
      throw Fault("the labels", found: "\(labels.count)", expected: "\(texts), one for each text")
    }
    let count = configuration.labels.count
    for label in labels where !(0..<count).contains(label) && label != Int(CrossEntropy.ignored) {
      throw Fault(
        "the labels", found: "label \(label)", expected: "0 to \(count - 1), the model's labels")
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
    arena.reset()
    // Flags are those of the padded batch, though only N rows are computed (SPEC `BERT-12`).
    let tape = Tape(drawing: generator)
    let x = model.forward(packed, arena, tape: tape)  // [N, C]
    let headTape = head.forward(x, packed.sequences, arena, tape: tape)
    generator = tape.generator ?? generator
    let mean = loss(headTape.logits)
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // only first tokens get a gradient from the head
    head.backward(headTape, packed.sequences, addingTo: d, parameters, arena)
    backward(d, packed, tape)
    return mean
  }

  /// The layers, last to first, then the embeddings.
  ///
  /// - Parameter d: The gradient of what came out of the last layer; its memory is used again.
  private func backward(_ d: Matrix, _ batch: PackedBERTBatch, _ tape: Tape) {
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    // [N, C] each: the second matrix that takes turns, and the gradient of what a branch gave.
    let (dm, branch) = (arena.matrix(d.rows, d.columns), arena.matrix(d.rows, d.columns))
    for (layer, tape) in zip(model.layers, tape.blocks).reversed() {
      // From y = norm₂(s), s = m + dropout(feedForward(m)): d, the gradient of y, becomes in dm that
      // of s, which is m's too, but for the branch's part.
      dm.fill(0)  // the norm's backward pass adds
      let (sum2, s2) = tape.feedForwardNorm
      layer.feedForwardNorm.backward(d, x: sum2, stats: s2, addingTo: dm, parameters)
      Dropout.apply(tape.keptFeedForward, to: dm, into: branch)
      layer.feedForward.backward(
        branch, tape.feedForward, into: dm, adding: true, parameters, arena)
      // From m = norm₁(s), s = x + dropout(attention(x)): that of m becomes in d that of x.
      d.fill(0)
      let (sum1, s1) = tape.attentionNorm
      layer.attentionNorm.backward(dm, x: sum1, stats: s1, addingTo: d, parameters)
      Dropout.apply(tape.keptAttention, to: d, into: branch)
      layer.attention.backward(
        branch, tape.attention, attention, into: d, adding: true, parameters, arena)
    }
    guard let (sum, stats) = tape.embeddings else { return }  // always there in training
    // x = keep(norm(sum)): first through dropout
    Dropout.apply(tape.keptEmbeddings, to: d, into: d)
    dm.fill(0)
    model.embeddingNorm.backward(d, x: sum, stats: stats, addingTo: dm, parameters)
    // Three tables were added up. The vector of the padding token is not learned.
    // `padding_idx`: gradient 0, even where [PAD] stands as a token (SPEC `BERT-14`).
    let padding = configuration.padToken.map { Int32($0) }
    for (table, ids, skipped) in [
      (model.wordEmbedding, batch.ids, padding), (model.typeEmbedding, batch.types, nil),
      (model.positionEmbedding, batch.positions, nil),
    ] {
      Embedding.backward(ids, dm, addingTo: parameters.gradient(of: table), skipping: skipped)
    }
  }
}
