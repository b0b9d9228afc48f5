import FoxDecoding
import FoxNumbers

/// # Models in training
///
/// A model in training has its parameters in one flat buffer, and their gradients in another. A
/// step is a forward pass with dropout, the loss, and the backward pass: what came last comes
/// first, the head, then the blocks, last to first.
///
///     GPT-2   loss = −mean log softmax((ln_f x) wordsᵀ)[next token]
///     BERT    loss = −mean log softmax(classifier(dropout(tanh(pooler(x of [CLS])))))[label]
///
/// Source: `GPT2LMHeadModel` and `BertForSequenceClassification` of transformers 4.17.0; gradients
/// are those of `loss.backward()`. SPEC `GPT2-14` to `GPT2-17`, `BERT-11` to `BERT-16`.
///
/// What it does not do: it changes no parameter. Clipping, the optimizer and the schedule are the
/// next chapter's, Training.

/// A GPT-2 in training.
public final class GPT2Trainable {
  /// Values and gradients, named as in the state dictionary of `GPT2LMHeadModel`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: GPT2Model
  /// The shape, and how much is dropped.
  public var configuration: GPT2Configuration { model.configuration }

  package let arena = Arena()  // the next step takes the same memory (SPEC LAYER-10)

  /// Copies the weights of a model; those in BF16 are widened.
  public init(_ model: GPT2Model) throws {
    let parameters = try Parameters(
      copying: model.weights.map { (GPT2Configuration.stateName($0.name), $0.weight) })
    self.parameters = parameters
    // Its weights are views of the buffer: when the optimizer changes it, the model has changed.
    self.model = try GPT2Model(model.configuration) {
      try parameters.weight(GPT2Configuration.stateName($0))
    }
  }

  /// Forward and backward pass of a micro-batch, with dropout. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - labels: `[B, T]`, −100 for none; those of first tokens are not used.
  ///   - scale: What the gradient is multiplied by: 1 over the micro-batches of a step.
  ///   - generator: Draws the flags of dropout in the reference's order: embeddings `[B, T, C]`, then
  ///     for each block attention `[B, H, T, T]` and the outputs of both branches, `[B, T, C]`.
  /// - Returns: The mean loss over all labels, not multiplied; NaN when there are none.
  /// - Throws: ``Fault`` for a batch that does not fit. Nothing is then drawn or added.
  public func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator
  ) throws(Fault) -> Float {
    try train(ids, labels: labels, generator: &generator) { x, labels, dx, _ in
      // Adds to the gradient of wte too, if the head is tied to it.
      CrossEntropy.loss(x, labels: labels, head: model.head, (scale, dx, parameters), arena)
    }
  }

  /// The same with any loss. It is given what the head reads, `[N, C]`, and the label of each row;
  /// it writes the gradient `dx` and returns the mean.
  package func train(
    _ ids: [[Int32]], labels: [[Int32]], generator: inout TorchGenerator,
    loss: (
      _ x: Matrix, _ labels: [Int32], _ dx: Matrix, _ generator: inout TorchGenerator
    ) -> Float
  ) throws(Fault) -> Float {
    let (rows, labels) = try rows(ids, labels)  // throws before anything is drawn or added
    arena.reset()  // everything of the last step is free again
    let pass = Pass(rows, through: model.body, arena, keeps: true, drawing: generator)
    let x = model.body.forward(pass)  // [N, C], N = B · T
    generator = pass.generator ?? generator
    // Not over x: ln_f's backward pass needs its input.
    let (normed, stats) = model.finalNorm.forward(x, arena)

    // Backwards from here. `d` is the gradient of the residual stream.
    let dnormed = arena.matrix(x.rows, x.columns)  // [N, C]: the gradient of what the head reads
    let mean = loss(normed, labels, dnormed, &generator)
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // an arena's memory holds anything, and ln_f adds
    model.finalNorm.backward(dnormed, x: x, stats: stats, addingTo: d, parameters)
    model.body.backward(d, dnormed, pass, parameters)  // dnormed is no longer needed
    return mean
  }

  /// The rows of a batch, and for each the label of the *next* token.
  package func rows(
    _ ids: [[Int32]], _ labels: [[Int32]]
  ) throws(Fault) -> (TokenRows, labels: [Int32]) {
    let rows = try TokenRows(ids, configuration)
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
    return (rows, labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] })
  }
}

/// A BERT with a classifier in training.
package final class BERTTrainable {
  package let parameters: Parameters  // named as in `BertForSequenceClassification`
  package let model: BERTModel  // over the values as they are at any time
  package var configuration: BERTConfiguration { model.configuration }

  private let head: ClassifierHead
  package let arena = Arena()

  /// Copies the weights of a model that has a pooler and a classifier.
  package init(_ model: BERTModel) throws {
    _ = try model.head()  // there is no loss without it
    let parameters = try Parameters(copying: model.parameters.map { ($0.name, Weight($0.tensor)) })
    self.parameters = parameters
    self.model = try BERTModel(model.configuration) { try parameters.weight($0)?.tensor }
    head = try self.model.head()
  }

  /// Forward and backward pass of a micro-batch, with dropout. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - generator: Draws flags for the padded batch as in GPT-2, then for the pooled `[B, C]`.
  ///   - loss: Makes the logits, `[B, labels]`, their gradient and returns the mean. For one label
  ///     of several it is ``CrossEntropy/backward(_:labels:scale:)``.
  package func train(
    _ rows: TokenRows, generator: inout TorchGenerator, loss: (_ logits: Matrix) -> Float
  ) -> Float {
    arena.reset()
    // Flags are those of the padded batch, though only N rows are computed (SPEC `BERT-12`).
    let pass = Pass(rows, through: model.body, arena, keeps: true, drawing: generator)
    let x = model.body.forward(pass)  // [N, C]
    let tape = head.forward(x, pass)
    generator = pass.generator ?? generator
    let mean = loss(tape.logits)  // [B, labels], now their gradient
    let d = arena.matrix(x.rows, x.columns)  // [N, C]
    d.fill(0)  // only first tokens get a gradient from the head
    head.backward(tape, addingTo: d, pass, parameters)  // classifier, tanh, pooler
    model.body.backward(d, arena.matrix(x.rows, x.columns), pass, parameters)
    return mean
  }
}

extension Parameters {
  /// Copies of some weights, one flat buffer of values and one of gradients, in the order given.
  /// BF16 is widened: small updates would round to nothing in it.
  convenience init(copying weights: [(name: String, weight: Weight)]) throws(Fault) {
    try self.init(weights.map { ($0.name, $0.weight.shape) })
    for (entry, (_, weight)) in zip(entries, weights) {
      weight.copy(from: 0, count: weight.count, to: values.pointer + entry.range.lowerBound)
    }
  }

  func weight(_ name: String) throws(Fault) -> Weight? {
    // A view, not a copy.
    guard let entry = self[name] else { return nil }
    return Weight(try tensor(entry))
  }
}
