import Foundation

public struct Moments: Equatable, Sendable {
  public var m = 0.0
  public var v = 0.0
  public var t = 0
  public init() {}
}
public enum AdamWForm: CaseIterable, Sendable { case pytorch, transformers }
// As torch's _single_tensor_adam writes it: bias_correction2_sqrt, denom.
public func adamWStep(
  _ form: AdamWForm, x: Double, gradient g: Double, moments: inout Moments, rate: Double,
  beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, decay: Double = 0
) throws -> Double {
  moments.t = moments.t + 1
  moments.m += (g - moments.m) * (1 - beta1)
  moments.v = moments.v * beta2 + g * g * (1 - beta2)
  let t = Double(moments.t)
  if form == .pytorch {
    let stepSize = rate / (1 - pow(beta1, t))
    let denom = moments.v.squareRoot() / (1 - pow(beta2, t)).squareRoot() + epsilon
    return x * (1 - rate * decay) - stepSize * moments.m / denom
  }
  let stepSize = rate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
  let y = x - stepSize * moments.m / (moments.v.squareRoot() + epsilon)
  return y + y * (-rate * decay)
}
