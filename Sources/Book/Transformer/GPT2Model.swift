import FoxDecoding
import FoxNumbers

/// # GPT-2
///
/// A text is a list of tokens. Each becomes a vector, and every block adds to it what attention has
/// gathered from the tokens before, and what a small network makes of the result. At the end the vector
/// is compared with that of every token of the vocabulary: the scores of what may follow.
///
///     x = wte[token] + wpe[position]
///     for each block:  x = x + attention(ln₁ x)
///                      x = x + mlp(ln₂ x)              mlp(h) = project(gelu(expand h))
///     logits = (ln_f x) wteᵀ
///
/// This file says what the parts are and how they are wired; `GPT2Forward.swift` runs them. A value
/// without state.
///
/// Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0. Norms come before the
/// branches, not after them as in Vaswani et al. 2017: the residual stream runs through untouched
/// (Xiong et al. 2020, arXiv 2002.04745). SPEC `GPT2-4`, `GPT2-10`.
///
/// What it does not do: it reads no files (`GPT2Folder.swift` of the Workshop does) and keeps no texts
/// (``GPT2Session`` does).
public struct GPT2Model: Sendable {
  /// One block.
  package struct Block: Sendable {
    /// ln₁
    package let attentionNorm: LayerNorm
    /// `[C] → [3 C]`: queries, keys and values side by side.
    package let queryKeyValue: Linear
    /// `[C] → [C]`: what attention gathered, mixed over the heads.
    package let attentionOutput: Linear
    /// ln₂
    package let innerNorm: LayerNorm
    /// `[C] → [inner]`, followed by GELU.
    package let inner: Linear
    /// `[inner] → [C]`
    package let innerOutput: Linear
    /// What the products of queries and keys are multiplied by.
    package let scale: Float
  }

  /// The shape of the model.
  public let configuration: GPT2Configuration
  /// wte, `[V, C]`.
  package let tokenEmbedding: Weight
  /// wpe, `[positions, C]`.
  package let positionEmbedding: Weight
  package let blocks: [Block]  // in the order in which x passes through them
  /// ln_f
  package let finalNorm: LayerNorm
  /// `[C] → [V]`, without bias: the token embedding itself unless the configuration unties it.
  package let head: Linear
  /// Every parameter with its name, in the order of ``GPT2Configuration/parameters``.
  public let weights: [(name: String, weight: Weight)]

  /// A model of the given parameters.
  ///
  /// - Parameter parameter: Gives the tensor of a name of ``GPT2Configuration/parameters``.
  /// - Throws: What `parameter` throws, and ``Fault`` for a tensor of another shape.
  public init(
    _ configuration: GPT2Configuration, parameter: (_ name: String) throws -> Tensor
  ) throws {
    // Float32 shares the tensor's memory: nothing is copied, however large the model is.
    try self.init(configuration, weight: { Weight(try parameter($0)) })
  }

  /// A model of the given weights: matrices in any precision, vectors in float32 (what is not is
  /// widened).
  ///
  /// - Throws: What `weight` throws, and ``Fault`` for sizes no model can have or a weight of another
  ///   shape.
  public init(
    _ configuration: GPT2Configuration, weight: (_ name: String) throws -> Weight
  ) throws {
    // All shapes are checked here, once: the passes below work with bare pointers.
    try configuration.check()
    // A list and not a dictionary, since files and flat buffers need the order.
    weights = try configuration.parameters.map { name, shape in
      let weight = try weight(name)
      // A Conv1D weight saved as `nn.Linear` saves it would have the two sizes exchanged.
      if weight.shape != shape {
        throw Fault.badShape(weight.shape, of: name, expected: "\(shape)")
      }
      return (name, weight)
    }
    let parts = Parts(  // weights by name
      weights: Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.weight) }),
      epsilon: configuration.layerNormEpsilon, isTransposed: false)  // Conv1D: [in, out]
    self.configuration = configuration
    tokenEmbedding = try parts.weight("wte.weight")  // [V, C]
    positionEmbedding = try parts.weight("wpe.weight")  // [positions, C]
    blocks = try (0..<configuration.layers).map { layer in
      // The names are those of the reference; here parts are named by what they do.
      let h = "h.\(layer)"
      return try Block(
        attentionNorm: parts.norm("\(h).ln_1"), queryKeyValue: parts.linear("\(h).attn.c_attn"),
        attentionOutput: parts.linear("\(h).attn.c_proj"), innerNorm: parts.norm("\(h).ln_2"),
        inner: parts.linear("\(h).mlp.c_fc"), innerOutput: parts.linear("\(h).mlp.c_proj"),
        scale: configuration.attentionScale(layer: layer))  // 1/√(C/H), as a rule
    }
    // The stream itself is never normalized, so its sum is at the end.
    finalNorm = try parts.norm("ln_f")
    // Tied: what stands for a token as input scores it as output.
    // It saves V · C parameters: without it GPT-2 small would have 163 million, not 124.
    let tied = configuration.tiesEmbeddings ? "wte.weight" : "lm_head.weight"
    // `nn.Linear` stores [out, in] = [V, C], which is just the shape of wte.
    head = try Linear(parts.weight(tied), bias: nil, isTransposed: true)
  }

  /// Every parameter with its name as float32: shared memory, but widened copies of what is held in
  /// BF16.
  public var parameters: [(name: String, tensor: Tensor)] {
    weights.map { ($0.name, $0.weight.tensor) }
  }

  /// How many bytes the parameters take.
  package var byteCount: Int { weights.reduce(0) { $0 + $1.weight.byteCount } }

  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters): it reads every weight. Ask only when logits are not finite.
  package func firstBadWeight() -> Fault? { Fault.firstBad(of: parameters) }
}

/// Layers made of weights by their names in the state dictionary.
struct Parts {
  let weights: [String: Weight]
  let epsilon: Float
  /// Whether linear maps are stored as `[out, in]`.
  let isTransposed: Bool

  func weight(_ name: String) throws(Fault) -> Weight {
    // A name that is not in `parameters` is a mistake of this chapter, not of the file.
    guard let weight = weights[name] else {
      throw Fault("the model", at: name, found: "nothing", expected: "a parameter of that name")
    }
    return weight
  }

  func linear(_ name: String) throws(Fault) -> Linear {
    try Linear(  // [N, in] → [N, out]
      // Biases are widened from BF16: they are few, and kernels add them in float32.
      weight("\(name).weight"), bias: weight("\(name).bias").tensor, isTransposed: isTransposed)
  }

  /// `nil` when neither the weight nor the bias is there.
  func optionalLinear(_ name: String) throws(Fault) -> Linear? {
    // One of the two without the other is a damaged file: `linear` names what is missing.
    if weights["\(name).weight"] == nil, weights["\(name).bias"] == nil { return nil }
    return try linear(name)
  }

  func norm(_ name: String) throws(Fault) -> LayerNorm {
    try LayerNorm(  // [N, C] → [N, C]
      // Norms are vectors of C numbers: float32 costs nothing and keeps their precision.
      weight: weight("\(name).weight").tensor, bias: weight("\(name).bias").tensor,
      epsilon: epsilon)
  }
}
