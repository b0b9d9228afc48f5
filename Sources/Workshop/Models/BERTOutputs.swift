import FoxKernels

/// What is made of the hidden states of a text.
public enum BERTPooling: String, CaseIterable, Sendable {
  /// The mean over its tokens, special ones too, as sentence-transformers takes it.
  case mean
  /// The state of its first token.
  case cls
  /// What the pooler makes of the first token.
  case pooler
}

/// The hidden states of a batch's tokens, without padding.
package struct BERTHiddenStates: Sendable {
  /// `[N, C]`: text after text.
  package let states: Tensor
  /// The rows of each text.
  package let rows: [Range<Int>]

  /// A copy: the next call uses the arena's memory again.
  fileprivate init(_ x: Matrix, _ pass: Pass) {
    (states, rows) = (Tensor(copying: x), pass.rows.sequences)
  }
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
  package func hiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(Fault) -> BERTHiddenStates {
    defer { withExtendedLifetime(arena) {} }  // views of it do not keep it
    let rows = try TokenRows(batch, configuration)  // throws before anything is computed
    arena.reset()
    let pass = Pass(rows, through: body, arena)
    return BERTHiddenStates(body.forward(pass), pass)  // [N, C]
  }

  /// All hidden states: of the embeddings, then after each layer.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``.
  package func allHiddenStates(
    _ batch: BERTBatch, arena: Arena = Arena()
  ) throws(Fault) -> [BERTHiddenStates] {
    defer { withExtendedLifetime(arena) {} }
    let rows = try TokenRows(batch, configuration)
    arena.reset()
    let pass = Pass(rows, through: body, arena, keeps: true)
    let last = body.forward(pass)
    // What a layer read is what the one before it gave.
    let states = pass.blocks.map(\.attention.branch.x) + [last]
    return states.map { BERTHiddenStates($0, pass) }
  }

  /// What the pooler makes of the first tokens, `[B, C]`.
  ///
  /// - Throws: As ``embeddings(_:pooling:normalize:arena:)``.
  package func pooled(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    try embeddings(batch, pooling: .pooler, arena: arena)
  }

  /// One vector for each text, `[B, C]`. SPEC `BERT-6`.
  ///
  /// - Parameters:
  ///   - pooling: How hidden states become one.
  ///   - normalize: Whether each vector is divided by its Euclidean length (at least 1e-12).
  /// - Throws: As ``hiddenStates(_:arena:)``, and ``Fault`` for a text that begins with padding, unless
  ///   its mean is taken, and for a model without the pooler that is asked for.
  public func embeddings(
    _ batch: BERTBatch, pooling: BERTPooling = .mean, normalize: Bool = false,
    arena: Arena = Arena()
  ) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    // Before the pass, which takes long, and not after it.
    if pooling == .pooler, pooler == nil { throw .noPooler }
    let rows = try TokenRows(batch, configuration, readsFirst: pooling != .mean)
    arena.reset()
    let x = body.forward(Pass(rows, through: body, arena))
    let vectors =
      switch (pooling, pooler) {
      case (.pooler, let pooler?):
        Self.pool(Self.firstTokens(x, rows.sequences, arena), pooler, arena)
      case (.mean, _): Self.means(x, rows.sequences, arena)
      default: Self.firstTokens(x, rows.sequences, arena)
      }
    // The product of two vectors is then the cosine of the angle between them.
    if normalize { for text in 0..<vectors.rows { Self.normalize(vectors[text]) } }
    return Tensor(copying: vectors)
  }

  /// The mean over the tokens of each text, `[B, C]`.
  private static func means(_ x: Matrix, _ sequences: [Range<Int>], _ arena: Arena) -> Matrix {
    let means = arena.matrix(sequences.count, x.columns)
    means.fill(0)
    for (text, rows) in sequences.enumerated() {
      Operations.current.addColumns(x[rows: rows], means.row(text))
      for c in 0..<x.columns { means[text][c] /= Float(rows.count) }
    }
    return means
  }

  /// Divides a vector by its length, as `torch.nn.functional.normalize`.
  private static func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    // In double precision: squares of float32 may overflow it.
    let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
    let length = Float(max(squares.squareRoot(), 1e-12))
    for c in vector.indices { vector[c] /= length }
  }
}

extension BERTConfiguration {
  /// How many numbers the parameters have; `nil` when they cannot be counted.
  package var parameterCount: Int? { Tensor.count(ofAll: parameters.map(\.shape)) }
}

extension Tensor {
  /// The number of elements of several shapes together; `nil` when they cannot be counted.
  static func count(ofAll shapes: [[Int]]) -> Int? {
    var total = 0
    for shape in shapes {
      // Each count may pass and their sum may not.
      guard let count = try? count(of: shape),
        case (let sum, false) = total.addingReportingOverflow(count)
      else { return nil }
      total = sum
    }
    return total
  }
}
