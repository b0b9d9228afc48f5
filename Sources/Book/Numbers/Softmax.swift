import Foundation

/// # Softmax and cross-entropy
///
/// Scores become probabilities: `softmax(x)ᵢ = exp xᵢ / Σⱼ exp xⱼ`. The greatest score is subtracted
/// first, which changes nothing and keeps every exponential at or below 1.
///
/// The sum is taken in double precision: the 50,000 small terms of a vocabulary, each added to one
/// large float32, would all be rounded to the same side.
///
/// Source: `torch.softmax`, `torch.log_softmax`, `torch.nn.CrossEntropyLoss`.
extension Plain {
  package static func softmax(_ x: Matrix, _ seen: Int?) {
    for r in 0..<x.rows {
      let row = x[r]
      // What comes later is not seen: its weight is 0, as if its score were −∞.
      let end = min(seen.map { $0 + r } ?? row.count, row.count)
      let (greatest, sum) = shiftedSum(row[..<end])
      for c in row.indices { row[c] = c < end ? Float(Double(exp(row[c] - greatest)) / sum) : 0 }
    }
  }

  package static func logSoftmax(
    _ x: Matrix, _ y: Matrix, _ totals: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<x.rows {
      let (greatest, sum) = shiftedSum(x[r][...])
      let logSum = Float(log(sum))
      for c in 0..<x.columns { y[r][c] = x[r][c] - greatest - logSum }
      totals[r] = greatest + logSum
    }
  }

  /// The greatest number and `Σ exp(x − greatest)`.
  private static func shiftedSum(
    _ row: Slice<UnsafeMutableBufferPointer<Float>>
  ) -> (greatest: Float, sum: Double) {
    // NaN compares false and is passed over here; it shows in the sum.
    let greatest = row.reduce(-Float.infinity) { $1 > $0 ? $1 : $0 }
    return (greatest, row.reduce(0.0) { $0 + Double(exp($1 - greatest)) })
  }

  /// Each `pⱼ` depends on every score: `∂pⱼ/∂sᵢ = pⱼ (δᵢⱼ − pᵢ)`. Summed with the gradients `dpⱼ`:
  ///
  ///     dsᵢ = Σⱼ dpⱼ pⱼ (δᵢⱼ − pᵢ) = pᵢ (dpᵢ − Σⱼ pⱼ dpⱼ)
  ///
  /// `scale` is what the products of queries and keys were multiplied by before the softmax.
  package static func softmaxBackward(_ p: Matrix, _ scale: Float, _ dp: Matrix) {
    for r in 0..<p.rows {
      let (p, d) = (p[r], dp[r])
      var mean: Float = 0
      for c in p.indices { mean += p[c] * d[c] }
      for c in p.indices { d[c] = scale * p[c] * (d[c] - mean) }
    }
  }

  /// With `loss = −log p[label] = log Σ exp x − x[label]`, the gradient is what a reader would guess:
  /// the probabilities, less 1 at the label.
  package static func crossEntropy(
    _ x: Matrix, _ labels: UnsafePointer<Int32>, _ scale: Float,
    _ losses: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<x.rows {
      let row = x[r]
      guard labels[r] >= 0 else {
        row.update(repeating: 0)
        losses[r] = 0
        continue
      }
      let label = Int(labels[r])
      let (greatest, sum) = shiftedSum(row[...])
      losses[r] = Float(log(sum)) + greatest - row[label]
      for c in row.indices { row[c] = scale * Float(Double(exp(row[c] - greatest)) / sum) }
      row[label] -= scale
    }
  }
}
