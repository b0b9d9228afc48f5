import FoxKernels
import FoxLayers

/// What a layer keeps for its backward pass.
struct BERTLayerRecord {
  /// `[N, C]`: what came in.
  let input: UnsafeMutablePointer<Float>
  /// `[N, C]` each.
  let queries: UnsafeMutablePointer<Float>
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  /// `[H, n, n]` for each text, before dropout.
  let probabilities: UnsafeMutablePointer<Float>
  var keptProbabilities: Rows.Kept?
  /// `[N, C]`: what attention gathered.
  let gathered: UnsafeMutablePointer<Float>
  var keptAttention: Rows.Kept?
  /// `[N, C]`: before the first LayerNorm, and `[N, 2]`, its mean and scale.
  let attentionSum: UnsafeMutablePointer<Float>
  let attentionStats: UnsafeMutablePointer<Float>
  /// `[N, C]`: behind it.
  let middle: UnsafeMutablePointer<Float>
  /// `[N, inner]`: before and behind the activation.
  let inner: UnsafeMutablePointer<Float>
  let activated: UnsafeMutablePointer<Float>
  var keptInner: Rows.Kept?
  /// `[N, C]`: before the second LayerNorm, and `[N, 2]`, its mean and scale.
  let outputSum: UnsafeMutablePointer<Float>
  let outputStats: UnsafeMutablePointer<Float>
  /// `[N, C]`: what goes out.
  let output: UnsafeMutablePointer<Float>
}

/// What the embeddings keep for their backward pass.
struct BERTEmbeddingRecord {
  /// `[N, C]`: before LayerNorm.
  let sum: UnsafeMutablePointer<Float>
  /// `[N, 2]`: its mean and scale.
  let stats: UnsafeMutablePointer<Float>
  let kept: Rows.Kept?
  /// `[N, C]`: what goes into the first layer.
  let output: UnsafeMutablePointer<Float>
}

/// One pass over the `N` tokens of a batch of `B` texts: forward here, backward in `BERTBackward.swift`.
struct BERTPass {
  let model: BERTModel
  let batch: PackedBERTBatch
  let arena: Arena
  let attention: SequenceAttention
  /// Memory of a layer's pass, which the next layer overwrites.
  let scratch: UnsafeMutablePointer<Float>
  /// `[N, C]`.
  let branch: UnsafeMutablePointer<Float>

  init(_ model: BERTModel, _ batch: PackedBERTBatch, arena: Arena) {
    self.model = model
    self.batch = batch
    self.arena = arena
    let configuration = model.configuration
    attention = SequenceAttention(
      batch.sequences,
      shape: AttentionShape(
        channels: configuration.channels, heads: configuration.heads,
        scale: configuration.attentionScale),
      isCausal: false)
    scratch = arena.take(attention.scratchCount)
    branch = arena.take(batch.rows * configuration.channels)
  }

  var rows: Int { batch.rows }
  var channels: Int { model.configuration.channels }

  /// `dropout(norm(word[id] + type[t] + position[p]))`.
  ///
  /// - Parameter generator: Draws what is dropped; `nil` outside training.
  func embed(dropping generator: inout TorchGenerator?) -> BERTEmbeddingRecord {
    let kept = hiddenFlags(&generator)
    let (sum, stats) = (arena.take(rows * channels), arena.take(2 * rows))
    let tables = [
      (model.wordEmbedding, batch.ids), (model.typeEmbedding, batch.types),
      (model.positionEmbedding, batch.positions),
    ]
    Parallel.ranges(rows, grain: 64) { range in
      for row in range {
        let start = sum + row * channels
        start.update(repeating: 0, count: channels)
        for (table, ids) in tables {
          Rows.add(table.pointer + Int(ids[row]) * channels, to: start, count: channels)
        }
      }
    }
    let output = arena.take(rows * channels)
    model.embeddingNorm.forward(sum, rows: rows, into: output, stats: stats)
    Dropout.apply(kept, to: output, rows: rows, count: channels, into: output)
    return BERTEmbeddingRecord(sum: sum, stats: stats, kept: kept, output: output)
  }

  /// Memory for a layer's pass.
  ///
  /// - Parameters:
  ///   - input: What comes in.
  ///   - reused: Whether one record serves all layers, one after the other, since nobody goes back: what
  ///     goes out then takes the place of what came in.
  func record(input: UnsafeMutablePointer<Float>, reused: Bool) -> BERTLayerRecord {
    func table(_ columns: Int) -> UnsafeMutablePointer<Float> { arena.take(rows * columns) }
    let inner = table(model.configuration.innerChannels)
    return BERTLayerRecord(
      input: input, queries: table(channels), keys: table(channels), values: table(channels),
      probabilities: arena.take(attention.probabilityCount), gathered: table(channels),
      attentionSum: table(channels), attentionStats: table(2), middle: table(channels),
      inner: inner, activated: reused ? inner : table(model.configuration.innerChannels),
      outputSum: table(channels), outputStats: table(2),
      output: reused ? input : table(channels))
  }

  /// `m = norm(x + dropout(dense(attention(x))))`, `y = norm(m + dropout(down(activation(up(m)))))`.
  func forward(
    _ layer: BERTModel.Layer, _ record: inout BERTLayerRecord,
    dropping generator: inout TorchGenerator?
  ) {
    let configuration = model.configuration
    for (map, y) in [
      (layer.query, record.queries), (layer.key, record.keys), (layer.value, record.values),
    ] { map.forward(record.input, rows: rows, into: y) }
    record.keptProbabilities = Dropout(configuration.attentionDropout).drawPairs(
      batch.layout, heads: configuration.heads, from: &generator, arena: arena)
    attention.forward(
      .init(
        queries: UnsafePointer(record.queries), keys: UnsafePointer(record.keys),
        values: UnsafePointer(record.values), stride: channels),
      kept: record.keptProbabilities, probabilities: record.probabilities, scratch: scratch,
      into: record.gathered)
    layer.attentionOutput.forward(record.gathered, rows: rows, into: branch)
    record.keptAttention = hiddenFlags(&generator)
    Dropout.add(
      record.input, record.keptAttention, of: branch, rows: rows, count: channels,
      into: record.attentionSum)
    layer.attentionNorm.forward(
      record.attentionSum, rows: rows, into: record.middle, stats: record.attentionStats)

    layer.inner.forward(record.middle, rows: rows, into: record.inner)
    Activation.forward(
      record.inner, count: rows * configuration.innerChannels, into: record.activated,
      configuration.activation.forward)
    layer.innerOutput.forward(record.activated, rows: rows, into: branch)
    record.keptInner = hiddenFlags(&generator)
    Dropout.add(
      record.middle, record.keptInner, of: branch, rows: rows, count: channels,
      into: record.outputSum)
    layer.outputNorm.forward(
      record.outputSum, rows: rows, into: record.output, stats: record.outputStats)
  }

  private func hiddenFlags(_ generator: inout TorchGenerator?) -> Rows.Kept? {
    Dropout(model.configuration.hiddenDropout).drawRows(
      batch.layout, channels: channels, from: &generator, arena: arena)
  }
}
