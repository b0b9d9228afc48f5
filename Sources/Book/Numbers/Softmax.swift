import Foundation

/// # Softmax and cross-entropy
///
/// Scores become probabilities: `softmax(x)ᵢ = exp xᵢ / Σⱼ exp xⱼ`. The greatest score is
/// subtracted first, which changes nothing and keeps every exponential at or below 1:
///
///     softmax(x)ᵢ     = exp(xᵢ − m) / Σⱼ exp(xⱼ − m)            m = max x
///     log softmax(x)ᵢ = xᵢ − m − log Σⱼ exp(xⱼ − m)
///
/// For example the scores (0, ln 3) have the probabilities (¼, ¾). The sum is taken in double
/// precision: the 50,000 small terms of a vocabulary, each added to one large float32, would all be
/// rounded to the same side.
///
/// Source: `torch.softmax`, `torch.log_softmax`, `torch.nn.CrossEntropyLoss`. It has no
/// temperature, and it does not add a mask of −∞ to the scores.
extension Plain {
  /// Each row becomes its softmax. With `seen`, row `r` sees only its first `seen + r` numbers; the
  /// others become 0.
  package static func softmax(_ x: Matrix, _ seen: Int?) {
    for r in 0..<x.rows {
      let row = x[r]  // [T, T] in attention, in place
      // What comes later is not seen: its weight is 0, as if its score were −∞. With P tokens in a
      // cache, `seen` is P + 1, and query r sees itself, the queries before it and the cache.
      let end = min(seen.map { $0 + r } ?? row.count, row.count)
      let (greatest, sum) = shiftedSum(row[..<end])  // of what is seen
      // Exponentials in float32, as PyTorch takes them; only their sum needs more digits.
      for c in row.indices { row[c] = c < end ? Float(Double(exp(row[c] - greatest)) / sum) : 0 }
    }
  }

  /// `y = log softmax(x)` for each row; `y` may be `x`. `totals`, one for each row, are
  /// `log Σ exp x`: not finite exactly when the row holds a NaN or +∞ or nothing but −∞.
  package static func logSoftmax(_ x: Matrix, _ y: Matrix, _ totals: Writing) {
    for r in 0..<x.rows {
      let (greatest, sum) = shiftedSum(x[r][...])  // of a row [V]
      let logSum = Float(log(sum))  // log Σ exp(x − m)
      // In this order x − m is at most 0 and exact where it matters, near the greatest score.
      for c in 0..<x.columns { y[r][c] = x[r][c] - greatest - logSum }
      totals[r] = greatest + logSum  // m + log Σ exp(x − m) = log Σ exp x
    }
  }

  /// The greatest number and `Σ exp(x − greatest)`.
  private static func shiftedSum(
    _ row: Slice<UnsafeMutableBufferPointer<Float>>
  ) -> (greatest: Float, sum: Double) {
    // NaN compares false and is passed over here; it shows in the sum. So do +∞ and a row of
    // nothing but −∞: m − m is ∞ − ∞, which is NaN.
    let greatest = row.reduce(-Float.infinity) { $1 > $0 ? $1 : $0 }
    return (greatest, row.reduce(0.0) { $0 + Double(exp($1 - greatest)) })
  }

  /// Each `pⱼ` depends on every score: `∂pⱼ/∂sᵢ = pⱼ (δᵢⱼ − pᵢ)`. Summed with the gradients `dpⱼ`:
  ///
  ///     dsᵢ = Σⱼ dpⱼ pⱼ (δᵢⱼ − pᵢ) = pᵢ (dpᵢ − Σⱼ pⱼ dpⱼ)
  ///
  /// `scale` is what scores were multiplied by before the softmax. `ds` is written over `dp`.
  package static func softmaxBackward(_ p: Matrix, _ scale: Float, _ dp: Matrix) {
    for r in 0..<p.rows {
      let (p, d) = (p[r], dp[r])  // rows of [T, T]
      let mean = p.indices.reduce(Float(0)) { $0 + p[$1] * d[$1] }  // of dp, weighted by p
      // Where p is 0, because a token is not seen, no gradient flows to its score.
      for c in p.indices { d[c] = scale * p[c] * (d[c] - mean) }
    }
  }

  /// The losses `−log p[label] = log Σ exp x − x[label]` of each row; `x` becomes their gradient
  /// times `scale`: the probabilities, less 1 at the label. Rows with a negative label have
  /// neither.
  package static func crossEntropy(
    _ x: Matrix, _ labels: UnsafePointer<Int32>, _ scale: Float, _ losses: Writing
  ) {
    for r in 0..<x.rows {
      let (row, label) = (x[r], Int(labels[r]))  // scores [N, V], labels [N]
      // −100 is PyTorch's `ignore_index`. The row may hold anything, so its gradient is set and not
      // multiplied by 0.
      guard label >= 0 else {
        row.update(repeating: 0)  // no gradient
        losses[r] = 0  // and no loss
        continue
      }
      let (greatest, sum) = shiftedSum(row[...])  // m and Σ exp(x − m)
      // The loss first: the next line writes over the score of the label.
      losses[r] = Float(log(sum)) + greatest - row[label]
      // In place: the scores of a vocabulary are the largest matrix of a model, and nobody needs
      // them any more. `scale` is 1 over the number of labels when the loss is their mean.
      for c in row.indices { row[c] = scale * Float(Double(exp(row[c] - greatest)) / sum) }
      row[label] -= scale  // p − 1 at the label
    }
  }

  /// The index of the greatest number; of equal ones the first, 0 when all are NaN: `torch.argmax`.
  package static func largest(_ x: Reading, _ count: Int) -> Int {
    var (best, index) = (-Float.infinity, 0)
    for i in 0..<count where x[i] > best { (best, index) = (x[i], i) }  // NaN is never greater
    return index
  }
}
