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
/// There is one forward pass. Inference gives it a cache, training a ``Tape``: a list of what every
/// block computed, which the backward pass needs. Texts may differ in length; nothing is padded, so
/// `N` is the number of real tokens. Only attention has to know where a text ends.
///
/// Source: Radford et al. 2019; `modeling_gpt2.py` of transformers 4.17.0. Norms come before the
/// branches, not after them as in Vaswani et al. 2017: the residual stream runs through untouched
/// (Xiong et al. 2020, arXiv 2002.04745). SPEC `GPT2-4`, `GPT2-14`, `GPT2-15`.
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

/// The tokens of a pass, row after row.
package struct TokenRows {
  /// `[N]`, sequence after sequence.
  var ids: [Int32] = []
  /// `[N]`: which row of wpe each token gets.
  var positions: [Int32] = []
  /// The rows that attend to each other, by products.
  var sequences: [Range<Int>] = []

  init() {}

  /// Texts of one length, as training data is cut into blocks; dropout draws for `[B, H, T, T]`.
  ///
  /// - Throws: ``Fault`` for ids and lengths that the model does not have.
  package init(_ ids: [[Int32]], _ configuration: GPT2Configuration) throws(Fault) {
    let tokens = ids.first?.count ?? 0
    guard tokens > 0, ids.allSatisfy({ $0.count == tokens }) else {
      throw .batch(
        found: "rows of \(ids.map(\.count))", expected: "rows of one length, at least 1")
    }
    if tokens > configuration.positions {
      throw .tooLong(tokens: tokens, positions: configuration.positions)
    }
    let vocabulary = configuration.vocabularySize
    for id in ids.joined() where id < 0 || id >= vocabulary {  // the lookup in wte does not check
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
    self.ids = ids.flatMap { $0 }
    positions = ids.flatMap { row in row.indices.map { Int32($0) } }
    sequences = ids.indices.map { $0 * tokens..<($0 + 1) * tokens }
  }
}

extension GPT2Model {
  /// Embeddings and blocks.
  ///
  /// - Returns: `[N, C]`: what comes out of the last block, before ln_f.
  package func forward(
    _ batch: TokenRows, through cache: CachedRows? = nil, _ arena: Arena, tape: Tape? = nil
  ) -> Matrix {
    let (n, c) = (batch.ids.count, configuration.channels)
    var cache = cache
    // Rows that attend through the cache are in none of the sequences.
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: true)
    let keeps = tape != nil  // training: nothing that the backward pass reads may be overwritten
    // Flags are drawn before the numbers they fall on are there: only the order of draws counts.
    func kept(_ rows: Int, _ columns: Int, _ probability: Double) -> Kept? {
      tape.flatMap { Dropout(probability).draw(rows, columns, from: &$0.generator, arena) }
    }
    // What a branch adds is added at once, so one matrix serves both branches of all blocks.
    let branch = arena.matrix(n, c)

    // x = dropout(wte[token] + wpe[position])
    var x = arena.matrix(n, c)  // [N, C]: the residual stream
    tape?.keptEmbeddings = kept(n, c, configuration.embeddingDropout)
    // [N] rows of [V, C] and of [positions, C] → [N, C]
    Embedding.forward(
      [(tokenEmbedding, batch.ids), (positionEmbedding, batch.positions)], into: x)
    Dropout.apply(tape?.keptEmbeddings, to: x, into: x)

    for (layer, block) in blocks.enumerated() {
      let mark = arena.mark  // all that this block takes lies after it; x and branch lie before
      cache?.layer = layer
      // m = x + dropout(attention(ln₁ x))
      let (n1, s1) = block.attentionNorm.forward(x, arena)  // [N, C] and [N, 2]
      // [B, H, T, T] as one row, [1, Σ H T²]
      let keptP = kept(1, attention.probabilityCount, configuration.attentionDropout)
      let attended = block.attention.forward(
        n1, attention, kept: keptP, keeps: keeps, through: cache, into: branch, arena)
      let kept1 = kept(n, c, configuration.residualDropout)
      // Without a tape nobody asks for x again: m takes its place, and then y.
      let m = keeps ? arena.matrix(n, c) : x
      Operations.current.addKept(x, branch, kept1, m)

      // y = m + dropout(feedForward(ln₂ m))
      let (n2, s2) = block.feedForwardNorm.forward(m, arena)  // [N, C] and [N, 2]
      let fed = block.feedForward.forward(n2, keeps: keeps, into: branch, arena)
      let kept2 = kept(n, c, configuration.residualDropout)
      let y = keeps ? arena.matrix(n, c) : m
      Operations.current.addKept(m, branch, kept2, y)

      if let attended {
        tape?.blocks.append(
          Tape.Block(
            attention: attended, feedForward: fed, attentionNorm: (x, s1),
            feedForwardNorm: (m, s2), keptAttention: kept1, keptFeedForward: kept2))
      } else {
        arena.release(to: mark)  // any number of blocks needs the memory of one
      }
      x = y
    }
    return x
  }
}
