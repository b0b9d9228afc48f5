import FoxKernels

extension LayerNorm {
  /// As ``forward(_:rows:into:)``, keeping what the backward pass needs.
  ///
  /// - Parameter stats: `[rows, 2]`: the mean `μ` and `1 / √(σ² + ε)` of each row.
  public func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    stats: UnsafeMutablePointer<Float>
  ) {
    let channels = weight.count
    Parallel.ranges(rows, grain: grain) { range in
      for row in range {
        Rows.layerNorm(
          x + row * channels, weight: weight.pointer, bias: bias.pointer, epsilon: epsilon,
          y + row * channels, stats: stats + 2 * row, count: channels)
      }
    }
  }

  /// The backward pass. With `x̂ = (x − μ) / σ` and `g = dy · w`:
  /// `dx += (g − mean(g) − x̂ mean(g x̂)) / σ`, `dw += Σ dy x̂`, `db += Σ dy`. SPEC `LAYER-6`.
  ///
  /// - Parameters:
  ///   - dy: `[rows, C]`, the gradient of `y`.
  ///   - x: `[rows, C]`, what the forward pass was given.
  ///   - stats: What it kept.
  ///   - dx: `[rows, C]`, added to: the residual connection has put its gradient there.
  ///   - parameters: What holds this layer's weight and bias.
  public func backward(
    _ dy: UnsafePointer<Float>, x: UnsafePointer<Float>, stats: UnsafePointer<Float>, rows: Int,
    addingTo dx: UnsafeMutablePointer<Float>, parameters: Parameters
  ) {
    let channels = weight.count
    Parallel.ranges(rows, grain: grain) { range in
      for row in range {
        let start = row * channels
        Rows.layerNormBackward(
          x + start, dy + start, weight: weight.pointer, stats: stats + 2 * row,
          addingTo: dx + start, count: channels)
      }
    }
    Columns.layerNormBackward(
      x, dy, stats: stats, rows: rows, weight: parameters.gradient(of: weight.pointer),
      bias: parameters.gradient(of: bias.pointer), count: channels)
  }
}
