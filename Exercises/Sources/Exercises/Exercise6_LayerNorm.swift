/// # Exercise 6: the gradient of LayerNorm
///
/// For a row `x` of `C` numbers, `μ` its mean and `σ² = mean((x − μ)²)`:
///
///     x̂ = (x − μ) / √(σ² + ε)        y = x̂ · w + b
///
/// Given `dy`, the gradient of the loss with respect to `y`, derive those with respect to `x`, `w` and `b`.
/// Each `xᵢ` counts three times: in its own `x̂ᵢ`, in `μ`, and in `σ`. On paper first.
///
/// The tests compare yours with what a small change of each number does to the loss.
public func layerNormGradients(
  x: [Double], w: [Double], epsilon: Double, dy: [Double]
) throws -> (dx: [Double], dw: [Double], db: [Double]) {
  // YOUR CODE HERE
  throw NotSolved(
    "Write y as a function of each x, and use the chain rule three times: x̂, μ and σ.")
}
