/// # Products
///
/// `y[i][j] = Σₖ a[i][k] b[k][j]`. Nine tenths of a transformer's time are spent here.
///
/// The order of the three loops matters: with `j` innermost, the loop runs along a row of `b` and a
/// row of `y`, whose numbers lie next to each other in memory. By hand:
///
///     (1 2) (5 6)   (1·5 + 2·7  1·6 + 2·8)   (19 22)
///     (3 4) (7 8) = (3·5 + 4·7  3·6 + 4·8) = (43 50)
///
/// Source: level 3 of BLAS (Dongarra et al. 1990). PyTorch calls `sgemm`, which takes the sums in
/// another order: the last digits differ.
///
/// What it does not do: it does not cut the matrices into blocks that fit the cache, which is most
/// of what a fast product does.
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

  /// `y = x w + bias`: a linear map.
  package static func linear(_ x: Matrix, _ w: Factor, _ bias: Reading?, _ y: Matrix) {
    // `torch.nn.Linear`, and transformers' `Conv1D`, which stores `w` transposed.
    if case .packed(let packed) = w.start {
      packed.product(x, into: y)
    } else {
      product(Factor(x), w, 1, false, y)  // [N, in] [in, out] → [N, out]
    }
    // The bias [out] is added to each of N rows.
    guard let bias else { return }
    for r in 0..<y.rows { for c in 0..<y.columns { y[r][c] += bias[c] } }
  }

  /// `scores[i] = scale · q · keys[slots[i]]`: how well one query matches each of some keys.
  package static func slotScores(
    _ q: Reading, _ keys: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ scale: Float,
    _ scores: Writing
  ) {
    // The keys of a text may lie anywhere in a table: q [D], keys [slots of the cache, D] → scores
    // [slots of this text].
    for (i, slot) in slots.enumerated() {
      let key = keys[Int(slot)]
      // The numbers of a key lie next to each other, so this is as good as a row of a product.
      var sum: Float = 0
      for c in key.indices { sum += q[c] * key[c] }
      // The scale, usually 1/√D, keeps scores of long vectors from growing with their length.
      scores[i] = sum * scale
    }
  }

  /// `out = Σ weights[i] · values[slots[i]]`: the mean of some values, each with its weight.
  package static func slotSum(
    _ values: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ weights: Reading, _ out: Writing
  ) {
    // weights [slots of this text], values [slots of the cache, D] → out [D]. Weights are the
    // softmax of the scores, so they add up to 1.
    out.update(repeating: 0, count: values.columns)
    for (i, slot) in slots.enumerated() {
      let value = values[Int(slot)]
      for c in value.indices { out[c] += weights[i] * value[c] }
    }
  }
}

extension Factor {
  /// The number in row `i` and column `k`.
  fileprivate subscript(i: Int, k: Int) -> Float {
    switch start {
    case .f32(let start): start[i * steps.row + k * steps.column]
    case .bf16(let start): Float(bf16: start[i * steps.row + k * steps.column])
    case .packed(let packed): packed[i * steps.row + k * steps.column]
    }
  }
}
