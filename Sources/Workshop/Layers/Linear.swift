import FoxKernels

/// A linear map `y = x W + b`.
///
/// Shapes: `x` `[rows, inputs]`, `y` `[rows, outputs]`; `W` as its layout says. Source:
/// `torch.nn.Linear` (output-major) and transformers' `Conv1D` (input-major). SPEC `LAYER-1`.
public struct Linear: Sendable {
  /// What follows a linear map, done to each part of `y` while it is in the cache. SPEC `LAYER-4`.
  public enum Then {
    /// Nothing.
    case nothing
    /// `y = gelu(y)`, in the tanh form.
    case gelu
    /// `sum += y`, for a `sum` of the shape of `y`: the residual connection.
    case add(to: UnsafeMutablePointer<Float>)
  }

  /// The weights, `[inputs, outputs]` or `[outputs, inputs]`.
  public let weight: Weight
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
  /// - Throws: ``Fault`` when the weight is not a matrix or the bias does not
  ///   have one element for each output.
  public init(weight: Weight, bias: Tensor?, layout: WeightLayout) throws(Fault) {
    guard weight.shape.count == 2 else { throw .badShape(weight.shape) }
    self.weight = weight
    self.bias = bias
    self.layout = layout
    inputs = weight.shape[layout == .inputMajor ? 0 : 1]
    outputs = weight.shape[layout == .inputMajor ? 1 : 0]
    if let bias, bias.shape != [outputs] { throw .badShape(bias.shape) }
  }

  /// A linear map of float32 weights.
  ///
  /// - Throws: As ``init(weight:bias:layout:)``.
  public init(weight: Tensor, bias: Tensor?, layout: WeightLayout) throws(Fault) {
    try self.init(weight: Weight(weight), bias: bias, layout: layout)
  }

  /// Computes `y = x W + b` for `rows` rows, and what follows it.
  public func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    then: Then = .nothing
  ) {
    Product.multiply(x, rows: rows, inputs: inputs, weight, layout, outputs: outputs, into: y) {
      output, count, row, y in
      if let bias { Rows.add(bias.pointer + output, to: y, count: count) }
      switch then {
      case .nothing: break
      case .gelu: Rows.geluTanh(y, y, count: count)
      case .add(let sum): Rows.add(y, to: sum + row * outputs + output, count: count)
      }
    }
  }
}
