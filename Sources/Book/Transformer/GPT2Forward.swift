import FoxNumbers

/// # GPT-2, forwards
///
/// There is one forward pass. Inference gives it a cache, training a tape: a list of what every block
/// computed, which the backward pass needs. Without a tape a block's intermediate results are given
/// back as soon as the next block begins, and the residual stream `x` is changed in place.
///
/// Sequences may differ in length; nothing is padded, so `N` is the number of real tokens. Only
/// attention has to know where a text ends: all other layers work row by row.
///
///     m = x + dropout(project(attention(ln₁ x)))
///     y = m + dropout(project(gelu(expand(ln₂ m))))
///
/// Source: `GPT2Model.forward`, `GPT2Block.forward` of transformers 4.17.0. SPEC `GPT2-4`,
/// `GPT2-14`, `GPT2-15`.
///
/// What it does not do: ln_f and the head are the caller's, who may want them for a few rows only.

/// The tokens of a pass, row after row.
package struct TokenRows {
  /// `[N]`, sequence after sequence.
  package var ids: [Int32] = []
  /// `[N]`: which row of wpe each token gets.
  package var positions: [Int32] = []
  /// The rows that attend to each other, by products.
  package var sequences: [Attention.Sequence] = []
  /// `N`
  package var count: Int { ids.count }

  package init() {}
}

/// How the rows of a pass use the cache.
struct CachedRows {
  let cache: KeyValueCache
  /// The slot of each row.
  var slots: [Int32] = []
  /// The rows that attend token by token.
  var queries: [SlotQuery] = []
}

/// What a forward pass keeps for the backward pass.
struct GPT2Tape {
  /// What one block keeps. Rows are tokens, `N` of them.
  struct Block {
    /// `[N, C]`: what came in, ln₁ of it, what attention gathered, and the stream between the branches.
    let x, n1, heads, m: Matrix
    /// `[N, 2]`: mean and 1/σ of ln₁ and ln₂.
    let s1, s2: Matrix
    /// `[N, 3 C]`
    let qkv: Matrix
    /// Before dropout, for each sequence `[H, T, T]`.
    let probabilities: Matrix
    /// `[N, C]`: ln₂. `[N, inner]`: before and after GELU.
    let n2, wide, active: Matrix
    /// What dropout kept: of the probabilities, and of what each branch adds.
    let keptP, kept1, kept2: Kept?
  }

  /// What dropout kept of the sum of embeddings, `[N, C]`.
  var keptEmbeddings: Kept?
  var blocks: [Block] = []
}

extension GPT2Model {
  /// Embeddings and blocks.
  ///
  /// - Parameters:
  ///   - generator: Draws what is dropped; `nil` outside training.
  ///   - tape: Filled when there is one.
  /// - Returns: `[N, C]`: what comes out of the last block, before ln_f.
  func forward(
    _ batch: TokenRows, through cached: CachedRows? = nil,
    dropping generator: inout TorchGenerator?, _ arena: Arena, tape: inout GPT2Tape?
  ) -> Matrix {
    let (n, c) = (batch.count, configuration.channels)
    // Rows that attend through the cache are in none of the sequences.
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: true)
    let residual = Dropout(configuration.residualDropout)
    let keeps = tape != nil  // training: nothing that the backward pass reads may be overwritten
    // What a branch adds is added at once, so one matrix serves both branches of all blocks.
    let branch = arena.matrix(n, c)

    // x = dropout(wte[token] + wpe[position])
    var x = arena.matrix(n, c)  // [N, C]: the residual stream
    // Flags come before the numbers they fall on: only the order of draws counts.
    let kept = Dropout(configuration.embeddingDropout).draw(n, c, from: &generator, arena)
    // [N] rows of [V, C] and of [positions, C] → [N, C]
    Embedding.forward(
      [(tokenEmbedding, batch.ids), (positionEmbedding, batch.positions)], into: x)
    Dropout.apply(kept, to: x, into: x)
    tape?.keptEmbeddings = kept

