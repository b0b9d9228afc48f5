/// # Exercise 8: AdamW's two epsilons
///
/// `m` and `v` are running means of the gradient and of its square. At first both are too small, because
/// they began at 0; AdamW divides by `1 − β₁ᵗ` and `1 − β₂ᵗ`. Two libraries do that in two ways, and `ε`
/// then means two things:
///
///     PyTorch        x −= η · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///     transformers   x −= η · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
///
/// Decay: PyTorch multiplies `x` by `1 − η λ` *before* the step; transformers subtracts `η λ x` *after* it.
/// The homework trains with transformers'. For gradients as small as ε the two differ a lot.
public struct Moments: Equatable, Sendable {
  /// Of the gradient.
  public var m = 0.0
  /// Of its square.
  public var v = 0.0
  /// How many steps were taken.
  public var t = 0

  /// Before the first step.
  public init() {}
}

/// Which of the two.
public enum AdamWForm: CaseIterable, Sendable { case pytorch, transformers }

/// One step of one parameter.
///
/// - Returns: Its new value. `moments` is changed too.
public func adamWStep(
  _ form: AdamWForm, x: Double, gradient: Double, moments: inout Moments, rate: Double,
  beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, decay: Double = 0
) throws -> Double {
  // YOUR CODE HERE
  throw NotSolved(
    "Count the step, update m and v, correct them, move x; mind where ε and the decay go.")
}
