import Foundation

public struct Moments: Equatable, Sendable {
  public var m = 0.0
  public var v = 0.0
  public var t = 0

  public init() {}
}

public enum AdamWForm: CaseIterable, Sendable { case pytorch, transformers }

public func adamWStep(
  _ form: AdamWForm, x: Double, gradient: Double, moments: inout Moments, rate: Double,
  beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, decay: Double = 0
) throws -> Double {
  moments.t += 1
  moments.m = beta1 * moments.m + (1 - beta1) * gradient
  moments.v = beta2 * moments.v + (1 - beta2) * gradient * gradient
  let (c1, c2) = (1 - pow(beta1, Double(moments.t)), 1 - pow(beta2, Double(moments.t)))
  switch form {
  case .pytorch:
    let decayed = x * (1 - decay)
    return decayed - rate * (moments.m / c1) / (sqrt(moments.v / c2) + epsilon)
  case .transformers:
    let stepped = x - rate * sqrt(c2) / c1 * moments.m / (sqrt(moments.v) + epsilon)
    return stepped - rate * decay * stepped
  }
}
