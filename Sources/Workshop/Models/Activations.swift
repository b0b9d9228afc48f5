import Foundation
import FoxKernels

/// Activations beside the chapter's two forms of GELU, by their names in transformers:
///
///     relu     max(0, x)            silu          x σ(x), also called swish
///     tanh     tanh x               quick_gelu    x σ(1.702 x)
///
/// With `y = x σ(k x)` the slope is `σ + k x σ (1 − σ)`, by the product rule and `σ′ = σ (1 − σ)`.
///
/// Source: `ACT2FN` of transformers 4.17.0 (`activations.py`). SPEC `LAYER-15`.
extension Activation {
  package static let all: [Activation] = [.gelu, .geluTanh, .relu, .silu, .tanh, .quickGELU]

  // NaN stays NaN, as in PyTorch: `max(0, x)` would hide a damaged weight. The slope at 0 is 0.
  package static let relu = Activation("relu") { $0 <= 0 ? (0, 0) : ($0, 1) }
  package static let tanh = Activation("tanh") { x in
    let y = Foundation.tanh(x)
    return (y, 1 - y * y)
  }
  package static let silu = Activation("silu", steepness: 1)
  // The logistic curve at 1.702 x is nearly the normal distribution's.
  package static let quickGELU = Activation("quick_gelu", steepness: 1.702)

  private init(_ name: String, steepness k: Float) {
    self.init(name) { x in
      let s = 1 / (1 + exp(-k * x))
      return (x * s, s * (1 + k * x * (1 - s)))
    }
  }

  /// - Parameter at: f(x) and f′(x).
  private init(_ name: String, at: @escaping @Sendable (Float) -> (value: Float, slope: Float)) {
    self.init(
      name: name,
      forward: { x, y in
        Self.each(x) { r in for c in 0..<x.columns { y[r][c] = at(x[r][c]).value } }
      },
      backward: { dy, x in
        Self.each(x) { r in for c in 0..<x.columns { dy[r][c] *= at(x[r][c]).slope } }
      })
  }

  /// Rows are shared among threads: a token's numbers depend on no other's.
  private static func each(_ x: Matrix, _ body: (_ row: Int) -> Void) {
    Operations.current.ranges(x.rows, 16) { rows in for r in rows { body(r) } }
  }
}
