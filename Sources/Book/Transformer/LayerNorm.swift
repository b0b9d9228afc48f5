import FoxDecoding
import FoxNumbers

/// # Layer normalization
///
/// A norm keeps the numbers of every token in a range that the next layer can work with, however deep
/// the model is: the mean of a row is taken away, the rest divided by its deviation.
///
///     y = (x − μ) / σ · w + b
///
/// The derivation of its backward pass is in chapter Numbers (`Normalization.swift`).
///
/// Source: Ba et al. 2016, arXiv 1607.06450; `torch.nn.LayerNorm`. SPEC `LAYER-2`, `LAYER-6`.
///
/// What it does not do: it keeps no running averages, so training and inference compute the same.
public struct LayerNorm: Sendable {
  /// The learned scale, `[C]`.
  package let weight: Tensor
  /// The learned shift, `[C]`.
  package let bias: Tensor
  /// What is added to the variance.
  package let epsilon: Float  // keeps a row of equal numbers from a division by 0

  /// A normalization with the given parameters.
  ///
  /// - Throws: ``Fault`` when they are not vectors of one length.
  package init(weight: Tensor, bias: Tensor, epsilon: Float) throws(Fault) {
    // The kernels take w and b as bare pointers: their lengths are checked here, once.
    guard weight.shape.count == 1 else {
      throw .badShape(weight.shape, of: "the weight of a LayerNorm", expected: "one size")
    }
    guard bias.shape == weight.shape else {
      throw .badShape(bias.shape, of: "the bias of a LayerNorm", expected: "\(weight.shape)")
    }
    // Views of the checkpoint or of `Parameters`: no copies.
    (self.weight, self.bias, self.epsilon) = (weight, bias, epsilon)
  }

  /// `y = x̂ w + b`; `y` may be `x`.
  ///
  /// - Parameter stats: `[N, 2]`, mean and 1/σ of each row, when ``backward`` is to follow.
  package func forward(_ x: Matrix, into y: Matrix, stats: Matrix? = nil) {
    // Row by row, over C: a token's norm does not depend on its neighbors.
    Operations.current.layerNorm(x, weight.pointer, bias.pointer, epsilon, y, stats)
  }

  /// The same, into memory of an arena.
  package func forward(_ x: Matrix, _ arena: Arena) -> (y: Matrix, stats: Matrix) {
    // The backward pass would need μ and 1/σ anyway; two numbers a row are cheap to keep.
    let (y, stats) = (arena.matrix(x.rows, x.columns), arena.matrix(x.rows, 2))
    forward(x, into: y, stats: stats)
    return (y, stats)
  }

  /// `dx += …`, since the residual connection has put its own gradient there.
  package func backward(
    _ dy: Matrix, x: Matrix, stats: Matrix, addingTo dx: Matrix, _ parameters: Parameters
  ) {
    // Needs x, not y: from y = x̂ w + b, x̂ could not be had back where w is 0.
    Operations.current.layerNormBackward(x, weight.pointer, stats, dy, dx)
    // Sums over rows, [N, C] → [C]: w and b served every token.
    Operations.current.layerNormBackwardColumns(
      x, stats, dy, parameters.gradient(of: weight.pointer),
      parameters.gradient(of: bias.pointer))
  }
}
