import Foundation
import FoxNumbers

/// # BERT, forwards
///
/// One forward pass for inference and training, as for GPT-2: a tape is filled when the backward pass
/// is to follow, and without one a layer leaves its memory to the next. Only real tokens are computed:
/// `N` rows for all texts of a batch, no padding.
///
///     m = norm₁(x + dropout(dense(attention(x))))
///     y = norm₂(m + dropout(down(activation(up m))))
///
/// The norm comes after the sum, so what goes from layer to layer is always normalized; in GPT-2 it is
/// the sum itself that goes on.
///
/// Source: `BertModel.forward`, `BertLayer.forward` of transformers 4.17.0. SPEC `BERT-4`, `BERT-5`,
/// `BERT-11`, `BERT-12`.
///
/// What it does not do: it has no cache. Every token sees all others, so one more would change them
/// all.
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
    /// What dropout kept: of the probabilities, and of what each branch adds.
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
    // Every token sees the whole text.
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    // With a tape, whatever the backward pass reads must stay.
    let (keeps, activation) = (tape != nil, configuration.activation)
    let scale = configuration.attentionScale  // 1/√(C/H), in every layer
    func drawRows(_ generator: inout TorchGenerator?) -> Kept? {
      Dropout(configuration.hiddenDropout).drawRows(  // [B, T, C] drawn, [N, C] kept
        batch.layout, channels: c, from: &generator, arena)
    }

    // x = dropout(norm(word[token] + type[t] + position[p]))
    // Drawn before the numbers are there: only the order of draws counts.
    let kept = drawRows(&generator)
    let sum = arena.matrix(n, c)  // [N, C]
    // The order of the reference: words, types, positions. Float sums depend on it.
    Embedding.forward(
      [
        (wordEmbedding, batch.ids), (typeEmbedding, batch.types),
        (positionEmbedding, batch.positions),
      ], into: sum)
    // [N, C], [N, 2]; sum stays, for the norm's backward pass
    let (normed, stats) = embeddingNorm.forward(sum, arena)
    // In place: the norm's backward pass needs its input, not its output.
    Dropout.apply(kept, to: normed, into: normed)
    if keeps { tape = BERTTape(sum: sum, stats: stats, kept: kept) }
    var x = normed  // [N, C]
    watch(x)

    // What a branch adds: used up at once, so one matrix serves all.
    let branch = arena.matrix(n, c)
    for layer in layers {
      let mark = arena.mark  // x and branch lie before it, all that this layer takes after it
      // m = norm₁(x + dropout(dense(attention(x))))
      let qkv = Attention.Projections(
        q: layer.query.forward(x, arena), k: layer.key.forward(x, arena),
        v: layer.value.forward(x, arena))  // [N, C] [C, C] → [N, C] each
      // [B, H, T, T] drawn, [n, n] kept for each text and head
      let keptP = Dropout(configuration.attentionDropout).drawPairs(
        batch.layout, heads: configuration.heads, from: &generator, arena)
      let probabilities = keeps ? arena.matrix(1, attention.probabilityCount) : nil  // Σ H n²
      let heads = arena.matrix(n, c)  // each head writes its own C/H columns
      attention.forward(
        qkv, scale: scale, kept: keptP, keeping: probabilities, into: heads, arena)
      layer.attentionOutput.forward(heads, into: branch)  // [N, C] [C, C] → [N, C]
      let kept1 = drawRows(&generator)  // drawn after attention's, as `BertSelfOutput` does
      // Not over x: the norm's backward pass needs the sum, the linear maps' need x.
      let sum1 = arena.matrix(n, c)
      Operations.current.addKept(x, branch, kept1, sum1)
      let (m, s1) = layer.attentionNorm.forward(sum1, arena)  // [N, C], [N, 2]

      // y = norm₂(m + dropout(down(activation(up m))))
      let wide = layer.inner.forward(m, arena)  // [N, C] [C, 4C] → [N, 4C]
      // The activation's slope is taken at its input, so training keeps both sides of it.
      let active = keeps ? arena.matrix(n, wide.columns) : wide
      activation.forward(wide, into: active)
      layer.innerOutput.forward(active, into: branch)  // [N, 4C] [4C, C] → [N, C]
      let kept2 = drawRows(&generator)
      let sum2 = arena.matrix(n, c)  // [N, C]
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
        arena.release(to: mark)  // m, the sums and the wide matrices are free for the next layer
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
    // [CLS] is the first row of each text
    let first = arena.matrix(batch.sequences.count, x.columns)
    for (text, rows) in batch.sequences.enumerated() {
      first[rows: text..<text + 1].copy(x[rows: rows.lowerBound..<rows.lowerBound + 1])
    }
    return first
  }

  /// `tanh(dense(first token))`, `[B, C]`.
  func pool(_ first: Matrix, _ pooler: Linear, _ arena: Arena) -> Matrix {
    let pooled = pooler.forward(first, arena)  // [B, C] [C, C] → [B, C]
    // B · C numbers: too few for an operation of their own.
    for r in 0..<pooled.rows { for c in 0..<pooled.columns { pooled[r][c] = tanh(pooled[r][c]) } }
    return pooled
  }

  /// `classifier(dropout(tanh(dense(first token))))`
  func classify(
    _ x: Matrix, _ batch: PackedBERTBatch, _ heads: (pooler: Linear, classifier: Linear),
    dropping generator: inout TorchGenerator?, _ arena: Arena
  ) -> BERTHeadTape {
    let first = firstTokens(x, batch, arena)  // [N, C] → [B, C]
    let pooled = pool(first, heads.pooler, arena)
    let dropout = Dropout(configuration.classifierDropout ?? configuration.hiddenDropout)
    // [B, C]: no padding here, every text has one first token
    let kept = dropout.draw(pooled.rows, pooled.columns, from: &generator, arena)
    // Of its own: tanh's backward pass needs pooled as it was.
    let dropped = arena.matrix(pooled.rows, pooled.columns)
    Dropout.apply(kept, to: pooled, into: dropped)
    return BERTHeadTape(
      first: first, pooled: pooled, dropped: dropped, kept: kept,
      logits: heads.classifier.forward(dropped, arena))  // [B, C] [C, labels] → [B, labels]
  }
}
