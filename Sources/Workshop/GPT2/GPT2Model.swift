import FoxKernels
import FoxLayers

/// A GPT-2: token and position embeddings, blocks of causal attention and feed-forward layers, and
/// a head that scores the vocabulary.
///
/// A value without state: the weights and how they are wired. Computing with it needs a
/// ``GPT2Session``. Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0.
public struct GPT2Model: Sendable {
  /// One block: `x + attention(ln₁ x)`, then `x + mlp(ln₂ x)`.
  public struct Block: Sendable {
    /// The normalisation before attention.
    public let attentionNorm: LayerNorm
    /// `[C] → [3 C]`: queries, keys and values side by side.
    public let queryKeyValue: Linear
    /// `[C] → [C]`: what attention gathered, mixed over the heads.
    public let attentionOutput: Linear
    /// The normalisation before the feed-forward layer.
    public let innerNorm: LayerNorm
    /// `[C] → [inner]`, followed by GELU.
    public let inner: Linear
    /// `[inner] → [C]`.
    public let innerOutput: Linear
    /// Heads and scale of attention.
    public let attention: AttentionShape
  }

  /// The shape of the model.
  public let configuration: GPT2Configuration
  /// `[V, C]`.
  public let tokenEmbedding: Weight
  /// `[positions, C]`.
  public let positionEmbedding: Weight
  /// The blocks, first to last.
  public let blocks: [Block]
  /// The normalisation after the last block.
  public let finalNorm: LayerNorm
  /// `[C] → [V]`, without bias: the token embedding itself unless the configuration unties it.
  public let head: Linear
  /// Every parameter with its name, in the order of ``GPT2Configuration/parameters``.
  public let weights: [(name: String, weight: Weight)]

  /// A model of the given parameters.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - parameter: Gives the tensor of a name of ``GPT2Configuration/parameters``, in its shape.
  /// - Throws: What `parameter` throws, and ``Fault`` for a tensor of another shape.
  public init(
    _ configuration: GPT2Configuration, parameter: (_ name: String) throws -> Tensor
  ) throws {
    try self.init(configuration, weight: { Weight(try parameter($0)) })
  }

  /// A model of the given weights: matrices in any precision, vectors in float32 (what is not is
  /// widened).
  ///
  /// - Throws: What `weight` throws, ``GPT2Error`` for sizes no model can have, and ``Fault`` for
  ///   a weight of another shape.
  public init(
    _ configuration: GPT2Configuration, weight: (_ name: String) throws -> Weight
  ) throws {
    try configuration.check(path: "configuration")
    var byName: [String: Weight] = [:]
    var list: [(name: String, weight: Weight)] = []
    for (name, shape) in configuration.parameters {
      let weight = try weight(name)
      if weight.shape != shape { throw Fault.badShape(weight.shape) }
      byName[name] = weight
      list.append((name, weight))
    }
    let named = { (name: String) throws(Fault) -> Weight in
      guard let weight = byName[name] else { throw .badShape([]) }
      return weight
    }
    self.configuration = configuration
    weights = list
    tokenEmbedding = try named("wte.weight")
    positionEmbedding = try named("wpe.weight")
    blocks = try (0..<configuration.layers).map { layer in
      try Block(configuration, layer: layer) { name throws(Fault) in
        try named("h.\(layer).\(name)")
      }
    }
    finalNorm = try LayerNorm(
      weight: named("ln_f.weight").tensor, bias: named("ln_f.bias").tensor,
      epsilon: configuration.layerNormEpsilon)
    head = try Linear(
      weight: named(configuration.tiesEmbeddings ? "wte.weight" : "lm_head.weight"), bias: nil,
      layout: .outputMajor)
  }

  /// Every parameter with its name as float32: shared memory, but widened copies of what is held in
  /// BF16.
  public var parameters: [(name: String, tensor: Tensor)] {
    weights.map { ($0.name, $0.weight.tensor) }
  }

  /// How many bytes the parameters take.
  public var byteCount: Int { weights.reduce(0) { $0 + $1.weight.byteCount } }

  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters): it reads every weight. Ask only when logits are not finite.
  public func firstBadWeight() -> GPT2Error? {
    for (name, weight) in weights {
      if let bad = weight.tensor.firstNonFinite {
        return .badWeight(tensor: name, index: bad.index, value: bad.value)
      }
    }
    return nil
  }
}

extension GPT2Model.Block {
  /// The block of `layer`, whose parameters `named` gives by their names within the block.
  init(
    _ configuration: GPT2Configuration, layer: Int,
    named: (String) throws(Fault) -> Weight
  ) throws(Fault) {
    func linear(_ name: String) throws(Fault) -> Linear {
      try Linear(
        weight: named("\(name).weight"), bias: named("\(name).bias").tensor, layout: .inputMajor)
    }
    func norm(_ name: String) throws(Fault) -> LayerNorm {
      try LayerNorm(
        weight: named("\(name).weight").tensor, bias: named("\(name).bias").tensor,
        epsilon: configuration.layerNormEpsilon)
    }
    attentionNorm = try norm("ln_1")
    queryKeyValue = try linear("attn.c_attn")
    attentionOutput = try linear("attn.c_proj")
    innerNorm = try norm("ln_2")
    inner = try linear("mlp.c_fc")
    innerOutput = try linear("mlp.c_proj")
    attention = AttentionShape(
      channels: configuration.channels, heads: configuration.heads,
      scale: configuration.attentionScale(layer: layer))
  }
}

extension GPT2Configuration {
  /// What attention scores of a layer are multiplied by.
  func attentionScale(layer: Int) -> Float {
    let byWidth = scalesAttention ? 1 / Float(channels / heads).squareRoot() : 1
    return scalesAttentionByLayer ? byWidth / Float(layer + 1) : byWidth
  }
}
