import FoxDecoding
import FoxNumbers

/// # GPT-2
///
/// Each token of a text becomes a vector, and every block adds to it what attention has gathered
/// from the tokens before, and what a small network makes of the result. At the end the vector is
/// compared with that of every token of the vocabulary: the scores of what may follow.
///
///     x = words[token] + positions[index]
///     for each block:  x = x + attention(ln₁ x)
///                      x = x + feedForward(ln₂ x)
///     logits = (ln_f x) wordsᵀ
///
/// Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0. SPEC `GPT2-4`.
///
/// What it does not do: it keeps no texts. ``GPT2Session`` does.
public struct GPT2Model: Sendable {
  /// The shape of the model.
  public let configuration: GPT2Configuration
  package let body: Transformer  // wte, wpe and the blocks
  package let finalNorm: LayerNorm  // ln_f
  package let head: Linear  // [C] → [V], without bias
  package let weights: [(name: String, weight: Weight)]  // in the order of the state dictionary

  /// A model of the given weights: matrices in any precision, vectors widened to float32; `head` may
  /// give the head another form of its weights. Throws ``Fault`` for a weight of another shape or none.
  package init(
    _ configuration: GPT2Configuration, weight: @escaping (_ name: String) throws -> Weight?,
    head form: (Weight) throws -> Weight = { $0 }
  ) throws {
    let (v, c) = (configuration.vocabularySize, configuration.channels)
    var parts = Parts(
      epsilon: configuration.layerNormEpsilon, isTransposed: false, weight)  // Conv1D: [in, out]
    let words = try parts.weight("wte.weight", [v, c])
    body = try Transformer(
      words: words, positions: parts.weight("wpe.weight", [configuration.positions, c]),
      types: nil, norm: nil,  // each block begins with one
      blocks: (0..<configuration.layers).map { try parts.gpt2($0, configuration) },
      heads: configuration.heads, isCausal: true, dropout: configuration.embeddingDropout,
      padding: nil)
    // The stream itself is never normalized, so its sum is at the end.
    finalNorm = try parts.norm("ln_f", c)
    // Tied: what stands for a token as input scores it as output. Without it GPT-2 small would have
    // 163 million parameters, not 124. `nn.Linear` stores [out, in], the shape of wte.
    let own = try configuration.tiesEmbeddings ? nil : parts.weight("lm_head.weight", [v, c])
    head = try Linear(form(own ?? words), bias: nil, isTransposed: true)
    (self.configuration, weights) = (configuration, parts.list)
  }
}

extension Parts {
  fileprivate mutating func gpt2(
    _ layer: Int, _ configuration: GPT2Configuration
  ) throws -> TransformerBlock {
    // In the reference's order and by its names; variables are named by what parts do.
    let (h, c, inner) = ("h.\(layer)", configuration.channels, configuration.innerChannels)
    let first = try norm("\(h).ln_1", c)
    let qkv = try linear("\(h).attn.c_attn", c, 3 * c)  // one product of three times the width
    let mix = try linear("\(h).attn.c_proj", c, c)
    let second = try norm("\(h).ln_2", c)
    let wide = try linear("\(h).mlp.c_fc", c, inner)
    let narrow = try linear("\(h).mlp.c_proj", inner, c)
    return TransformerBlock(
      attention: Residual(
        branch: AttentionBranch(
          inputs: [qkv], output: mix,
          scale: configuration.attentionScale(layer: layer),  // 1/√(C/H), as a rule
          dropout: configuration.attentionDropout, layer: layer),
        norm: first, normsFirst: true, dropout: configuration.residualDropout),
      feedForward: Residual(
        branch: FeedForward(input: wide, output: narrow, activation: configuration.activation),
        norm: second, normsFirst: true, dropout: configuration.residualDropout))
  }
}
