import Tensors

/// A linear map `y = x W + b`.
///
/// Shapes: `x` `[rows, inputs]`, `y` `[rows, outputs]`; `W` as its layout says. Source:
/// `torch.nn.Linear` (output-major) and transformers' `Conv1D` (input-major). SPEC `LAYER-1`.
public struct Linear: Sendable {
  /// The weights, `[inputs, outputs]` or `[outputs, inputs]`.
  public let weight: Tensor
  /// The bias, `[outputs]`.
  public let bias: Tensor?
  /// How the weights lie in memory.
  public let layout: WeightLayout
  /// The number of inputs.
  public let inputs: Int
  /// The number of outputs.
  public let outputs: Int

  /// A linear map of the given weights.
  ///
  /// - Throws: ``TensorError/badShape(_:)`` when the weight is not a matrix or the bias does not
  ///   have one element for each output.
  public init(weight: Tensor, bias: Tensor?, layout: WeightLayout) throws(TensorError) {
    guard weight.shape.count == 2 else { throw .badShape(weight.shape) }
    self.weight = weight
    self.bias = bias
    self.layout = layout
    inputs = weight.shape[layout == .inputMajor ? 0 : 1]
    outputs = weight.shape[layout == .inputMajor ? 1 : 0]
    if let bias, bias.shape != [outputs] { throw .badShape(bias.shape) }
  }

  /// Computes `y = x W + b` for `rows` rows.
  public func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>
  ) {
    Product.multiply(
      x, rows: rows, inputs: inputs, weight.pointer, layout, outputs: outputs, into: y)
    guard let bias else { return }
    for row in 0..<rows { Rows.add(bias.pointer, to: y + row * outputs, count: outputs) }
  }
}
