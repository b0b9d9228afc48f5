import FoxKernels
import FoxLayers

/// The function between the two halves of a feed-forward layer. Names are transformers'.
public enum BERTActivation: String, Sendable {
  /// `0.5 x (1 + erf(x / √2))`.
  case gelu
  /// Its tanh form, as GPT-2 has it.
  case geluTanh = "gelu_new"
  /// `max(0, x)`.
  case relu

  /// The function.
  var forward: Activation.Forward {
    switch self {
    case .gelu: Rows.geluErf
    case .geluTanh: Rows.geluTanh
    case .relu: { x, y, count in for index in 0..<count { y[index] = max(0, x[index]) } }
    }
  }

  /// Its backward pass.
  var backward: Activation.Backward {
    switch self {
    case .gelu: Rows.geluErfBackward
    case .geluTanh: Rows.geluTanhBackward
    case .relu:
      { x, dy, dx, count in for index in 0..<count { dx[index] = x[index] > 0 ? dy[index] : 0 } }
    }
  }
}
