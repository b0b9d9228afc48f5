import FoxKernels
import FoxLayers

/// What a whole forward pass keeps.
struct BERTRecord {
  let embeddings: BERTEmbeddingRecord
  let layers: [BERTLayerRecord]
}

extension BERTPass {
  /// Embeddings, layers and heads, keeping what the backward pass needs.
  func forward(
    dropping generator: inout TorchGenerator?
  ) throws(BERTError) -> (BERTRecord, BERTHeadRecord) {
    let embeddings = embed(dropping: &generator)
    var records: [BERTLayerRecord] = []
    for layer in model.layers {
      var record = record(input: records.last?.output ?? embeddings.output, reused: false)
      forward(layer, &record, dropping: &generator)
      records.append(record)
    }
    let heads = try classify(
      records.last?.output ?? embeddings.output, dropping: &generator)
    return (BERTRecord(embeddings: embeddings, layers: records), heads)
  }

  /// Adds the gradients of all parameters to those of `parameters`.
  ///
  /// Two buffers `[N, C]` take turns: the gradient of what a LayerNorm put out, and of what went in.
  ///
  /// - Parameter heads: Its logits have become their gradient.
  func backward(
    _ record: BERTRecord, _ heads: BERTHeadRecord, parameters: Parameters
  ) throws(BERTError) {
    let stream = arena.take(rows * channels)
    clear(stream)
    try classify(heads, addingTo: stream, parameters)
    let other = arena.take(rows * channels)
    let wide = arena.take(rows * max(3 * channels, model.configuration.innerChannels))
    for (layer, record) in zip(model.layers, record.layers).reversed() {
      clear(other)
      feedForward(layer, record, dy: stream, into: other, wide: wide, parameters)
      clear(stream)
      attend(layer, record, dy: other, into: stream, wide: wide, parameters)
    }
    embed(record.embeddings, dy: stream, sum: other, parameters)
  }

  private func clear(_ table: UnsafeMutablePointer<Float>) {
    table.update(repeating: 0, count: rows * channels)
  }

  /// `logits = classifier(dropout(tanh(dense(first token))))`, backwards.
  private func classify(
    _ record: BERTHeadRecord, addingTo dx: UnsafeMutablePointer<Float>, _ parameters: Parameters
  ) throws(BERTError) {
    let (pooler, classifier) = try model.heads()
    let (dy, first) = (arena.take(texts * channels), arena.take(texts * channels))
    classifier.backward(
      record.logits, x: record.dropped, rows: texts, into: dy, parameters: parameters)
    Dropout.apply(record.kept, to: dy, rows: texts, count: channels, into: dy)
    for index in 0..<texts * channels {
      dy[index] *= 1 - record.pooled[index] * record.pooled[index]
    }
    pooler.backward(dy, x: record.first, rows: texts, into: first, parameters: parameters)
    for (text, sequence) in batch.sequences.enumerated() {
      Rows.add(first + text * channels, to: dx + sequence.firstRow * channels, count: channels)
    }
  }

  /// `y = norm(m + dropout(down(activation(up(m)))))`, backwards.
  private func feedForward(
    _ layer: BERTModel.Layer, _ record: BERTLayerRecord, dy: UnsafePointer<Float>,
    into dm: UnsafeMutablePointer<Float>, wide: UnsafeMutablePointer<Float>,
    _ parameters: Parameters
  ) {
    layer.outputNorm.backward(
      dy, x: record.outputSum, stats: record.outputStats, rows: rows, addingTo: dm,
      parameters: parameters)
    Dropout.apply(record.keptInner, to: dm, rows: rows, count: channels, into: branch)
    layer.innerOutput.backward(
      branch, x: record.activated, rows: rows, into: wide, parameters: parameters)
    Activation.backward(
      wide, x: record.inner, count: rows * model.configuration.innerChannels, into: wide,
      model.configuration.activation.backward)
    layer.inner.backward(
      wide, x: record.middle, rows: rows, into: dm, adds: true, parameters: parameters)
  }

  /// `m = norm(x + dropout(dense(attention(x))))`, backwards.
  private func attend(
    _ layer: BERTModel.Layer, _ record: BERTLayerRecord, dy: UnsafeMutablePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, wide: UnsafeMutablePointer<Float>,
    _ parameters: Parameters
  ) {
    layer.attentionNorm.backward(
      dy, x: record.attentionSum, stats: record.attentionStats, rows: rows, addingTo: dx,
      parameters: parameters)
    Dropout.apply(record.keptAttention, to: dx, rows: rows, count: channels, into: branch)
    // dy has done its duty: the gradient of what attention gathered takes its place.
    layer.attentionOutput.backward(
      branch, x: record.gathered, rows: rows, into: dy, parameters: parameters)
    let size = rows * channels
    let gradients = SequenceAttention.Projections(
      queries: wide, keys: wide + size, values: wide + 2 * size, stride: channels)
    attention.backward(
      dy,
      .init(
        queries: UnsafePointer(record.queries), keys: UnsafePointer(record.keys),
        values: UnsafePointer(record.values), stride: channels),
      kept: record.keptProbabilities, probabilities: record.probabilities, scratch: scratch,
      into: gradients)
    for (map, dy) in [
      (layer.query, gradients.queries), (layer.key, gradients.keys),
      (layer.value, gradients.values),
    ] {
      map.backward(dy, x: record.input, rows: rows, into: dx, adds: true, parameters: parameters)
    }
  }

  /// The gradients of the three tables. The vector of the padding token is not learned.
  private func embed(
    _ record: BERTEmbeddingRecord, dy: UnsafeMutablePointer<Float>,
    sum: UnsafeMutablePointer<Float>, _ parameters: Parameters
  ) {
    Dropout.apply(record.kept, to: dy, rows: rows, count: channels, into: dy)
    clear(sum)
    model.embeddingNorm.backward(
      dy, x: record.sum, stats: record.stats, rows: rows, addingTo: sum, parameters: parameters)
    let padding = model.configuration.padToken.map { Int32($0) }
    for (ids, table, skipped) in [
      (batch.ids, model.wordEmbedding, padding), (batch.types, model.typeEmbedding, nil),
      (batch.positions, model.positionEmbedding, nil),
    ] {
      Embedding.backward(
        ids, sum, channels: channels, addingTo: parameters.gradient(of: table.pointer),
        skipping: skipped)
    }
  }
}
