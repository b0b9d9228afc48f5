import CFoxKernels
import Foundation

/// Functions over rows of numbers for code that has pointers. `to` may be `from`. What models
/// compute with is in ``Kernels``.
package enum Rows {
  /// `exp(x − max) / Σ exp(x − max)`. Source: `torch.softmax`.
  package static func softmax(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, count: Int
  ) {
    fox_softmax_row(from, to, count)
  }

  /// `x − max − log Σ exp(x − max)`. Source: `torch.log_softmax`.
  ///
  /// - Returns: `max + log Σ exp(x − max)`. It is not finite exactly when an element is NaN or +∞,
  ///   or when all are −∞: one test of it replaces a scan of the row.
  @discardableResult
  package static func logSoftmax(
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
  package static func logSoftmax(
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
}

extension Tensor {
  /// The index and value of the first element that is NaN or infinite. One NaN in a model makes all
  /// of its results NaN, so the index is worth reporting.
  ///
  /// - Complexity: O(*n*).
  package var firstNonFinite: (index: Int, value: Float)? {
    withPointer { elements in
      elements.firstIndex { !$0.isFinite }.map { ($0, elements[$0]) }
    }
  }
}
