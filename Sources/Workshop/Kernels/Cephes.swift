/// # Logarithm, sine and cosine to the last bit
///
/// PyTorch's normal numbers go through the single-precision functions of the Cephes library, with
/// the fused operations of its vectorized build. Those of the system differ in the last bit here
/// and there, and a weight that differs in one bit is another weight: so they are written out.
///
/// Argument reduction brings the number into a small interval. There a polynomial, close to the
/// Taylor series but with its error spread evenly, is good to the last bit:
///
///     ln x  = e ln 2 + ln(1 + m)              x = 2ᵉ (1 + m),  √½ ≤ 1 + m < √2
///     sin θ = ± sin x  or  ± cos x            θ = j π/4 + x,   j even,  |x| ≤ π/4
///
/// Source: Moshier's Cephes; `avx_mathfun.h` of torch 2.13.
///
/// What it does not do: it is not for every number. What a draw never asks for (logarithms
/// of 0 or less, negative or large angles, infinity, NaN) is not handled.
enum Cephes {
  /// The natural logarithm of `x` in (0, 1].
  static func log(_ x: Float) -> Float {
    // Cephes has x = 2ᵉ m with m in [½, 1); Swift's significand is in [1, 2).
    var exponent = Float(x.exponent + 1)
    var m = x.significand / 2
    // Below √½ take 2m and e − 1 instead: then 1 + m is near 1, where the polynomial is good.
    if m < 0.707106781186547524 {
      exponent -= 1
      m = m - 1 + m  // 2m − 1; both steps are exact
    } else {
      m -= 1
    }
    // ln(1 + m) = m − m²/2 + m³ P(m), by Horner's rule. The last coefficients of P are nearly 1/5,
    // −1/4 and 1/3, as in the Taylor series.
    let z = m * m
    var y: Float = 7.0376836292e-2
    y = (-1.1514610310e-1 as Float).addingProduct(y, m)
    y = (1.1676998740e-1 as Float).addingProduct(y, m)
    y = (-1.2420140846e-1 as Float).addingProduct(y, m)
    y = (1.4249322787e-1 as Float).addingProduct(y, m)
    y = (-1.6668057665e-1 as Float).addingProduct(y, m)
    y = (2.0000714765e-1 as Float).addingProduct(y, m)
    y = (-2.4999993993e-1 as Float).addingProduct(y, m)
    y = (3.3333331174e-1 as Float).addingProduct(y, m) * m  // P(m) · m
    // ln 2 = 0.693359375 − 0.000212194440. The first part has so few bits that its product with e
    // is exact. The small part is added to the small terms, and the large one at the very end.
    y = (exponent * -2.12194440e-4).addingProduct(y, z)
    y = y.addingProduct(-z, 0.5)  // m³ P(m) − m²/2
    return (m + y).addingProduct(exponent, 0.693359375)
  }

  /// Sine and cosine of `angle` ≥ 0.
  static func sinCos(_ angle: Float) -> (sine: Float, cosine: Float) {
    // How many eighths of a circle the angle has, rounded to an even number: 1.273… is 4/π.
    let octant = (Int(angle * 1.27323954473516) + 1) & ~1
    let y = Float(octant)
    // x = angle − j π/4. One float32 for π/4 would lose the digits that cancel, so it is split into
    // three parts (Cody and Waite), and the products with the first two are exact.
    var x = angle.addingProduct(y, -0.78515625)
    x = x.addingProduct(y, -2.4187564849853515625e-4)
    x = x.addingProduct(y, -3.77489497744594108e-8)
    let z = x * x
    // cos x = 1 − z/2 + z² (1/24 − z/720 + z²/40320), nearly.
    var c = (-1.388731625493765e-3 as Float).addingProduct(2.443315711809948e-5, z)
    c = (4.166664568298827e-2 as Float).addingProduct(c, z) * z
    c = (-(z * 0.5)).addingProduct(c, z) + 1
    // sin x = x + x z (−1/6 + z/120 − z²/5040), nearly.
    var s = (8.3321608736e-3 as Float).addingProduct(-1.9515295891e-4, z)
    s = (-1.6666654611e-1 as Float).addingProduct(s, z) * z
    let sine = x.addingProduct(s, x)
    // A quarter of a circle is 2 of j. After an odd number of quarters (j = 2 or 6) sine and cosine
    // change places. The sine changes its sign for j = 4 and 6, the cosine for j = 2 and 4.
    let swaps = octant & 2 != 0
    let negativeSine = octant & 4 != 0
    let negativeCosine = ~(octant - 2) & 4 != 0
    return (
      (swaps ? c : sine) * (negativeSine ? -1 : 1), (swaps ? sine : c) * (negativeCosine ? -1 : 1)
    )
  }
}
