import FoxKernels
import FoxLayers

/// A BERT: embeddings of tokens, positions and types, layers of attention in both directions and
/// feed-forward maps, a pooler over the first token, and a classifier.
///
/// A value without state: the weights and how they are wired. Source: Devlin et al. 2019;
/// `modeling_bert.py` of transformers 4.17.0.
public struct BERTModel: Sendable {
  /// One layer: `m = norm(x + attention(x))`, then `norm(m + down(activation(up(m))))`.
  public struct Layer: Sendable {
    /// `[C] → [C]`.
    public let query: Linear
    /// `[C] → [C]`.
    public let key: Linear
    /// `[C] → [C]`.
    public let value: Linear
    /// `[C] → [C]`: what attention gathered, mixed over the heads.
    public let attentionOutput: Linear
    /// The normalisation behind attention.
    public let attentionNorm: LayerNorm
    /// `[C] → [inner]`, followed by the activation.
    public let inner: Linear
    /// `[inner] → [C]`.
    public let innerOutput: Linear
    /// The normalisation behind the feed-forward layer.
    public let outputNorm: LayerNorm
  }

  /// The shape of the model. Its architecture is what the model has.
  public let configuration: BERTConfiguration
  /// `[V, C]`.
  public let wordEmbedding: Tensor
  /// `[positions, C]`.
  public let positionEmbedding: Tensor
  /// `[types, C]`.
  public let typeEmbedding: Tensor
  /// The normalisation of the sum of embeddings.
  public let embeddingNorm: LayerNorm
  /// The layers, first to last.
  public let layers: [Layer]
  /// `[C] → [C]`, followed by tanh: what the first token says about the whole.
  public let pooler: Linear?
  /// `[C] → [labels]`.
  public let classifier: Linear?
  /// Every parameter the model has with its name, in the order of ``BERTConfiguration/parameters``.
  public let parameters: [(name: String, tensor: Tensor)]

  /// A model of the given parameters.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - parameter: Gives the tensor of a name of ``BERTConfiguration/parameters``, in its shape; `nil`
  ///     for all of a pooler or classifier that the model is to do without.
  /// - Throws: What `parameter` throws, ``BERTError`` for sizes no model can have, and ``Fault``
  ///   for a tensor of another shape or none.
  public init(
    _ configuration: BERTConfiguration, parameter: (_ name: String) throws -> Tensor?
  ) throws {
    try configuration.check(path: "configuration")
    var byName: [String: Tensor] = [:]
    var list: [(name: String, tensor: Tensor)] = []
    for (name, shape) in configuration.parameters {
      guard let tensor = try parameter(name) else { continue }
      if tensor.shape != shape { throw Fault.badShape(tensor.shape) }
      byName[name] = tensor
      list.append((name, tensor))
    }
    let parts = Parts(tensors: byName, epsilon: configuration.layerNormEpsilon)
    parameters = list
    wordEmbedding = try parts.tensor("bert.embeddings.word_embeddings.weight")
    positionEmbedding = try parts.tensor("bert.embeddings.position_embeddings.weight")
    typeEmbedding = try parts.tensor("bert.embeddings.token_type_embeddings.weight")
    embeddingNorm = try parts.norm("bert.embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { layer in
      try Layer(parts, prefix: "bert.encoder.layer.\(layer)")
    }
    pooler = try parts.optionalLinear("bert.pooler.dense")
    classifier = try parts.optionalLinear("classifier")
    var configuration = configuration
    configuration.architecture = classifier == nil ? .encoder : .classifier
    self.configuration = configuration
  }

  /// How many bytes the parameters take.
  public var byteCount: Int { parameters.reduce(0) { $0 + 4 * $1.tensor.count } }

  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters): it reads every weight. Ask only when outputs are not finite.
  public func firstBadWeight() -> BERTError? {
    for (name, tensor) in parameters {
      if let bad = tensor.firstNonFinite {
        return .badWeight(tensor: name, index: bad.index, value: bad.value)
      }
    }
    return nil
  }

  /// Refuses a tokenizer that has ids the model has no words for.
  ///
  /// - Parameter tokens: One more than its greatest id.
  /// - Throws: ``BERTError/tokenizer(tokens:vocabulary:)``.
  public func checkTokenizer(tokens: Int) throws(BERTError) {
    if tokens > configuration.vocabularySize {
      throw .tokenizer(tokens: tokens, vocabulary: configuration.vocabularySize)
    }
  }
}

/// Layers made of parameters by name.
private struct Parts {
  let tensors: [String: Tensor]
  let epsilon: Float

  func tensor(_ name: String) throws(Fault) -> Tensor {
    guard let tensor = tensors[name] else { throw .badShape([]) }
    return tensor
  }

  func linear(_ name: String) throws(Fault) -> Linear {
    try Linear(
      weight: tensor("\(name).weight"), bias: tensor("\(name).bias"), layout: .outputMajor)
  }

  /// `nil` when neither the weight nor the bias is there.
  func optionalLinear(_ name: String) throws(Fault) -> Linear? {
    if tensors["\(name).weight"] == nil, tensors["\(name).bias"] == nil { return nil }
    return try linear(name)
  }

  func norm(_ name: String) throws(Fault) -> LayerNorm {
    try LayerNorm(
      weight: tensor("\(name).weight"), bias: tensor("\(name).bias"), epsilon: epsilon)
  }
}

extension BERTModel.Layer {
  fileprivate init(_ parts: Parts, prefix: String) throws(Fault) {
    query = try parts.linear("\(prefix).attention.self.query")
    key = try parts.linear("\(prefix).attention.self.key")
    value = try parts.linear("\(prefix).attention.self.value")
    attentionOutput = try parts.linear("\(prefix).attention.output.dense")
    attentionNorm = try parts.norm("\(prefix).attention.output.LayerNorm")
    inner = try parts.linear("\(prefix).intermediate.dense")
    innerOutput = try parts.linear("\(prefix).output.dense")
    outputNorm = try parts.norm("\(prefix).output.LayerNorm")
  }
}
