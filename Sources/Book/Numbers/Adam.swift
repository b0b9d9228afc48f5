/// # AdamW, one step
///
/// Adam moves each parameter by a running mean `m` of its gradients, divided by the root of a running
/// mean `v` of their squares; AdamW also shrinks it by a little. Every parameter is updated by itself,
/// so a step is one loop over the flat buffers of ``Parameters``.
///
/// transformers and PyTorch differ in where `ε` is added and when the weight decays; both are here, to
/// the last bit: `addingProduct` is the fused operation that PyTorch's kernels use.
///
/// Source: Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101;
/// `transformers/optimization.py`, `torch/optim/adamw.py`. Rates and bias corrections are computed by
/// chapter Training.
package struct Adam: Equatable, Sendable {
  /// What every gradient is multiplied by first: 1, or less when it is clipped.
  package var gradientScale: Float = 1
  /// How much of the old mean stays, and `1 − β`.
  package var (beta1, rest1): (Float, Float) = (0.9, 0.1)
  package var (beta2, rest2): (Float, Float) = (0.999, 0.001)
  package var epsilon: Float = 1e-8
  /// Minus the step size, bias correction included.
  package var step: Float = 0
  /// PyTorch: the root of the second bias correction.
  package var root: Float = 1
  /// transformers: minus rate · decay. PyTorch: 1 − rate · decay.
  package var decay: Float = 0

  package init() {}

  /// Updates `count` parameters from their gradients.
  package typealias Update = (
    _ numbers: Adam, _ gradients: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Void
}

extension Plain {
  package static func adamHF(
    _ a: Adam, _ gradients: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for i in 0..<count {
      let g = gradients[i] * a.gradientScale
      m[i] = (m[i] * a.beta1).addingProduct(g, a.rest1)
      v[i] = (v[i] * a.beta2).addingProduct(a.rest2 * g, g)
      let moved = values[i] + a.step * m[i] / (v[i].squareRoot() + a.epsilon)
      values[i] = moved.addingProduct(moved, a.decay)
    }
  }

  package static func adamTorch(
    _ a: Adam, _ gradients: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // `torch.lerp` starts from the nearer end.
    let isNear = a.rest1 < 0.5
    let weight = isNear ? a.rest1 : a.rest1 - 1
    for i in 0..<count {
      let g = gradients[i] * a.gradientScale
      m[i] = (isNear ? m[i] : g).addingProduct(weight, g - m[i])
      v[i] = (v[i] * a.beta2).addingProduct(a.rest2 * g, g)
      let denominator = v[i].squareRoot() / a.root + a.epsilon
      values[i] = values[i] * a.decay + a.step * m[i] / denominator
    }
  }
}
