import Foundation
import FoxNumbers

/// # BERT, forwards
///
/// One forward pass for inference and training, as for GPT-2: a tape is filled when the backward pass
/// is to follow, and without one a layer leaves its memory to the next. Only real tokens are computed:
/// `N` rows for all texts of a batch, no padding.
///
/// Source: `BertModel.forward`, `BertLayer.forward`. SPEC `BERT-4`, `BERT-5`, `BERT-11`.
struct BERTTape {
  /// What one layer keeps.
  struct Layer {
    /// `[N, C]`: what came in, what attention gathered, `x + …` before norm₁, and after it.
    let x, heads, sum1, m: Matrix
    /// `[N, C]` each.
    let qkv: Attention.Projections
    /// Before dropout, for each text `[H, n, n]`.
    let probabilities: Matrix
    /// `[N, inner]`: before and after the activation.
    let wide, active: Matrix
    /// `[N, C]`: `m + …` before norm₂. `[N, 2]`: mean and 1/σ of both norms.
    let sum2, s1, s2: Matrix
    let keptP, kept1, kept2: Kept?
  }

  /// Of the embeddings: `[N, C]` before the norm, its statistics, what dropout kept.
  var sum: Matrix?
  var stats: Matrix?
  var kept: Kept?
  var layers: [Layer] = []
}

extension BERTModel {
  /// Embeddings and layers.
  ///
  /// - Parameters:
  ///   - generator: Draws what is dropped, as for the padded batch; `nil` outside training.
  ///   - watch: Is given the hidden states `[N, C]` of the embeddings and after each layer.
  /// - Returns: `[N, C]`.
  func forward(
    _ batch: PackedBERTBatch, dropping generator: inout TorchGenerator?, _ arena: Arena,
    tape: inout BERTTape?, watch: (Matrix) -> Void = { _ in }
  ) -> Matrix {
    let (n, c) = (batch.rows, configuration.channels)
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    let (keeps, activation) = (tape != nil, configuration.activation)
    let scale = configuration.attentionScale
    func drawRows(_ generator: inout TorchGenerator?) -> Kept? {
      Dropout(configuration.hiddenDropout).drawRows(
        batch.layout, channels: c, from: &generator, arena)
    }

    // x = dropout(norm(word[token] + type[t] + position[p]))
    let kept = drawRows(&generator)
    let sum = arena.matrix(n, c)
    Embedding.forward(
      [
        (wordEmbedding, batch.ids), (typeEmbedding, batch.types),
        (positionEmbedding, batch.positions),
      ], into: sum)
    let (normed, stats) = embeddingNorm.forward(sum, arena)
    Dropout.apply(kept, to: normed, into: normed)
    if keeps { tape = BERTTape(sum: sum, stats: stats, kept: kept) }
    var x = normed
    watch(x)

    let branch = arena.matrix(n, c)
    for layer in layers {
      let mark = arena.mark
      // m = norm₁(x + dropout(dense(attention(x))))
      let qkv = Attention.Projections(
        q: layer.query.forward(x, arena), k: layer.key.forward(x, arena),
        v: layer.value.forward(x, arena))  // [N, C] [C, C] → [N, C] each
      let keptP = Dropout(configuration.attentionDropout).drawPairs(
        batch.layout, heads: configuration.heads, from: &generator, arena)
      let probabilities = keeps ? arena.matrix(1, attention.probabilityCount) : nil
      let heads = arena.matrix(n, c)
      attention.forward(
        qkv, scale: scale, kept: keptP, keeping: probabilities, into: heads, arena)
      layer.attentionOutput.forward(heads, into: branch)  // [N, C] [C, C] → [N, C]
      let kept1 = drawRows(&generator)
      let sum1 = arena.matrix(n, c)
      Operations.current.addKept(x, branch, kept1, sum1)
      let (m, s1) = layer.attentionNorm.forward(sum1, arena)

      // y = norm₂(m + dropout(down(activation(up m))))
      let wide = layer.inner.forward(m, arena)  // [N, C] [C, 4C] → [N, 4C]
      let active = keeps ? arena.matrix(n, wide.columns) : wide
      activation.forward(wide, into: active)
      layer.innerOutput.forward(active, into: branch)  // [N, 4C] [4C, C] → [N, C]
      let kept2 = drawRows(&generator)
      let sum2 = arena.matrix(n, c)
      Operations.current.addKept(m, branch, kept2, sum2)
      // Without a tape nobody asks for x again: y takes its place.
      let (y, s2) = (keeps ? arena.matrix(n, c) : x, arena.matrix(n, 2))
      layer.outputNorm.forward(sum2, into: y, stats: s2)

      if let probabilities {
        tape?.layers.append(
          BERTTape.Layer(
            x: x, heads: heads, sum1: sum1, m: m, qkv: qkv, probabilities: probabilities,
            wide: wide, active: active, sum2: sum2, s1: s1, s2: s2, keptP: keptP, kept1: kept1,
            kept2: kept2))
      } else {
        arena.release(to: mark)
      }
      x = y
      watch(x)
    }
    return x
  }
}

/// What the pooler and the classifier keep for their backward passes. Rows are texts, `B` of them.
struct BERTHeadTape {
  /// `[B, C]`: the first token of each text, the tanh of the pooler, and what dropout left of it.
  let first, pooled, dropped: Matrix
  let kept: Kept?
  /// `[B, labels]`
  let logits: Matrix
}

extension BERTModel {
  /// The hidden states of the first tokens, `[B, C]`.
  func firstTokens(_ x: Matrix, _ batch: PackedBERTBatch, _ arena: Arena) -> Matrix {
    let first = arena.matrix(batch.sequences.count, x.columns)
    for (text, rows) in batch.sequences.enumerated() {
      first[rows: text..<text + 1].copy(x[rows: rows.lowerBound..<rows.lowerBound + 1])
    }
    return first
  }

  /// `tanh(dense(first token))`, `[B, C]`.
  func pool(_ first: Matrix, _ pooler: Linear, _ arena: Arena) -> Matrix {
    let pooled = pooler.forward(first, arena)
    for r in 0..<pooled.rows { for c in 0..<pooled.columns { pooled[r][c] = tanh(pooled[r][c]) } }
    return pooled
  }

  /// `classifier(dropout(tanh(dense(first token))))`
  func classify(
    _ x: Matrix, _ batch: PackedBERTBatch, _ heads: (pooler: Linear, classifier: Linear),
    dropping generator: inout TorchGenerator?, _ arena: Arena
  ) -> BERTHeadTape {
    let first = firstTokens(x, batch, arena)
    let pooled = pool(first, heads.pooler, arena)
    let dropout = Dropout(configuration.classifierDropout ?? configuration.hiddenDropout)
    let kept = dropout.draw(pooled.rows, pooled.columns, from: &generator, arena)
    let dropped = arena.matrix(pooled.rows, pooled.columns)
    Dropout.apply(kept, to: pooled, into: dropped)
    return BERTHeadTape(
      first: first, pooled: pooled, dropped: dropped, kept: kept,
      logits: heads.classifier.forward(dropped, arena))
  }
}
