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
///                      x = x + feedForward(ln₂ x)
///     logits = (ln_f x) wteᵀ
///
/// This file says what the parts are; `GPT2Forward.swift` runs them. A value without state.
///
/// Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0. Norms come before the
/// branches, not after them as in Vaswani et al. 2017: the residual stream runs through untouched
/// (Xiong et al. 2020, arXiv 2002.04745). SPEC `GPT2-4`, `GPT2-10`.
///
/// What it does not do: it reads no files (`GPT2Folder.swift` of the Workshop does) and keeps no texts
/// (``GPT2Session`` does).
public struct GPT2Model: Sendable {
  /// The shape of the model.
  public let configuration: GPT2Configuration
  /// wte, `[V, C]`, and wpe, `[positions, C]`.
  package let tokenEmbedding, positionEmbedding: Weight
  package let blocks: [TransformerBlock]  // in the order in which x passes through them
  /// ln_f
  let finalNorm: LayerNorm
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
    try configuration.check()
    let parts = try Parts(
      configuration.parameters, epsilon: configuration.layerNormEpsilon,
      isTransposed: false, weight: weight)  // Conv1D: [in, out]
    self.configuration = configuration
    weights = parts.list
    tokenEmbedding = try parts.weight("wte.weight")
    positionEmbedding = try parts.weight("wpe.weight")
    blocks = try (0..<configuration.layers).map { layer in
      // The names are those of the reference; here parts are named by what they do.
      let h = "h.\(layer)"
      return try TransformerBlock(
        attention: AttentionBranch(
          inputs: [parts.linear("\(h).attn.c_attn")], output: parts.linear("\(h).attn.c_proj"),
          scale: configuration.attentionScale(layer: layer)),  // 1/√(C/H), as a rule
        attentionNorm: parts.norm("\(h).ln_1"),
        feedForward: FeedForward(
          input: parts.linear("\(h).mlp.c_fc"), output: parts.linear("\(h).mlp.c_proj"),
          activation: .geluTanh),
        feedForwardNorm: parts.norm("\(h).ln_2"))
    }
    // The stream itself is never normalized, so its sum is at the end.
    finalNorm = try parts.norm("ln_f")
    // Tied: what stands for a token as input scores it as output. It saves V · C parameters: without
    // it GPT-2 small would have 163 million, not 124. `nn.Linear` stores [out, in], the shape of wte.
    let tied = configuration.tiesEmbeddings ? "wte.weight" : "lm_head.weight"
    head = try Linear(parts.weight(tied), bias: nil, isTransposed: true)
  }
}

/// Layers made of weights by their names in the state dictionary.
struct Parts {
  /// A list, since files and flat buffers need the order.
  let list: [(name: String, weight: Weight)]
  private let byName: [String: Weight]
  private let epsilon: Float
  private let isTransposed: Bool

  /// Checks all shapes, once: the passes work with bare pointers.
  ///
  /// - Parameters:
  ///   - isTransposed: Whether linear maps are stored as `[out, in]`.
  ///   - weight: Gives the weight of a name; `nil` for one that the model may do without.
  init(
    _ parameters: [(name: String, shape: [Int])], epsilon: Float, isTransposed: Bool,
    weight: (_ name: String) throws -> Weight?
  ) throws {
    list = try parameters.compactMap { name, shape in
      guard let weight = try weight(name) else { return nil }
      // A Conv1D weight saved as `nn.Linear` saves it would have the two sizes exchanged.
      if weight.shape != shape {
        throw Fault.badShape(weight.shape, of: name, expected: "\(shape)")
      }
      return (name, weight)
    }
    byName = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.weight) })
    (self.epsilon, self.isTransposed) = (epsilon, isTransposed)
  }

  func weight(_ name: String) throws(Fault) -> Weight {
    guard let weight = byName[name] else {
      throw Fault("the model", at: name, found: "nothing", expected: "a parameter of that name")
    }
    return weight
  }

  /// `[N, in] → [N, out]`. Biases are few: what is BF16 of them is widened, as in norms.
  func linear(_ name: String) throws(Fault) -> Linear {
    try Linear(
      weight("\(name).weight"), bias: weight("\(name).bias").tensor, isTransposed: isTransposed)
  }

  /// `nil` when neither the weight nor the bias is there.
  func optionalLinear(_ name: String) throws(Fault) -> Linear? {
    // One of the two without the other is a damaged file: `linear` names what is missing.
    if byName["\(name).weight"] == nil, byName["\(name).bias"] == nil { return nil }
    return try linear(name)
  }

  func norm(_ name: String) throws(Fault) -> LayerNorm {
    try LayerNorm(
      weight: weight("\(name).weight").tensor, bias: weight("\(name).bias").tensor,
      epsilon: epsilon)
  }
}
