import FoxDecoding
import FoxNumbers

/// # Layer normalization and activations, as layers
///
/// The formulas and their derivations are in chapter Numbers (`Normalization.swift`, `GELU.swift`).
///
/// Source: `torch.nn.LayerNorm`; `ACT2FN` of transformers. SPEC `LAYER-2`, `LAYER-6`.
public struct LayerNorm: Sendable {
  /// The learned scale, `[C]`.
  package let weight: Tensor
  /// The learned shift, `[C]`.
  package let bias: Tensor
  /// What is added to the variance.
  package let epsilon: Float

  /// A normalization with the given parameters.
  ///
  /// - Throws: ``Fault`` when they are not vectors of one length.
  package init(weight: Tensor, bias: Tensor, epsilon: Float) throws(Fault) {
    guard weight.shape.count == 1 else {
      throw .badShape(weight.shape, of: "the weight of a LayerNorm", expected: "one size")
    }
    guard bias.shape == weight.shape else {
      throw .badShape(bias.shape, of: "the bias of a LayerNorm", expected: "\(weight.shape)")
    }
    (self.weight, self.bias, self.epsilon) = (weight, bias, epsilon)
  }

  /// `y = x̂ w + b`; `y` may be `x`.
  ///
  /// - Parameter stats: `[N, 2]`, mean and 1/σ of each row, when ``backward`` is to follow.
  package func forward(_ x: Matrix, into y: Matrix, stats: Matrix? = nil) {
    Operations.current.layerNorm(x, weight.pointer, bias.pointer, epsilon, y, stats)
  }

  /// The same, into memory of an arena.
  package func forward(_ x: Matrix, _ arena: Arena) -> (y: Matrix, stats: Matrix) {
    let (y, stats) = (arena.matrix(x.rows, x.columns), arena.matrix(x.rows, 2))
    forward(x, into: y, stats: stats)
    return (y, stats)
  }

  /// `dx += …`, since the residual connection has put its own gradient there.
  package func backward(
    _ dy: Matrix, x: Matrix, stats: Matrix, addingTo dx: Matrix, _ parameters: Parameters
  ) {
    Operations.current.layerNormBackward(x, weight.pointer, stats, dy, dx)
    Operations.current.layerNormBackwardColumns(
      x, stats, dy, parameters.gradient(of: weight.pointer),
      parameters.gradient(of: bias.pointer))
  }
}

/// The function between the two maps of a feed-forward layer. Names are transformers'.
public enum Activation: String, Sendable {
  /// BERT's.
  case gelu
  /// GPT-2's.
  case geluTanh = "gelu_new"
  /// `max(0, x)`
  case relu

  /// `y = f(x)`; `y` may be `x`.
  package func forward(_ x: Matrix, into y: Matrix) {
    switch self {
    case .gelu: Operations.current.gelu(.erf, x, y)
    case .geluTanh: Operations.current.gelu(.tanh, x, y)
    case .relu: for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] = max(0, x[r][c]) } }
    }
  }

  /// `dy · f′(x)`, over `dy`.
  package func backward(_ dy: Matrix, x: Matrix) {
    switch self {
    case .gelu: Operations.current.geluBackward(.erf, x, dy)
    case .geluTanh: Operations.current.geluBackward(.tanh, x, dy)
    case .relu: for r in 0..<x.rows { for c in 0..<x.columns where x[r][c] <= 0 { dy[r][c] = 0 } }
    }
  }
}
