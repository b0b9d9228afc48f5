/// # Products and sums
///
/// `y[i][j] = Σₖ a[i][k] b[k][j]`. Nine tenths of a transformer's time are spent here. By hand:
///
///     (1 2) (5 6)   (1·5 + 2·7  1·6 + 2·8)   (19 22)
///     (3 4) (7 8) = (3·5 + 4·7  3·6 + 4·8) = (43 50)
///
/// The order of the three loops matters: with `j` innermost, the loop runs along a row of `b` and a
/// row of `y`, whose numbers lie next to each other in memory.
///
/// Source: level 3 of BLAS (Dongarra et al. 1990). PyTorch calls `sgemm`, which takes the sums in
/// another order: the last digits differ. The plain product does not cut the matrices into blocks
/// that fit the cache, which is most of what a fast one does.
extension Plain {
  /// `y = scale · a b`, or `y += scale · a b` when `adding`.
  package static func product(
    _ a: Factor, _ b: Factor, _ scale: Float, _ adding: Bool, _ y: Matrix
  ) {
    // Filled, not multiplied by 0: memory of an arena may hold NaN, and 0 · NaN is NaN.
    if !adding { y.fill(0) }
    // a [N, K], b [K, M] → y [N, M]. Step k adds the product of column k of a and row k of b.
    var row = [Float](repeating: 0, count: y.columns)
    for k in 0..<a.columns {
      // Once for all rows of a: a row of a transpose is a column of memory, and BF16 is widened.
      for j in row.indices { row[j] = b[k, j] }
      for i in 0..<y.rows {
        let (factor, sums) = (scale * a[i, k], y[i])  // a number, and a row [M] of y
        for j in sums.indices { sums[j] += factor * row[j] }
      }
    }
  }

  /// `y = x w + bias`: a linear map, `torch.nn.Linear`.
  package static func linear(_ x: Matrix, _ w: Factor, _ bias: Reading?, _ y: Matrix) {
    if case .packed(let packed) = w.start {
      packed.product(x, into: y)
    } else {
      product(x.factor, w, 1, false, y)  // [N, in] [in, out] → [N, out]
    }
    guard let bias else { return }  // [out], added to each of N rows
    for r in 0..<y.rows { for c in 0..<y.columns { y[r][c] += bias[c] } }
  }

  /// `y += x`
  package static func add(_ x: Matrix, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] += x[r][c] } }  // [N, C] + [N, C]
  }

  /// `y += Σ rows of x`: the gradient of a bias, which was added to every row.
  package static func addColumns(_ x: Matrix, _ y: Writing) {
    // [N, C] → [C]. Row by row, so that memory is read in order; each sum has N terms.
    for r in 0..<x.rows { for c in 0..<x.columns { y[c] += x[r][c] } }
  }

  /// `scores[i] = scale · q · keys[slots[i]]`: how well one query matches each of some keys, which
  /// may lie anywhere in the table of a cache.
  package static func slotScores(
    _ q: Reading, _ keys: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ scale: Float,
    _ scores: Writing
  ) {
    // q [D], keys [slots of the cache, D] → scores [slots of this text]
    for (i, slot) in slots.enumerated() {
      let key = keys[Int(slot)]  // a row, [D]
      let match = key.indices.reduce(Float(0)) { $0 + q[$1] * key[$1] }
      // The scale, usually 1/√D, keeps scores of long vectors from growing with their length.
      scores[i] = match * scale
    }
  }

  /// `out = Σ weights[i] · values[slots[i]]`: the mean of some values, whose weights add up to 1.
  package static func slotSum(
    _ values: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ weights: Reading, _ out: Writing
  ) {
    // weights [slots of this text], values [slots of the cache, D] → out [D]
    out.update(repeating: 0, count: values.columns)  // whatever lies there goes
    for (i, slot) in slots.enumerated() {
      let value = values[Int(slot)]  // a row, [D]
      for c in value.indices { out[c] += weights[i] * value[c] }
    }
  }
}

extension Factor {
  /// The number in row `i` and column `k`.
  fileprivate subscript(i: Int, k: Int) -> Float {
    switch start {
    case .f32(let start): start[i * steps.row + k * steps.column]
    case .bf16(let start): Float(bf16: start[i * steps.row + k * steps.column])  // exact
    case .packed(let packed): packed[i * steps.row + k * steps.column]
    }
  }
}
