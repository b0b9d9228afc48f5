/// # AdamW, one step
///
/// Adam moves each parameter by a running mean `m` of its gradients, divided by the root of a
/// running mean `v` of their squares; AdamW also shrinks it by a little. Every parameter is updated
/// by itself, so a step is one loop over the flat buffers of ``Parameters``:
///
///     m = β₁ m + (1 − β₁) g        v = β₂ v + (1 − β₂) g²        w −= rate · m / (√v + ε)
///
/// transformers and PyTorch differ in where `ε` is added and when the weight decays; both are here,
/// to the last bit: `addingProduct` is the fused operation that PyTorch's kernels use. It rounds
/// once where a product and a sum would round twice.
///
/// Source: `transformers/optimization.py`, `torch/optim/adamw.py`. Why it works, and what stays the
/// same for all parameters of a step, is in chapter Training (`AdamW.swift`).
package struct Adam: Equatable, Sendable {
  package var gradientScale: Float = 1  // multiplies every gradient first: less than 1 clips it
  // How much of the old mean stays, and 1 − β, which has to be computed before it is rounded.
  package var (beta1, rest1): (Float, Float) = (0.9, 0.1)
  package var (beta2, rest2): (Float, Float) = (0.999, 0.001)  // the same for the mean of squares
  package var epsilon: Float = 1e-8  // keeps the division from being by 0
  package var step: Float = 0  // minus the step size, bias correction included
  package var root: Float = 1  // PyTorch: that of the second bias correction, else in `step`
  package var decay: Float = 0  // transformers: minus rate · decay; PyTorch: 1 − rate · decay

  package init() {}
}

// Below, every array is `[count]`. Each line of the loops is one operation of the reference, and is
// rounded where that one is.
extension Plain {
  package static func adamHF(
    _ a: Adam, _ gradients: Reading, _ values: Writing, _ m: Writing, _ v: Writing, _ count: Int
  ) {
    for i in 0..<count {
      let g = gradients[i] * a.gradientScale  // clipping costs no pass of its own
      // exp_avg.mul_(β₁).add_(g, alpha=1 - β₁): a rounded product, then a fused one.
      m[i] = (m[i] * a.beta1).addingProduct(g, a.rest1)
      // exp_avg_sq.mul_(β₂).addcmul_(g, g, value=1 - β₂), which multiplies by the value first.
      v[i] = (v[i] * a.beta2).addingProduct(a.rest2 * g, g)
      // p.addcdiv_(exp_avg, denom, value=-step): from left to right, not fused.
      let moved = values[i] + a.step * m[i] / (v[i].squareRoot() + a.epsilon)
      // The decay comes last and sees the weight that was just moved. `decay` is negative.
      values[i] = moved.addingProduct(moved, a.decay)
    }
  }

  package static func adamTorch(
    _ a: Adam, _ gradients: Reading, _ values: Writing, _ m: Writing, _ v: Writing, _ count: Int
  ) {
    // `torch.lerp(m, g, 1 − β₁)` is m + w (g − m) for w < ½ and g − (1 − w)(g − m) otherwise, so
    // that it arrives at g exactly when w = 1. With β₁ = 0.9 it starts from m.
    let isNear = a.rest1 < 0.5
    let weight = isNear ? a.rest1 : a.rest1 - 1
    for i in 0..<count {
      let g = gradients[i] * a.gradientScale
      m[i] = (isNear ? m[i] : g).addingProduct(weight, g - m[i])  // exp_avg.lerp_(g, 1 - β₁)
      v[i] = (v[i] * a.beta2).addingProduct(a.rest2 * g, g)  // as above
      // Here ε is added after the correction, so its size does not depend on the step.
      let denominator = v[i].squareRoot() / a.root + a.epsilon
      // The decay comes first: the product is param.mul_(1 - rate · decay).
      values[i] = values[i] * a.decay + a.step * m[i] / denominator
    }
  }

  /// `Σ x²`: the norm of the gradients, by which they are clipped (`torch.linalg.vector_norm`).
  package static func squareSum(_ x: Reading, _ count: Int) -> Double {
    // Squares of float32 numbers are exact in double precision: 24 bits by 24 bits are 48, of 53.
    (0..<count).reduce(0.0) { $0 + Double(x[$1]) * Double(x[$1]) }
  }
}
