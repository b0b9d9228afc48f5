/// # Logarithm, sine and cosine to the last bit
///
/// PyTorch's normal numbers go through the single-precision functions of the Cephes library, with the
/// fused operations of its vectorized build. Those of the system differ in the last bit here and there,
/// and a weight that differs in one bit is another weight: so they are written out.
///
/// Source: Moshier's Cephes; `avx_mathfun.h` of torch 2.13.
enum Cephes {
  /// The natural logarithm of `x` in (0, 1].
  static func log(_ x: Float) -> Float {
    var exponent = Float(x.exponent + 1)
    var m = x.significand / 2
    if m < 0.707106781186547524 {
      exponent -= 1
      m = m - 1 + m
    } else {
      m -= 1
    }
    let z = m * m
    var y: Float = 7.0376836292e-2
    y = (-1.1514610310e-1 as Float).addingProduct(y, m)
    y = (1.1676998740e-1 as Float).addingProduct(y, m)
    y = (-1.2420140846e-1 as Float).addingProduct(y, m)
    y = (1.4249322787e-1 as Float).addingProduct(y, m)
    y = (-1.6668057665e-1 as Float).addingProduct(y, m)
    y = (2.0000714765e-1 as Float).addingProduct(y, m)
    y = (-2.4999993993e-1 as Float).addingProduct(y, m)
    y = (3.3333331174e-1 as Float).addingProduct(y, m) * m
    y = (exponent * -2.12194440e-4).addingProduct(y, z)
    y = y.addingProduct(-z, 0.5)
    return (m + y).addingProduct(exponent, 0.693359375)
  }

  /// Sine and cosine of `angle` ≥ 0.
  static func sinCos(_ angle: Float) -> (sine: Float, cosine: Float) {
    let octant = (Int(angle * 1.27323954473516) + 1) & ~1
    let y = Float(octant)
    var x = angle.addingProduct(y, -0.78515625)
    x = x.addingProduct(y, -2.4187564849853515625e-4)
    x = x.addingProduct(y, -3.77489497744594108e-8)
    let z = x * x
    var c = (-1.388731625493765e-3 as Float).addingProduct(2.443315711809948e-5, z)
    c = (4.166664568298827e-2 as Float).addingProduct(c, z) * z
    c = (-(z * 0.5)).addingProduct(c, z) + 1
    var s = (8.3321608736e-3 as Float).addingProduct(-1.9515295891e-4, z)
    s = (-1.6666654611e-1 as Float).addingProduct(s, z) * z
    let sine = x.addingProduct(s, x)
    let swaps = octant & 2 != 0
    let negativeSine = octant & 4 != 0
    let negativeCosine = ~(octant - 2) & 4 != 0
    return (
      (swaps ? c : sine) * (negativeSine ? -1 : 1), (swaps ? sine : c) * (negativeCosine ? -1 : 1)
    )
  }
}
