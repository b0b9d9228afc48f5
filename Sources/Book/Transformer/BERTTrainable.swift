import FoxDecoding
import FoxNumbers

/// # BERT in training
///
/// As `GPT2Trainable.swift`, with a classifier in place of the head: a step goes forward through the
/// layers to the first tokens, the pooler and the labels, and back the same way.
///
///     loss = −mean log softmax(classifier(dropout(tanh(pooler(x of the first token)))))[label]
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
    let rows = try TokenRows(batch, configuration)
    try rows.checkFirstTokens()
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
