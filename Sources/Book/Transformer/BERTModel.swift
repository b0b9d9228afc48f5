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
/// Source: Devlin et al. 2019, arXiv 1810.04805; `modeling_bert.py` of transformers 4.17.0.
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
  package let layers: [Layer]
  /// `[C] → [C]`, followed by tanh: what the first token says about the whole.
  package let pooler: Linear?
  /// `[C] → [labels]`
  package let classifier: Linear?
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
    try configuration.check()
    var list: [(name: String, tensor: Tensor)] = []
    for (name, shape) in configuration.parameters {
      guard let tensor = try parameter(name) else { continue }
      if tensor.shape != shape {
        throw Fault.badShape(tensor.shape, of: name, expected: "\(shape)")
      }
      list.append((name, tensor))
    }
    parameters = list
    let parts = Parts(
      weights: Dictionary(uniqueKeysWithValues: list.map { ($0.name, Weight($0.tensor)) }),
      epsilon: configuration.layerNormEpsilon, isTransposed: true)
    wordEmbedding = try parts.weight("bert.embeddings.word_embeddings.weight")
    positionEmbedding = try parts.weight("bert.embeddings.position_embeddings.weight")
    typeEmbedding = try parts.weight("bert.embeddings.token_type_embeddings.weight")
    embeddingNorm = try parts.norm("bert.embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { layer in
      let l = "bert.encoder.layer.\(layer)"
      return try Layer(
        query: parts.linear("\(l).attention.self.query"),
        key: parts.linear("\(l).attention.self.key"),
        value: parts.linear("\(l).attention.self.value"),
        attentionOutput: parts.linear("\(l).attention.output.dense"),
        attentionNorm: parts.norm("\(l).attention.output.LayerNorm"),
        inner: parts.linear("\(l).intermediate.dense"),
        innerOutput: parts.linear("\(l).output.dense"),
        outputNorm: parts.norm("\(l).output.LayerNorm"))
    }
    pooler = try parts.optionalLinear("bert.pooler.dense")
    classifier = try parts.optionalLinear("classifier")
    var configuration = configuration
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
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return (pooler, classifier)
  }
}

extension Fault {
  /// The model does not have a part that is asked for.
  package static func missingPart(_ part: BERTPart) -> Fault {
    switch part {
    case .pooler:
      Fault("the model", found: "no pooler", expected: "one", hint: "mean and cls need none")
    case .classifier:
      Fault(
        "the model", found: "no classification head", expected: "classifier.weight",
        hint: "train one: fox train classifier")
    }
  }

  /// All weights are finite, and the outputs are not.
  package static func badOutput(row: Int) -> Fault {
    Fault(
      "the outputs", at: "row \(row)", found: "numbers that are not finite",
      expected: "finite ones, as every weight is",
      hint: "the model's numbers grow beyond float32")
  }
}
