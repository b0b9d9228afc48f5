import FoxDecoding
import FoxNumbers

/// # GPT-2
///
/// A text is a list of tokens. Each becomes a vector, and every block adds to it what attention has
/// gathered from the tokens before, and what a small network makes of the result. At the end the vector
/// is compared with that of every token of the vocabulary: the scores of what may follow.
///
///     x = words[token] + positions[index]
///     for each block:  x = x + attention(ln₁ x)
///                      x = x + feedForward(ln₂ x)
///     logits = (ln_f x) wordsᵀ
///
/// This file says what the parts are called in a checkpoint; `Transformer.swift` runs them.
///
/// Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0. SPEC `GPT2-4`.
///
/// What it does not do: it reads no files (`GPT2Folder.swift` of the Workshop does) and keeps no texts
/// (``GPT2Session`` does).
public struct GPT2Model: Sendable {
  /// The shape of the model.
  public let configuration: GPT2Configuration
  /// wte, wpe and the blocks.
  package let body: Transformer
  /// ln_f
  let finalNorm: LayerNorm
  /// `[C] → [V]`, without bias: the token embedding itself unless the configuration unties it.
  package let head: Linear
  /// Every parameter with its name, in the order of ``GPT2Configuration/parameters``.
  public let weights: [(name: String, weight: Weight)]

  /// A model of the given weights: matrices in any precision, vectors in float32 (what is not is
  /// widened).
  ///
  /// - Parameter head: Makes the head's weights of the tied embedding; by default they are the same.
  /// - Throws: What `weight` throws, and ``Fault`` for sizes no model can have or a weight of another
  ///   shape.
  public init(
    _ configuration: GPT2Configuration, weight: (_ name: String) throws -> Weight,
    head scoring: (Weight) throws -> Weight = { $0 }
  ) throws {
    try configuration.check()  // before anything is divided by the number of heads
    let parts = try Parts(
      configuration.parameters, epsilon: configuration.layerNormEpsilon,
      isTransposed: false, weight: weight)  // Conv1D: [in, out]
    (self.configuration, weights) = (configuration, parts.list)
    body = try Transformer(
      words: parts.weight("wte.weight"), positions: parts.weight("wpe.weight"), types: nil,
      norm: nil,  // each block begins with one
      blocks: (0..<configuration.layers).map { try parts.gpt2($0, configuration) },
      heads: configuration.heads, isCausal: true, dropout: configuration.embeddingDropout,
      padding: nil)
    // The stream itself is never normalized, so its sum is at the end.
    finalNorm = try parts.norm("ln_f")
    // Tied: what stands for a token as input scores it as output. It saves V · C parameters: without
    // it GPT-2 small would have 163 million, not 124. `nn.Linear` stores [out, in], the shape of wte.
    let tied = configuration.tiesEmbeddings ? "wte.weight" : "lm_head.weight"
    head = try Linear(scoring(parts.weight(tied)), bias: nil, isTransposed: true)
  }
}

extension Parts {
  /// The block of an index. Names are those of the reference; here parts are named by what they do.
  fileprivate func gpt2(
    _ layer: Int, _ configuration: GPT2Configuration
  ) throws(Fault) -> TransformerBlock {
    let (h, residual) = ("h.\(layer)", configuration.residualDropout)
    return try TransformerBlock(
      attention: Residual(
        branch: AttentionBranch(
          inputs: [linear("\(h).attn.c_attn")], output: linear("\(h).attn.c_proj"),
          scale: configuration.attentionScale(layer: layer),  // 1/√(C/H), as a rule
          dropout: configuration.attentionDropout, layer: layer),
        norm: norm("\(h).ln_1"), normsFirst: true, dropout: residual),
      feedForward: Residual(
        branch: FeedForward(
          input: linear("\(h).mlp.c_fc"), output: linear("\(h).mlp.c_proj"),
          activation: configuration.activation),
        norm: norm("\(h).ln_2"), normsFirst: true, dropout: residual))
  }
}
