/// # Layer normalization
///
/// Every row is shifted to mean 0 and scaled to variance 1, then mapped by a learned weight and
/// bias:
///
///     y = x̂ w + b,   x̂ = (x − μ) / σ,   σ = √(mean (x − μ)² + ε)
///
/// For example (1, 3) has μ = 2 and σ = 1, so that x̂ = (−1, 1).
///
/// Source: Ba et al. 2016, arXiv 1607.06450; `torch.nn.LayerNorm`. It learns nothing about batches,
/// so training and inference are the same.
extension Plain {
  /// `y = (x − μ) / σ · w + b` for each row; `y` may be `x`. `stats` are `μ` and `1/σ`.
  package static func layerNorm(
    _ x: Matrix, _ w: Reading, _ b: Reading, _ epsilon: Float, _ y: Matrix, _ stats: Matrix?
  ) {
    let n = Double(x.columns)  // x [N, C], w and b [C] → y [N, C]
    for r in 0..<x.rows {
      // In double precision, because float32 would lose digits where the mean is large and the
      // variance small; and the mean first, because in E[x²] − μ² digits would cancel.
      let mean = x[r].reduce(0.0) { $0 + Double($1) } / n
      let variance = x[r].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
      // A variance beyond float32 must not turn into numbers that look sound: 1/σ would be 0 and
      // the row its bias, as if nothing had happened.
      let isFinite = Float(variance).isFinite
      // ε stands in the root, because a row of equal numbers has variance 0.
      let scale = isFinite ? Float(1 / (variance + Double(epsilon)).squareRoot()) : .nan
      let shift = Float(mean)  // rounded once, after the sums
      // Each number is read before it is written, so that y may be x.
      for c in 0..<x.columns { y[r][c] = (x[r][c] - shift) * scale * w[c] + b[c] }
      if let stats { (stats[r][0], stats[r][1]) = (shift, scale) }  // for the way back, [N, 2]
    }
  }

  /// With `g = dy w`, the gradient of `x̂`. If only `x̂` depended on `x`, `dx` would be `g / σ`;
  /// but μ and σ depend on every `x` of the row too. What they contribute are two means:
  ///
  ///     dx = (g − mean(g) − x̂ mean(g x̂)) / σ
  ///
  /// In words: of `g`, what would shift all numbers alike or stretch them alike has no effect. `dx`
  /// is added to.
  package static func layerNormBackward(
    _ x: Matrix, _ w: Reading, _ stats: Matrix, _ dy: Matrix, _ dx: Matrix
  ) {
    let n = Float(x.columns)  // x, dy and dx are [N, C], stats are [N, 2]
    for r in 0..<x.rows {
      let (x, dy, dx, mean, scale) = (x[r], dy[r], dx[r], stats[r][0], stats[r][1])
      var (g, gx): (Float, Float) = (0, 0)  // Σ dy w and Σ dy w x̂: n times the two means
      for c in x.indices {
        g += dy[c] * w[c]
        gx += dy[c] * w[c] * (x[c] - mean) * scale
      }
      // Added, because dx holds the gradient that went around the layer (the residual path).
      for c in x.indices {
        dx[c] += scale * (dy[c] * w[c] - g / n - (x[c] - mean) * scale * gx / n)
      }
    }
  }

  /// `y = x̂ w + b` is linear in `w` and `b`: `dw += Σ dy x̂`, `db += Σ dy`, over all rows.
  package static func layerNormBackwardColumns(
    _ x: Matrix, _ stats: Matrix, _ dy: Matrix, _ dw: Writing, _ db: Writing
  ) {
    // Apart from `layerNormBackward`, because threads can share rows there and columns here, and
    // never write to the same number.
    for r in 0..<x.rows {
      for c in 0..<x.columns {
        dw[c] += dy[r][c] * (x[r][c] - stats[r][0]) * stats[r][1]  // [N, C] → [C]
        db[c] += dy[r][c]  // as for any bias
      }
    }
  }
}
