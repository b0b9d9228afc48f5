import FoxKernels
import FoxLayers

extension GPT2TrainingPass {
  /// The loss of a forward pass, and its gradients, multiplied by `scale`, added to the parameters'.
  ///
  /// One buffer `[N, C]` holds the gradient of the residual stream; each branch adds its own to it, last
  /// branch first.
  func backward(
    _ record: GPT2Record, scale: Float, over vocabulary: SampledVocabulary?,
    generator: inout TorchGenerator
  ) -> Float {
    let normed = arena.take(rows * channels)
    let loss = lose(record, scale: scale, over: vocabulary, generator: &generator, into: normed)
    let stream = arena.take(rows * channels)
    stream.update(repeating: 0, count: rows * channels)
    model.finalNorm.backward(
      normed, x: record.hidden, stats: record.finalStats, rows: rows, addingTo: stream,
      parameters: parameters)
    let wide = arena.take(rows * max(3 * channels, configuration.innerChannels))
    for (block, record) in zip(model.blocks, record.blocks).reversed() {
      feedForward(block, record, stream: stream, normed: normed, wide: wide)
      attend(block, record, stream: stream, normed: normed, wide: wide)
    }
    embed(record, stream)
    return loss
  }

  /// The loss, and the gradient of ln_f.
  private func lose(
    _ record: GPT2Record, scale: Float, over vocabulary: SampledVocabulary?,
    generator: inout TorchGenerator, into normed: UnsafeMutablePointer<Float>
  ) -> Float {
    let entropy = CrossEntropy(head: model.head, arena: arena)
    guard let vocabulary else {
      return entropy.backward(
        record.finalOutput, labels: batch.nextLabels, scale: scale, into: normed,
        parameters: parameters)
    }
    return entropy.backward(
      record.finalOutput, labels: batch.nextLabels, over: vocabulary, scale: scale, into: normed,
      parameters: parameters, generator: &generator)
  }

  /// `y = m + dropout(down(gelu(up(ln₂ m))))`, backwards.
  private func feedForward(
    _ block: GPT2Model.Block, _ record: GPT2BlockRecord, stream: UnsafeMutablePointer<Float>,
    normed: UnsafeMutablePointer<Float>, wide: UnsafeMutablePointer<Float>
  ) {
    Dropout.apply(record.keptInner, to: stream, rows: rows, count: channels, into: branch)
    block.innerOutput.backward(
      branch, x: record.activated, rows: rows, into: wide, parameters: parameters)
    Activation.backward(
      wide, x: record.inner, count: rows * configuration.innerChannels, into: wide,
      Rows.geluTanhBackward)
    block.inner.backward(
      wide, x: record.innerInput, rows: rows, into: normed, parameters: parameters)
    block.innerNorm.backward(
      normed, x: record.middle, stats: record.innerStats, rows: rows, addingTo: stream,
      parameters: parameters)
  }

  /// `m = x + dropout(project(attention(ln₁ x)))`, backwards.
  private func attend(
    _ block: GPT2Model.Block, _ record: GPT2BlockRecord, stream: UnsafeMutablePointer<Float>,
    normed: UnsafeMutablePointer<Float>, wide: UnsafeMutablePointer<Float>
  ) {
    Dropout.apply(record.keptAttention, to: stream, rows: rows, count: channels, into: branch)
    block.attentionOutput.backward(
      branch, x: record.gathered, rows: rows, into: normed, parameters: parameters)
    attention(block).backward(
      normed, split(UnsafePointer(record.projections)), kept: record.keptProbabilities,
      probabilities: record.probabilities, scratch: scratch, into: split(wide))
    block.queryKeyValue.backward(
      wide, x: record.attentionInput, rows: rows, into: normed, parameters: parameters)
    block.attentionNorm.backward(
      normed, x: record.input, stats: record.attentionStats, rows: rows, addingTo: stream,
      parameters: parameters)
  }

  /// The gradients of both embeddings. The token embedding may hold that of the head already.
  private func embed(_ record: GPT2Record, _ stream: UnsafeMutablePointer<Float>) {
    Dropout.apply(record.keptEmbeddings, to: stream, rows: rows, count: channels, into: branch)
    for (ids, table) in [
      (batch.ids, model.tokenEmbedding), (batch.positions, model.positionEmbedding),
    ] {
      guard case .f32(let values) = table.stored else { continue }
      Embedding.backward(
        ids, branch, channels: channels, addingTo: parameters.gradient(of: values))
    }
  }

  /// The loss without dropout and gradients, and what the model would say next.
  func evaluate(predictions: Bool) -> GPT2Evaluation {
    var none: TorchGenerator?
    let record = forward(dropping: &none)
    let ids = predictions ? arena.takeIDs(rows) : nil
    let loss = CrossEntropy(head: model.head, arena: arena).forward(
      record.finalOutput, labels: batch.nextLabels, predictions: ids)
    let table = ids.map { ids in
      (0..<batch.rows).map { row in
        (0..<batch.tokens).map { ids[row * batch.tokens + $0] }
      }
    }
    return GPT2Evaluation(loss: loss, predictions: table ?? [])
  }
}
