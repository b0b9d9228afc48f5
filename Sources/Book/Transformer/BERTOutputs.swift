import FoxDecoding
import FoxNumbers

/// # What a BERT says about texts
///
/// Hidden states of all tokens, one vector for each text, or a classifier's outputs.

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
  /// - Throws: ``Fault`` for ids, types and lengths the model does not have, and parts that do not fit
  ///   each other.
  /// - Complexity: O(*N C²*) and O(Σ *n² C*) over texts of *n* tokens, for each layer.
  public func hiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(Fault) -> BERTHiddenStates {
    defer { withExtendedLifetime(arena) {} }  // views of it do not keep it
    let packed = try PackedBERTBatch(batch, configuration)
    return states(run(packed, arena), packed)
  }

  /// All hidden states: of the embeddings, then after each layer.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``.
  public func allHiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(Fault) -> [BERTHiddenStates] {
    defer { withExtendedLifetime(arena) {} }
    let packed = try PackedBERTBatch(batch, configuration)
    var all: [BERTHiddenStates] = []
    _ = run(packed, arena) { all.append(states($0, packed)) }
    return all
  }

  /// What the pooler makes of the first tokens, `[B, C]`.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``, and ``Fault`` for a model without pooler or a text that
  ///   begins with padding.
  public func pooled(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    try embeddings(batch, pooling: .pooler, arena: arena)
  }

  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: As ``pooled(_:arena:)``.
  public func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let heads = try heads()
    let packed = try PackedBERTBatch(batch, configuration)
    try packed.checkFirstTokens()
    let x = run(packed, arena)
    var none: TorchGenerator?
    return Tensor(copying: classify(x, packed, heads, dropping: &none, arena).logits)
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
  ) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    if pooling == .pooler, pooler == nil { throw .missingPart(.pooler) }
    let packed = try PackedBERTBatch(batch, configuration)
    if pooling != .mean { try packed.checkFirstTokens() }
    let x = run(packed, arena)
    let vectors: Matrix
    switch (pooling, pooler) {
    case (.pooler, let pooler?): vectors = pool(firstTokens(x, packed, arena), pooler, arena)
    case (.mean, _): vectors = means(x, packed, arena)
    default: vectors = firstTokens(x, packed, arena)
    }
    if normalize { for text in 0..<vectors.rows { Self.normalize(vectors[text]) } }
    return Tensor(copying: vectors)
  }

  /// Embeddings and layers, without dropout.
  private func run(
    _ batch: PackedBERTBatch, _ arena: Arena, watch: (Matrix) -> Void = { _ in }
  ) -> Matrix {
    arena.reset()
    var (none, tape): (TorchGenerator?, BERTTape?) = (nil, nil)
    return forward(batch, dropping: &none, arena, tape: &tape, watch: watch)
  }

  private func states(_ x: Matrix, _ batch: PackedBERTBatch) -> BERTHiddenStates {
    BERTHiddenStates(states: Tensor(copying: x), rows: batch.sequences)
  }

  /// The mean over the tokens of each text, `[B, C]`.
  private func means(_ x: Matrix, _ batch: PackedBERTBatch, _ arena: Arena) -> Matrix {
    let means = arena.matrix(batch.sequences.count, x.columns)
    means.fill(0)
    for (text, rows) in batch.sequences.enumerated() {
      Operations.current.addColumns(x[rows: rows], means.row(text))
      for c in 0..<x.columns { means[text][c] /= Float(rows.count) }
    }
    return means
  }

  /// Divides a vector by its length, as `torch.nn.functional.normalize`.
  private static func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
    let length = Float(max(squares.squareRoot(), 1e-12))
    for c in vector.indices { vector[c] /= length }
  }
}

extension Tensor {
  /// A copy of a matrix.
  fileprivate init(copying x: Matrix) {
    self.init(shape: [x.rows, x.columns]) { Matrix($0, x.rows, x.columns).copy(x) }
  }
}
