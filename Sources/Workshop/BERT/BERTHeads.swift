import Foundation
import FoxKernels
import FoxLayers

/// What the pooler and the classifier keep for their backward passes.
struct BERTHeadRecord {
  /// `[B, C]`: the first token of each text.
  let first: UnsafeMutablePointer<Float>
  /// `[B, C]`: the tanh.
  let pooled: UnsafeMutablePointer<Float>
  let kept: Rows.Kept?
  /// `[B, C]`: behind dropout.
  let dropped: UnsafeMutablePointer<Float>
  /// `[B, labels]`.
  let logits: UnsafeMutablePointer<Float>
}

extension BERTPass {
  var texts: Int { batch.sequences.count }

  /// The hidden states of the first tokens, `[B, C]`.
  ///
  /// - Throws: ``BERTError/firstTokenHidden(row:)`` when a text begins with padding.
  func firstTokens(
    _ hidden: UnsafePointer<Float>
  ) throws(BERTError) -> UnsafeMutablePointer<Float> {
    try checkFirstTokens()
    let first = arena.take(texts * channels)
    for (text, sequence) in batch.sequences.enumerated() {
      (first + text * channels).update(
        from: hidden + sequence.firstRow * channels, count: channels)
    }
    return first
  }

  func checkFirstTokens() throws(BERTError) {
    if let row = batch.hiddenFirst { throw .firstTokenHidden(row: row) }
  }

  /// `tanh(dense(x))`, `[B, C]`.
  func pool(_ first: UnsafePointer<Float>, _ pooler: Linear) -> UnsafeMutablePointer<Float> {
    let pooled = arena.take(texts * channels)
    pooler.forward(first, rows: texts, into: pooled)
    for index in 0..<texts * channels { pooled[index] = tanh(pooled[index]) }
    return pooled
  }

  /// `classifier(dropout(tanh(dense(first token))))`.
  func classify(
    _ hidden: UnsafePointer<Float>, dropping generator: inout TorchGenerator?
  ) throws(BERTError) -> BERTHeadRecord {
    let (pooler, classifier) = try model.heads()
    let first = try firstTokens(hidden)
    let pooled = pool(first, pooler)
    let configuration = model.configuration
    let dropout = Dropout(configuration.classifierDropout ?? configuration.hiddenDropout)
    let kept = dropout.draw(texts * channels, from: &generator, arena: arena)
    let dropped = arena.take(texts * channels)
    Dropout.apply(kept, to: pooled, rows: texts, count: channels, into: dropped)
    let logits = arena.take(texts * classifier.outputs)
    classifier.forward(dropped, rows: texts, into: logits)
    return BERTHeadRecord(
      first: first, pooled: pooled, kept: kept, dropped: dropped, logits: logits)
  }
}

extension BERTModel {
  /// Both heads.
  ///
  /// - Throws: ``BERTError/missingPart(_:)``.
  func heads() throws(BERTError) -> (pooler: Linear, classifier: Linear) {
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return (pooler, classifier)
  }
}
