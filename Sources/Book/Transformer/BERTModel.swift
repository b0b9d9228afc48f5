import FoxDecoding
import FoxNumbers

/// # BERT
///
/// The same parts as GPT-2, put together for reading instead of writing. Every token sees the whole
/// text, the norm comes after each branch instead of before it, and what the model says about a text is
/// read off its first token, `[CLS]`:
///
///     x = norm(word[token] + type[which text] + position[column])
///     for each layer:  m = norm₁(x + dense(attention(x)))
///                      x = norm₂(m + down(gelu(up(m))))
///     logits = classifier(tanh(pooler(x of the first token)))
///
/// This file says what the parts are; `BERTForward.swift` runs them. A value without state.
///
/// Source: Devlin et al. 2019, arXiv 1810.04805; `modeling_bert.py` of transformers 4.17.0. SPEC
/// `BERT-4`, `BERT-7`, `BERT-8`.
///
/// What it does not do: it has no head that guesses masked words, with which BERT was pretrained, and
/// reads no files (`BERTFolder.swift` of the Workshop does).
public struct BERTModel: Sendable {
  /// One layer.
  package struct Layer: Sendable {
    /// `[C] → [C]` each.
    package let query, key, value: Linear
    /// `[C] → [C]`: what attention gathered, mixed over the heads.
    package let attentionOutput: Linear
    /// norm₁
    package let attentionNorm: LayerNorm
    /// `[C] → [inner]`, followed by the activation.
    package let inner: Linear
    /// `[inner] → [C]`
    package let innerOutput: Linear
    /// norm₂
    package let outputNorm: LayerNorm
  }

  /// The shape of the model. Its architecture is what the model has.
  public let configuration: BERTConfiguration
  /// `[V, C]`, `[positions, C]` and `[types, C]`.
  package let wordEmbedding, positionEmbedding, typeEmbedding: Weight
  /// The normalization of the sum of embeddings.
  package let embeddingNorm: LayerNorm
  package let layers: [Layer]  // in the order in which x passes through them
  /// `[C] → [C]`, followed by tanh: what the first token says about the whole.
  package let pooler: Linear?  // bert.pooler
  /// `[C] → [labels]`
  package let classifier: Linear?  // on top of the pooler
  /// Every parameter the model has with its name, in the order of ``BERTConfiguration/parameters``.
  public let parameters: [(name: String, tensor: Tensor)]

  /// A model of the given parameters.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - parameter: Gives the tensor of a name of ``BERTConfiguration/parameters``, in its shape; `nil`
  ///     for all of a pooler or classifier that the model is to do without.
  /// - Throws: What `parameter` throws, and ``Fault`` for sizes no model can have or for a tensor of
  ///   another shape or none.
  public init(
    _ configuration: BERTConfiguration, parameter: (_ name: String) throws -> Tensor?
  ) throws {
    // All shapes are checked here, once: the passes work with bare pointers.
    try configuration.check()
    // A list and not a dictionary: files and flat buffers need the order.
    var list: [(name: String, tensor: Tensor)] = []
    for (name, shape) in configuration.parameters {
      // A head's; what the body lacks is found below.
      guard let tensor = try parameter(name) else { continue }
      // A classifier of another number of labels ends here, too.
      if tensor.shape != shape {
        throw Fault.badShape(tensor.shape, of: name, expected: "\(shape)")
      }
      list.append((name, tensor))  // shared memory, no copy
    }
    parameters = list
    let parts = Parts(  // throws by name for what is not there
      weights: Dictionary(uniqueKeysWithValues: list.map { ($0.name, Weight($0.tensor)) }),
      epsilon: configuration.layerNormEpsilon, isTransposed: true)  // nn.Linear: [out, in]
    wordEmbedding = try parts.weight("bert.embeddings.word_embeddings.weight")
    positionEmbedding = try parts.weight("bert.embeddings.position_embeddings.weight")
    typeEmbedding = try parts.weight("bert.embeddings.token_type_embeddings.weight")
    // GPT-2 has no norm here: its blocks begin with one, these layers end with one.
    embeddingNorm = try parts.norm("bert.embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { layer in
      // The names are those of the reference; here parts are named by what they do.
      let l = "bert.encoder.layer.\(layer)"
      return try Layer(
        query: parts.linear("\(l).attention.self.query"),  // [C] → [C], as the next two
        key: parts.linear("\(l).attention.self.key"),
        value: parts.linear("\(l).attention.self.value"),
        attentionOutput: parts.linear("\(l).attention.output.dense"),  // `BertSelfOutput`
        attentionNorm: parts.norm("\(l).attention.output.LayerNorm"),
        inner: parts.linear("\(l).intermediate.dense"),  // `BertIntermediate`: [C] → [inner]
        innerOutput: parts.linear("\(l).output.dense"),  // `BertOutput`: [inner] → [C]
        outputNorm: parts.norm("\(l).output.LayerNorm"))
    }
    // An encoder may have been saved without (`add_pooling_layer=False`): means need none.
    pooler = try parts.optionalLinear("bert.pooler.dense")
    classifier = try parts.optionalLinear("classifier")  // not a part of `bert.`
    var configuration = configuration
    // What is there counts, not what the file says: without its head a classifier is an encoder.
    configuration.architecture = classifier == nil ? .encoder : .classifier
    self.configuration = configuration
  }

  /// How many bytes the parameters take.
  package var byteCount: Int { parameters.reduce(0) { $0 + 4 * $1.tensor.count } }

  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters): it reads every weight. Ask only when outputs are not finite.
  package func firstBadWeight() -> Fault? { Fault.firstBad(of: parameters) }

  /// Refuses a tokenizer that has ids the model has no words for.
  ///
  /// - Parameter tokens: One more than its greatest id.
  package func checkTokenizer(tokens: Int) throws(Fault) {
    // Fewer ids than words do no harm; some checkpoints pad the table to a round size.
    if tokens > configuration.vocabularySize {
      throw Fault(
        "the tokenizer", found: "ids up to \(tokens - 1)",
        expected: "at most the model's \(configuration.vocabularySize) words",
        hint: "the two do not belong together")
    }
  }

  /// Both heads.
  ///
  /// - Throws: ``Fault`` when one is missing.
  func heads() throws(Fault) -> (pooler: Linear, classifier: Linear) {
    // The classifier first: that it is missing is the likelier mistake, and its hint helps.
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return (pooler, classifier)
  }
}

extension Fault {
  /// The model does not have a part that is asked for.
  package static func missingPart(_ part: BERTPart) -> Fault {
    switch part {
    // Raised where the pooled vector is needed; the hint names vectors that do without it.
    case .pooler:
      Fault("the model", found: "no pooler", expected: "one", hint: "mean and cls need none")
    // Raised for an encoder that was never fine-tuned, such as `bert-base-uncased`.
    case .classifier:
      Fault(
        "the model", found: "no classification head", expected: "classifier.weight",
        hint: "train one: fox train classifier")
    }
  }

  /// All weights are finite, and the outputs are not.
  package static func badOutput(row: Int) -> Fault {
    Fault(
      // Thrown only after every weight was found finite: so sums overflowed, beyond 3.4e38.
      "the outputs", at: "row \(row)", found: "numbers that are not finite",
      expected: "finite ones, as every weight is",
      hint: "the model's numbers grow beyond float32")
  }
}
