import CFoxKernels

/// The backward passes of functions over one row, and dropout. `dx` may be `dy`.
extension Rows {
  /// What dropout did to some numbers.
  public struct Kept {
    /// 1 for a number that was kept, 0 for one that was dropped.
    public let flags: UnsafePointer<UInt8>
    /// What kept numbers were multiplied by: `1 / (1 − p)`.
    public let scale: Float

    /// Flags and the factor of what they keep.
    public init(flags: UnsafePointer<UInt8>, scale: Float) {
      self.flags = flags
      self.scale = scale
    }

    /// The flags from number `offset` on.
    public func from(_ offset: Int) -> Kept { Kept(flags: flags + offset, scale: scale) }
  }

  /// `dx = dy · gelu′(x)`, for the tanh form.
  public static func geluTanhBackward(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    fox_gelu_tanh_backward(x, dy, dx, count)
  }

  /// `dx = dy · gelu′(x)`, for the exact form.
  public static func geluErfBackward(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    fox_gelu_erf_backward(x, dy, dx, count)
  }

  /// `ds = scale · p (dp − Σ p dp)`, where `p` is the softmax of `scale · s`; `ds` may be `dp`.
  public static func softmaxBackward(
    _ p: UnsafePointer<Float>, _ dp: UnsafePointer<Float>, scale: Float,
    _ ds: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_softmax_backward_row(p, dp, scale, ds, count)
  }

  /// `dx += (dy w − mean(dy w) − x̂ mean(dy w x̂)) / σ`, where `x̂ = (x − μ) / σ` and `stats` holds `μ`
  /// and `1 / σ`.
  public static func layerNormBackward(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    stats: UnsafePointer<Float>, addingTo dx: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_layer_norm_backward_row(x, dy, weight, stats[0], stats[1], dx, count)
  }

  /// `−log softmax(logits)[label]`; the logits are replaced by its gradient, times `scale`:
  /// `scale · (softmax(logits) − [label])`. Source: `torch.nn.CrossEntropyLoss`.
  public static func crossEntropy(
    _ logits: UnsafeMutablePointer<Float>, label: Int, scale: Float, count: Int
  ) -> Float {
    fox_cross_entropy_row(logits, label, scale, count)
  }

  /// `to = from` where kept, times the scale; `to` may be `from`. Without `kept` all is kept.
  public static func keep(
    _ kept: Kept?, of from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let kept {
      fox_keep(from, kept.flags, kept.scale, to, count)
    } else if from != UnsafePointer(to) {
      to.update(from: from, count: count)
    }
  }

  /// `to = sum + keep(from)`. Without `kept` all is kept.
  public static func add(
    _ sum: UnsafePointer<Float>, _ kept: Kept?, of from: UnsafePointer<Float>,
    _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let kept {
      fox_add_kept(sum, from, kept.flags, kept.scale, to, count)
    } else {
      to.update(from: sum, count: count)
      fox_add(from, to, count)
    }
  }
}

/// Sums over the rows of a matrix, column by column. Threads share columns, so that each sum is taken
/// in the order of the rows whatever their number.
public enum Columns {
  /// The fewest columns worth a thread of their own.
  private static let grain = 64

  /// `to += Σ rows of from`, for `from` `[rows, count]`: the gradient of a bias.
  public static func add(
    _ from: UnsafePointer<Float>, rows: Int, to: UnsafeMutablePointer<Float>, count: Int
  ) {
    Parallel.ranges(count, grain: grain) { range in
      fox_add_columns(from, rows, count, range.lowerBound, range.upperBound, to)
    }
  }

  /// `weight += Σ dy x̂`, `bias += Σ dy`: the gradients of a LayerNorm's parameters.
  ///
  /// - Parameter stats: `[rows, 2]`: mean and `1 / σ` of each row of `x`.
  public static func layerNormBackward(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, stats: UnsafePointer<Float>, rows: Int,
    weight: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>, count: Int
  ) {
    Parallel.ranges(count, grain: grain) { range in
      fox_layer_norm_backward_columns(
        x, dy, stats, rows, count, range.lowerBound, range.upperBound, weight, bias)
    }
  }
}
