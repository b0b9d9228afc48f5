import FoxDecoding
import FoxNumbers

/// # What a BERT says about texts
///
/// Hidden states of all tokens, one vector for each text, or a classifier's outputs. All of them begin
/// with the same pass; what differs is which of its `N` rows are read.
///
///     mean = 1/n Σ x[t]        cls = x[0]        pooled = tanh(x[0] W + b)
///
/// Source: `BertModel.forward` and `BertPooler` of transformers 4.17.0; means as `Pooling` of
/// sentence-transformers (Reimers and Gurevych 2019, arXiv 1908.10084). SPEC `BERT-4` to `BERT-7`.
///
/// What it does not do: it compares no vectors, and turns no outputs into labels.

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
    let packed = try PackedBERTBatch(batch, configuration)  // throws before anything is computed
    return states(run(packed, arena), packed)  // [N, C]
  }

  /// All hidden states: of the embeddings, then after each layer.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``.
  public func allHiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(Fault) -> [BERTHiddenStates] {
    defer { withExtendedLifetime(arena) {} }  // as in hiddenStates
    let packed = try PackedBERTBatch(batch, configuration)
    // Copied as they come by: the next layer writes over the memory of this one.
    var all: [BERTHiddenStates] = []
    _ = run(packed, arena) { all.append(states($0, packed)) }
    return all
  }

  /// What the pooler makes of the first tokens, `[B, C]`.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``, and ``Fault`` for a model without pooler or a text that
  ///   begins with padding.
  public func pooled(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    // BERT's own vector of a text, pretrained to tell whether two texts follow each other.
    try embeddings(batch, pooling: .pooler, arena: arena)
  }

  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: As ``pooled(_:arena:)``.
  public func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let heads = try heads()  // the cheapest refusal first
    let packed = try PackedBERTBatch(batch, configuration)
    // The pooler reads the first row of each text: it must be a token.
    try packed.checkFirstTokens()
    let x = run(packed, arena)  // [N, C]
    var none: TorchGenerator?  // no dropout outside training
    // [B, labels], out of the arena
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
    // Before the pass, which takes long, and not after it.
    if pooling == .pooler, pooler == nil { throw .missingPart(.pooler) }
    let packed = try PackedBERTBatch(batch, configuration)
    // A mean takes tokens from wherever they are; the others read the first column.
    if pooling != .mean { try packed.checkFirstTokens() }
    let x = run(packed, arena)
    let vectors: Matrix
    switch (pooling, pooler) {
    // [B, C]
    case (.pooler, let pooler?): vectors = pool(firstTokens(x, packed, arena), pooler, arena)
    case (.mean, _): vectors = means(x, packed, arena)  // [B, C]
    // Cls, [B, C]: a .pooler without pooler is refused above.
    default: vectors = firstTokens(x, packed, arena)
    }
    // The product of two vectors is then the cosine of the angle between them.
    if normalize { for text in 0..<vectors.rows { Self.normalize(vectors[text]) } }
    return Tensor(copying: vectors)
  }

  /// Embeddings and layers, without dropout.
  private func run(
    _ batch: PackedBERTBatch, _ arena: Arena, watch: (Matrix) -> Void = { _ in }
  ) -> Matrix {
    arena.reset()  // what an earlier call left is free: results are copies
    var (none, tape): (TorchGenerator?, BERTTape?) = (nil, nil)
    return forward(batch, dropping: &none, arena, tape: &tape, watch: watch)
  }

  private func states(_ x: Matrix, _ batch: PackedBERTBatch) -> BERTHiddenStates {
    // The next call uses the arena's memory again: a result is a copy.
    BERTHiddenStates(states: Tensor(copying: x), rows: batch.sequences)
  }

  /// The mean over the tokens of each text, `[B, C]`.
  private func means(_ x: Matrix, _ batch: PackedBERTBatch, _ arena: Arena) -> Matrix {
    let means = arena.matrix(batch.sequences.count, x.columns)
    means.fill(0)  // an arena's memory holds anything
    for (text, rows) in batch.sequences.enumerated() {
      // [n, C] → [C]. No mask is needed: a text's rows are its tokens.
      Operations.current.addColumns(x[rows: rows], means.row(text))
      // n ≥ 1: empty texts are refused
      for c in 0..<x.columns { means[text][c] /= Float(rows.count) }
    }
    return means
  }

  /// Divides a vector by its length, as `torch.nn.functional.normalize`.
  private static func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    // In double precision: squares of float32 may overflow it.
    let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
    let length = Float(max(squares.squareRoot(), 1e-12))  // `eps`: a vector of zeros stays one
    for c in vector.indices { vector[c] /= length }
  }
}

extension Tensor {
  /// A copy of a matrix.
  fileprivate init(copying x: Matrix) {
    // A view may have gaps between rows, a tensor has none.
    self.init(shape: [x.rows, x.columns]) { Matrix($0, x.rows, x.columns).copy(x) }
  }
}
