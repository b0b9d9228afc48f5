import FoxKernels
import FoxLayers

/// A GPT-2 in training: parameters and gradients in flat buffers, a forward pass with dropout and the
/// backward pass.
///
/// Everything is written out: no graph records what the forward pass did. What a block keeps for its
/// backward pass is in ``GPT2BlockRecord``. One owner, one thread. SPEC `GPT2-14` to `GPT2-18`.
public final class GPT2Trainable {
  /// The shape, and how much is dropped.
  public let configuration: GPT2Configuration
  /// Values and gradients, named as in the state dictionary of `GPT2LMHeadModel`.
  public let parameters: Parameters
  /// The model over the values as they are at any time.
  public let model: GPT2Model

  let arena = Arena()

  /// Copies the weights of a model.
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
        throw Fault.badShape([])
      }
      return try parameters.tensor(entry)
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
  ///     for each block attention `[B, H, T, T]`, its output and the feed-forward output `[B, T, C]`;
  ///     then the sample of the vocabulary.
  ///   - vocabulary: The words that the loss looks at; all when there is none.
  /// - Returns: The mean loss over all labels, not multiplied; NaN when there are none.
  /// - Throws: ``GPT2Error`` for ids outside the vocabulary, too many tokens, rows of different lengths.
  ///   Nothing is then drawn or added.
  public func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator,
    over vocabulary: SampledVocabulary? = nil
  ) throws(GPT2Error) -> Float {
    let batch = try GPT2TrainingBatch(ids, labels: labels, configuration)
    arena.reset()
    let pass = GPT2TrainingPass(self, batch)
    var dropping: TorchGenerator? = generator
    let record = pass.forward(dropping: &dropping)
    generator = dropping ?? generator
    return pass.backward(record, scale: scale, over: vocabulary, generator: &generator)
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
  ) throws(GPT2Error) -> GPT2Evaluation {
    let batch = try GPT2TrainingBatch(ids, labels: labels, configuration)
    arena.reset()
    return GPT2TrainingPass(self, batch).evaluate(predictions: predictions)
  }

  /// How much each token attends to each of those before it and to itself: the reference's
  /// `output_attentions`. SPEC `GPT2-18`.
  ///
  /// - Parameter ids: `[T]`, at least one.
  /// - Returns: `[layers, H, T, T]`: layer, head, the token that looks, the token looked at. Rows add up
  ///   to 1; what comes later has 0.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  /// - Complexity: A forward pass without the head.
  public func attention(of ids: [Int32]) throws(GPT2Error) -> Tensor {
    let batch = try GPT2TrainingBatch([ids], labels: [ids], configuration)
    arena.reset()
    var nothing: TorchGenerator?
    let record = GPT2TrainingPass(self, batch).forward(dropping: &nothing)
    let (heads, count) = (configuration.heads, ids.count)
    return Tensor(shape: [configuration.layers, heads, count, count]) { out in
      for (layer, block) in record.blocks.enumerated() {
        for row in 0..<heads * count {
          // What lies behind a row's own token is no result and may hold anything.
          let (start, seen) = ((layer * heads * count + row) * count, row % count + 1)
          (out + start).update(from: block.probabilities + row * count, count: seen)
          (out + start + seen).update(repeating: 0, count: count - seen)
        }
      }
    }
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

extension GPT2Configuration {
  /// The name in the state dictionary of `GPT2LMHeadModel` of a parameter of ``parameters``.
  public static func stateName(_ name: String) -> String {
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }
}

/// Rows of one length, checked, one after the other.
struct GPT2TrainingBatch {
  let rows: Int
  let tokens: Int
  /// `[B · T]`.
  let ids: [Int32]
  /// `[B · T]`: the label of the *next* token; none behind the last.
  let nextLabels: [Int32]
  let positions: [Int32]

  init(
    _ ids: [[Int32]], labels: [[Int32]], _ configuration: GPT2Configuration
  ) throws(GPT2Error) {
    rows = ids.count
    let tokens = ids.first?.count ?? 0
    self.tokens = tokens
    guard tokens > 0, (ids + labels).allSatisfy({ $0.count == tokens }), labels.count == rows else {
      throw .batch(
        "a batch to train on needs rows of one length, at least 1, and labels for each; found "
          + "\(ids.map(\.count)) and \(labels.map(\.count))")
    }
    guard tokens <= configuration.positions else {
      throw .tooLong(tokens: tokens, positions: configuration.positions)
    }
    let vocabulary = configuration.vocabularySize
    func check(_ id: Int32) throws(GPT2Error) {
      if id < 0 || id >= vocabulary { throw .token(id: Int(id), vocabulary: vocabulary) }
    }
    for row in ids { for id in row { try check(id) } }
    for row in labels { for id in row where id != CrossEntropy.ignored { try check(id) } }
    self.ids = ids.flatMap { $0 }
    nextLabels = labels.flatMap { $0.dropFirst() + [CrossEntropy.ignored] }
    positions = ids.flatMap { row in row.indices.map { Int32($0) } }
  }
}
