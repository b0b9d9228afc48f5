import Foundation

/// # GELU
///
/// The curve between two linear maps: `x Φ(x)`, each number times the probability that a standard
/// normal number is below it. Large numbers pass, negative ones fade out, and the bend is smooth.
///
/// - BERT takes `Φ(x) = ½ (1 + erf(x/√2))` as it is;
/// - GPT-2 takes `½ (1 + tanh u)` with `u = √(2/π) (x + 0.044715 x³)`, which was faster once.
///
/// By hand: `gelu(1) = 0.8413`, `gelu(−1) = −0.1587`, and both forms agree to three digits.
///
/// Source: Hendrycks and Gimpel 2016, arXiv 1606.08415; `torch.nn.GELU`, `gelu_new` of
/// transformers. Nothing is kept for the backward pass, which computes `Φ` from `x` again: that
/// costs less than writing and reading one more matrix.
package enum GELU: Sendable {
  case tanh, erf

  /// `√(2/π)`, the slope of `2Φ − 1` at 0: it makes the two forms touch there.
  private static let k = Float((2 / Double.pi).squareRoot())

  /// `2Φ(x) − 1`, in the order in which transformers and PyTorch write it.
  private func bend(_ x: Float) -> Float {
    switch self {
    // The factor 0.044715 was fitted once, so that tanh follows erf as closely as it can.
    case .tanh: Foundation.tanh(Self.k * (x + 0.044715 * x * x * x))
    // x · √½ and not x / √2: PyTorch's kernel multiplies by M_SQRT1_2 too.
    case .erf: Foundation.erf(x * Float(0.5).squareRoot())
    }
  }

  /// `x Φ(x)`
  fileprivate func value(_ x: Float) -> Float { 0.5 * x * (1 + bend(x)) }

  /// The slope, by the product rule: `Φ(x) + x Φ′(x)`. For an infinite `x` it is ∞ · 0 = NaN, as in
  /// PyTorch.
  fileprivate func slope(_ x: Float) -> Float {
    let t = bend(x)  // tanh u or erf(x/√2)
    switch self {
    case .tanh:
      // tanh′ = 1 − tanh², and u′ = √(2/π) (1 + 3 · 0.044715 x²).
      let change = 0.5 * (1 - t * t)  // ½ tanh′(u), 0 where the curve is straight
      // Where it is straight, x² may be infinite although x is not: it is left out there.
      let rest = change == 0 ? 0 * x : x * change * Self.k * (1 + 3 * 0.044715 * x * x)
      return 0.5 * (1 + t) + rest  // Φ + x Φ′
    case .erf:
      // Φ′ is the density of the normal distribution, exp(−x²/2) / √(2π).
      let density = Foundation.exp(-0.5 * x * x) / Float((2 * Double.pi).squareRoot())
      return 0.5 * (1 + t) + x * density  // the same
    }
  }
}

extension Plain {
  /// `y = gelu(x)`; `y` may be `x`.
  package static func gelu(_ form: GELU, _ x: Matrix, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] = form.value(x[r][c]) } }  // [N, C]
  }

  /// `dy · gelu′(x)`, written over `dy`: nobody needs the gradient of the output any more.
  package static func geluBackward(_ form: GELU, _ x: Matrix, _ dy: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { dy[r][c] *= form.slope(x[r][c]) } }  // [N, C]
  }
}
