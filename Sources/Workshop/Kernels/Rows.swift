import CFoxKernels
import Foundation

/// Functions over one row of numbers. `to` may be `from`.
public enum Rows {
  /// `exp(x − max) / Σ exp(x − max)`. Source: `torch.softmax`.
  public static func softmax(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_softmax_row(from, to, count)
  }

  /// `x − max − log Σ exp(x − max)`. Source: `torch.log_softmax`.
  ///
  /// - Returns: `max + log Σ exp(x − max)`. It is not finite exactly when an element is NaN or +∞,
  ///   or when all are −∞: one test of it replaces a scan of the row.
  @discardableResult
  public static func logSoftmax(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    fox_log_softmax_row(from, to, count)
  }

  /// The log-softmax of many rows, on several threads.
  ///
  /// - Parameters:
  ///   - stride: From one row of `from` to the next; 0 to take one row again and again.
  ///   - to: `[rows, count]`.
  /// - Returns: What ``logSoftmax(_:_:count:)`` returns, for each row.
  public static func logSoftmax(
    _ from: UnsafePointer<Float>, rows: Int, stride: Int, _ to: UnsafeMutablePointer<Float>,
    count: Int
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows) { totals, filled in
      if let totals = totals.baseAddress {
        Parallel.ranges(rows, grain: max(1, 16_384 / max(1, count))) { range in
          for row in range {
            totals[row] = logSoftmax(from + row * stride, to + row * count, count: count)
          }
        }
      }
      filled = rows
    }
  }

  /// GELU in its tanh form, `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, for each element.
  /// Source: Hendrycks and Gimpel 2016; `gelu_new` of transformers.
  public static func geluTanh(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_gelu_tanh(from, to, count)
  }

  /// `(x − mean) / √(variance + ε) · weight + bias`, with the biased variance. Source: Ba et al.
  /// 2016; `torch.nn.LayerNorm`.
  ///
  /// - Parameter stats: Where the mean and `1 / √(variance + ε)` go, for the backward pass.
  public static func layerNorm(
    _ from: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    epsilon: Float, _ to: UnsafeMutablePointer<Float>, stats: UnsafeMutablePointer<Float>? = nil,
    count: Int
  ) {
    fox_layer_norm_row(from, weight, bias, epsilon, to, stats, count)
  }

  /// GELU in its exact form, `0.5 x (1 + erf(x / √2))`, for each element. Source: `torch.nn.GELU`.
  public static func geluErf(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_gelu_erf(from, to, count)
  }

  /// The index of the greatest element; of equal ones the first. 0 when every element is NaN.
  public static func largest(_ row: UnsafePointer<Float>, count: Int) -> Int {
    Int(fox_argmax(row, count))
  }

  /// `to += from`.
  public static func add(
    _ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_add(from, to, count)
  }

  /// `scores[i] = scale · Σ q · keys[slots[i]]`, for rows of `keys` that are `stride` apart.
  public static func scores(
    _ q: UnsafePointer<Float>, _ keys: UnsafePointer<Float>, stride: Int,
    slots: UnsafeBufferPointer<Int32>, size: Int, scale: Float,
    into scores: UnsafeMutablePointer<Float>
  ) {
    guard let start = slots.baseAddress else { return }
    fox_slot_scores(q, keys, stride, start, slots.count, size, scale, scores)
  }

  /// `out = Σ weights[i] · values[slots[i]]`, for rows of `values` that are `stride` apart.
  public static func sum(
    _ values: UnsafePointer<Float>, stride: Int, slots: UnsafeBufferPointer<Int32>,
    weights: UnsafePointer<Float>, size: Int, into out: UnsafeMutablePointer<Float>
  ) {
    guard let start = slots.baseAddress else { return }
    fox_slot_sum(values, stride, start, weights, slots.count, size, out)
  }
}