    for (layer, block) in blocks.enumerated() {
      let mark = arena.mark  // all that this block takes lies after it; x and branch lie before
      // m = x + dropout(project(attention(ln₁ x)))
      let (n1, s1) = block.attentionNorm.forward(x, arena)  // [N, C] and [N, 2]
      let qkv = block.queryKeyValue.forward(n1, arena)  // [N, C] [C, 3C] → [N, 3C]
      // [B, H, T, T] as one row, [1, Σ H T²]
      let keptP = Dropout(configuration.attentionDropout).draw(
        1, attention.probabilityCount, from: &generator, arena)
      // Σ H T² numbers: at T = 1,024 and H = 12 these are 50 MB for each text and block.
      let probabilities = keeps ? arena.matrix(1, attention.probabilityCount) : nil
      let heads = arena.matrix(n, c)  // each head writes its own C/H columns
      attention.forward(
        .init(qkv), scale: block.scale, kept: keptP, keeping: probabilities, into: heads, arena)
      // The same for rows that attend through the cache. Each row of heads is written once.
      cached?.attend(.init(qkv), block, layer: layer, heads: configuration.heads, into: heads)
      block.attentionOutput.forward(heads, into: branch)  // [N, C] [C, C] → [N, C]
      // Drawn after those of attention, as `resid_dropout` is.
      let kept1 = residual.draw(n, c, from: &generator, arena)
      // Without a tape nobody asks for x again: m takes its place.
      let m = keeps ? arena.matrix(n, c) : x
      Operations.current.addKept(x, branch, kept1, m)

      // y = m + dropout(project(gelu(expand(ln₂ m))))
      let (n2, s2) = block.innerNorm.forward(m, arena)  // [N, C] and [N, 2]
      let wide = block.inner.forward(n2, arena)  // [N, C] [C, 4C] → [N, 4C]
      // The slope of GELU is taken at its input, so training keeps both sides of it.
      let active = keeps ? arena.matrix(n, wide.columns) : wide
      Activation.geluTanh.forward(wide, into: active)
      block.innerOutput.forward(active, into: branch)  // [N, 4C] [4C, C] → [N, C]
      let kept2 = residual.draw(n, c, from: &generator, arena)  // the MLP's own dropout
      let y = keeps ? arena.matrix(n, c) : m  // without a tape x, m and y are one matrix
      Operations.current.addKept(m, branch, kept2, y)

      if let probabilities {
        tape?.blocks.append(
          GPT2Tape.Block(
            x: x, n1: n1, heads: heads, m: m, s1: s1, s2: s2, qkv: qkv,
            probabilities: probabilities, n2: n2, wide: wide, active: active, keptP: keptP,
            kept1: kept1, kept2: kept2))
      } else {
        // Any number of blocks needs the memory of one.
        arena.release(to: mark)
      }
      x = y
    }
    return x
  }

  /// How much each token attends to each of those before it and to itself: the reference's
  /// `output_attentions`. SPEC `GPT2-18`.
  ///
  /// - Parameter ids: `[T]`, at least one.
  /// - Returns: `[layers, H, T, T]`: layer, head, the token that looks, the token looked at. Rows add up
  ///   to 1; what comes later has 0.
  /// - Throws: ``Fault`` for no tokens, too many, or one outside the vocabulary.
  package func attention(of ids: [Int32]) throws -> Tensor {
    // The labels do not matter: no loss is taken.
    let batch = try TrainingBatch([ids], labels: [ids], configuration)
    let (arena, t) = (Arena(), ids.count)
    // Without a generator nothing is dropped; the tape is what has the probabilities.
    var (none, tape): (TorchGenerator?, GPT2Tape?) = (nil, GPT2Tape())
    _ = forward(batch.rows, dropping: &none, arena, tape: &tape)
    let layers = tape?.blocks ?? []
    // The tape holds views: the arena has to live until they are copied.
    return Tensor(shape: [layers.count, configuration.heads, t, t]) { out in
      defer { withExtendedLifetime(arena) {} }
      for (layer, block) in layers.enumerated() {
        for row in 0..<configuration.heads * t {  // [H, T, T] is H · T rows of T
          // What lies after a row's own token may never have been written; here it is 0 already.
          (out + (layer * configuration.heads * t + row) * t).update(
            from: block.probabilities.start + row * t, count: row % t + 1)
        }
      }
    }
  }
}

extension CachedRows {
  /// Writes the keys and values of new tokens to their slots; those that do not attend by products then
  /// attend to the slots of their text.
  fileprivate func attend(
    _ x: Attention.Projections, _ block: GPT2Model.Block, layer: Int, heads: Int,
    into out: Matrix
  ) {
    // [capacity, C] each
    let (keys, values) = (cache.keys(layer: layer), cache.values(layer: layer))
    // All keys are written before any query is answered: a token sees itself, and its text's other
    // new tokens before it.
    Operations.current.ranges(slots.count, 64) { range in
      for row in range {
        let slot = Int(slots[row])
        keys[rows: slot..<slot + 1].copy(x.k[rows: row..<row + 1])
        values[rows: slot..<slot + 1].copy(x.v[rows: row..<row + 1])
      }
    }
    Attention.forward(
      queries, heads: heads, scale: block.scale, x.q, keys: keys, values: values, into: out)
  }
}
