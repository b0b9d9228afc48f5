import Foundation
import FoxNumbers

/// # Activations
///
/// The function between the two maps of a feed-forward network. Without it two linear maps in a row
/// would amount to one.
///
///     gelu        x Φ(x)                silu          x σ(x)
///     gelu_new    the same by tanh      quick_gelu    x σ(1.702 x)
///     relu        max(0, x)             tanh          tanh x
///
/// With `y = x σ(k x)` the slope is `σ + k x σ (1 − σ)`, by the product rule and `σ′ = σ (1 − σ)`.
/// Chapter Numbers has the two forms of GELU (`GELU.swift`), which GPT-2 and BERT were trained with.
///
/// Source: `ACT2FN` of transformers 4.17.0 (`activations.py`). SPEC `LAYER-6`, `LAYER-15`.
///
/// What it does not do: only GELU has an entry in the table of operations. The others are rare.
public enum Activation: String, CaseIterable, Sendable {
  /// BERT's.
  case gelu
  /// GPT-2's.
  case geluTanh = "gelu_new"
  /// `max(0, x)`
  case relu
  /// `x σ(x)`, also called swish.
  case silu
  /// `x σ(1.702 x)`: close to GELU.
  case quickGELU = "quick_gelu"
  /// The hyperbolic tangent.
  case tanh

  /// `y = f(x)`; `y` may be `x`.
  package func forward(_ x: Matrix, into y: Matrix) {
    switch self {
    case .gelu: Operations.current.gelu(.erf, x, y)
    case .geluTanh: Operations.current.gelu(.tanh, x, y)
    default:
      each(x) { r in for c in 0..<x.columns { y[r][c] = value(x[r][c]) } }
    }
  }

  /// `dy · f′(x)`, over `dy`. `x` is the input: GELU falls before it rises, so its slope cannot be told
  /// from its output.
  package func backward(_ dy: Matrix, x: Matrix) {
    switch self {
    case .gelu: Operations.current.geluBackward(.erf, x, dy)
    case .geluTanh: Operations.current.geluBackward(.tanh, x, dy)
    default:
      each(x) { r in for c in 0..<x.columns { dy[r][c] = product(dy[r][c], x[r][c]) } }
    }
  }

  /// Rows are shared among threads: a token's numbers depend on no other's.
  private func each(_ x: Matrix, _ body: (_ row: Int) -> Void) {
    Operations.current.ranges(x.rows, 16) { rows in for r in rows { body(r) } }
  }

  private func value(_ x: Float) -> Float {
    switch self {
    // NaN stays NaN, as in PyTorch: `max(0, x)` would hide a damaged weight.
    case .relu: x < 0 ? 0 : x
    case .tanh: Foundation.tanh(x)
    default: x * sigmoid(steepness * x)  // silu and quick_gelu
    }
  }

  /// `dy · f′(x)`
  private func product(_ dy: Float, _ x: Float) -> Float {
    switch self {
    // The slope at 0 is taken as 0, as PyTorch's is (`threshold_backward`).
    case .relu: return x <= 0 ? 0 : dy
    case .tanh:
      let y = Foundation.tanh(x)
      return dy * (1 - y * y)
    default:  // silu and quick_gelu
      let s = sigmoid(steepness * x)
      return dy * s * (1 + steepness * x * (1 - s))
    }
  }

  private func sigmoid(_ x: Float) -> Float { 1 / (1 + Foundation.exp(-x)) }

  /// `k`. The logistic curve at 1.702 x is nearly the normal distribution's.
  private var steepness: Float { self == .quickGELU ? 1.702 : 1 }
}
