/// # Products
///
/// `y[i][j] = Σₖ a[i][k] b[k][j]`. Nine tenths of a transformer's time are spent here.
///
/// The order of the three loops matters: with `j` innermost, the loop runs along a row of `b` and a
/// row of `y`, whose numbers lie next to each other in memory. A row of `b` is copied once for all
/// rows of `a`, which also takes care of transposes and of BF16.
///
/// Source: level 3 of BLAS (Dongarra et al. 1990). PyTorch calls `sgemm`, which takes the sums in
/// another order: the last digits differ.
extension Plain {
  package static func product(
    _ a: Factor, _ b: Factor, _ scale: Float, _ adding: Bool, _ y: Matrix
  ) {
    if !adding { y.fill(0) }
    var row = [Float](repeating: 0, count: y.columns)
    for k in 0..<a.columns {
      b.copyRow(k, into: &row)
      for i in 0..<y.rows {
        let (factor, sums) = (scale * a[i, k], y[i])
        for j in sums.indices { sums[j] += factor * row[j] }
      }
    }
  }

  /// A linear map: `torch.nn.Linear`, and `Conv1D` of transformers, which stores `w` transposed.
  package static func linear(
    _ x: Matrix, _ w: Factor, _ bias: UnsafePointer<Float>?, _ y: Matrix
  ) {
    product(Factor(x), w, 1, false, y)  // [N, in] [in, out] → [N, out]
    guard let bias else { return }
    for r in 0..<y.rows { for c in 0..<y.columns { y[r][c] += bias[c] } }
  }

  /// How well one query matches each of some keys, which may lie anywhere in a table.
  package static func slotScores(
    _ q: UnsafePointer<Float>, _ keys: Matrix, _ slots: UnsafeBufferPointer<Int32>,
    _ scale: Float, _ scores: UnsafeMutablePointer<Float>
  ) {
    for (i, slot) in slots.enumerated() {
      let key = keys[Int(slot)]
      var sum: Float = 0
      for c in key.indices { sum += q[c] * key[c] }
      scores[i] = sum * scale
    }
  }

  /// The mean of some values, each with its weight.
  package static func slotSum(
    _ values: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ weights: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>
  ) {
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
    }
  }

  fileprivate func copyRow(_ k: Int, into row: inout [Float]) {
    for j in row.indices { row[j] = self[k, j] }
  }
}
