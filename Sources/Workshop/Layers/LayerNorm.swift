import FoxKernels

/// Layer normalisation: each row is shifted to mean 0 and scaled to variance 1, then mapped by a
/// learned weight and bias.
///
/// `y = (x − μ) / √(σ² + ε) · w + b`, with the biased variance. Source: Ba et al. 2016;
/// `torch.nn.LayerNorm`. SPEC `LAYER-2`.
public struct LayerNorm: Sendable {
  /// The learned scale, `[C]`.
  public let weight: Tensor
  /// The learned shift, `[C]`.
  public let bias: Tensor
  /// What is added to the variance.
  public let epsilon: Float

  /// A normalisation with the given parameters.
  ///
  /// - Throws: ``Fault`` when they are not vectors of one length.
  public init(weight: Tensor, bias: Tensor, epsilon: Float) throws(Fault) {
    guard weight.shape.count == 1 else { throw .badShape(weight.shape) }
    guard bias.shape == weight.shape else { throw .badShape(bias.shape) }
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// Normalises `rows` rows of `[rows, C]`; `y` may be `x`.
  public func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>
  ) {
    let channels = weight.count
    Parallel.ranges(rows, grain: grain) { range in
      for row in range {
        Rows.layerNorm(
          x + row * channels, weight: weight.pointer, bias: bias.pointer, epsilon: epsilon,
          y + row * channels, count: channels)
      }
    }
  }

  /// A thread is worth waking for about 20 rows of GPT-2 small.
  var grain: Int { max(1, 16_384 / max(1, weight.count)) }
}
