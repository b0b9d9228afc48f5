import FoxKernels
import FoxLayers

/// The hidden states of a batch's tokens, without padding.
public struct BERTHiddenStates: Sendable {
  /// `[N, C]`: text after text.
  public let states: Tensor
  /// The rows of each text.
  public let rows: [Range<Int>]
}

/// What is made of the hidden states of a text.
public enum BERTPooling: String, CaseIterable, Sendable {
  /// The mean over its tokens, special ones too, as sentence-transformers takes it.
  case mean
  /// The state of its first token.
  case cls
  /// What the pooler makes of the first token.
  case pooler
}

extension BERTModel {
  /// The last hidden states. Padding is not computed; a token's position is its column in the batch.
  /// SPEC `BERT-4`, `BERT-5`.
  ///
  /// - Parameters:
  ///   - batch: `N` tokens in all.
  ///   - arena: Memory from an earlier call.
  /// - Throws: ``BERTError`` for ids, types and lengths the model does not have, and parts that do not
  ///   fit each other.
  /// - Complexity: O(*N C²*) and O(Σ *n² C*) over texts of *n* tokens, for each layer.
  public func hiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(BERTError) -> BERTHiddenStates {
    defer { withExtendedLifetime(arena) {} }  // pointers into it do not keep it
    let (pass, hidden) = try run(batch, arena: arena)
    return pass.states(hidden)
  }

  /// All hidden states: of the embeddings, then behind each layer.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``.
  public func allHiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(BERTError) -> [BERTHiddenStates] {
    defer { withExtendedLifetime(arena) {} }
    var all: [BERTHiddenStates] = []
    _ = try run(batch, arena: arena) { pass, hidden in all.append(pass.states(hidden)) }
    return all
  }

  /// What the pooler makes of the first tokens, `[B, C]`.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``, ``BERTError/missingPart(_:)``, and
  ///   ``BERTError/firstTokenHidden(row:)`` for a text that begins with padding.
  public func pooled(_ batch: BERTBatch, arena: Arena = Arena()) throws(BERTError) -> Tensor {
    try embeddings(batch, pooling: .pooler, arena: arena)
  }

  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: As ``pooled(_:arena:)``.
  public func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(BERTError) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let labels = try heads().classifier.outputs
    let (pass, hidden) = try run(batch, needsFirstTokens: true, arena: arena)
    var none: TorchGenerator?
    let record = try pass.classify(hidden, dropping: &none)
    return Tensor(shape: [pass.texts, labels]) {
      $0.update(from: record.logits, count: pass.texts * labels)
    }
  }

  /// One vector for each text, `[B, C]`. SPEC `BERT-6`.
  ///
  /// - Parameters:
  ///   - pooling: How hidden states become one.
  ///   - normalize: Whether each vector is divided by its Euclidean length (at least 1e-12).
  /// - Throws: As ``hiddenStates(_:arena:)``, for the mean; as ``pooled(_:arena:)``, but a pooler is
  ///   only needed if it is asked for.
  public func embeddings(
    _ batch: BERTBatch, pooling: BERTPooling = .mean, normalize: Bool = false,
    arena: Arena = Arena()
  ) throws(BERTError) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    if pooling == .pooler, pooler == nil { throw .missingPart(.pooler) }
    let (pass, hidden) = try run(batch, needsFirstTokens: pooling != .mean, arena: arena)
    let vectors: UnsafeMutablePointer<Float>
    switch pooling {
    case .mean: vectors = pass.means(hidden)
    case .cls: vectors = try pass.firstTokens(hidden)
    case .pooler:
      guard let pooler else { throw .missingPart(.pooler) }
      vectors = pass.pool(try pass.firstTokens(hidden), pooler)
    }
    if normalize { pass.normalize(vectors) }
    let channels = configuration.channels
    return Tensor(shape: [pass.texts, channels]) {
      $0.update(from: vectors, count: pass.texts * channels)
    }
  }

  /// Embeddings and layers, without dropout.
  ///
  /// - Parameter body: Is given the hidden states of the embeddings and behind each layer.
  private func run(
    _ batch: BERTBatch, needsFirstTokens: Bool = false, arena: Arena,
    _ body: (BERTPass, UnsafePointer<Float>) -> Void = { _, _ in }
  ) throws(BERTError) -> (BERTPass, hidden: UnsafePointer<Float>) {
    let packed = try PackedBERTBatch(batch, configuration)
    arena.reset()
    let pass = BERTPass(self, packed, arena: arena)
    if needsFirstTokens { try pass.checkFirstTokens() }
    var none: TorchGenerator?
    let hidden = pass.embed(dropping: &none).output
    body(pass, hidden)
    var record = pass.record(input: hidden, reused: true)
    for layer in layers {
      pass.forward(layer, &record, dropping: &none)
      body(pass, hidden)
    }
    return (pass, UnsafePointer(hidden))
  }
}

extension BERTPass {
  fileprivate func states(_ hidden: UnsafePointer<Float>) -> BERTHiddenStates {
    BERTHiddenStates(
      states: Tensor(shape: [rows, channels]) { $0.update(from: hidden, count: rows * channels) },
      rows: batch.sequences.map { $0.firstRow..<$0.firstRow + $0.count })
  }

  /// The mean over the tokens of each text, `[B, C]`.
  fileprivate func means(_ hidden: UnsafePointer<Float>) -> UnsafeMutablePointer<Float> {
    let means = arena.take(texts * channels)
    means.update(repeating: 0, count: texts * channels)
    for (text, sequence) in batch.sequences.enumerated() {
      let mean = means + text * channels
      Columns.add(
        hidden + sequence.firstRow * channels, rows: sequence.count, to: mean, count: channels)
      for channel in 0..<channels { mean[channel] /= Float(sequence.count) }
    }
    return means
  }

  /// Divides each of `[B, C]` by its length, as `torch.nn.functional.normalize`.
  fileprivate func normalize(_ vectors: UnsafeMutablePointer<Float>) {
    for text in 0..<texts {
      let vector = UnsafeMutableBufferPointer(start: vectors + text * channels, count: channels)
      let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
      let length = Float(max(squares.squareRoot(), 1e-12))
      for channel in vector.indices { vector[channel] /= length }
    }
  }
}
