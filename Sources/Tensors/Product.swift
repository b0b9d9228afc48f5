import CKernels

/// How the weights of a linear map lie in memory.
public enum WeightLayout: Sendable {
  /// `[in, out]`: GPT-2's Conv1D. Its columns produce the outputs.
  case inputMajor
  /// `[out, in]`: PyTorch's `nn.Linear` and embedding tables. Its rows produce the outputs.
  case outputMajor
}

/// The product of activations with a weight matrix: `y[rows, out] = x[rows, in] · W`.
public enum Product {
  /// The most rows for which reading the weights costs more than the arithmetic.
  public static let skinnyRows = 16

  /// Computes `y = x · W`, choosing the way by the number of rows: *sgemv* for one, the skinny
  /// kernels for 2 to 16 (which read each weight from memory once), *sgemm* for more.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`.
  ///   - weight: `[inputs, outputs]` or `[outputs, inputs]`, by `layout`.
  ///   - y: `[rows, outputs]`, overwritten.
  /// - Complexity: O(*rows · inputs · outputs*).
  public static func multiply(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int,
    _ weight: UnsafePointer<Float>, _ layout: WeightLayout, outputs: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    switch rows {
    case 0: break
    case 1:
      let isInputMajor = layout == .inputMajor
      BLAS.multiply(
        weight, rows: isInputMajor ? inputs : outputs, columns: isInputMajor ? outputs : inputs,
        transpose: isInputMajor, x, into: y)
    case 2...skinnyRows:
      skinny(x, rows: rows, inputs: inputs, weight, layout, outputs: outputs, into: y)
    default:
      BLAS.multiply(
        m: rows, n: outputs, k: inputs, x, strideA: inputs,
        weight, strideB: layout == .inputMajor ? outputs : inputs,
        transposeB: layout == .outputMajor, y, strideC: outputs)
    }
  }

  /// The skinny kernels, outputs shared among threads. For 1 to 16 rows.
  package static func skinny(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int,
    _ weight: UnsafePointer<Float>, _ layout: WeightLayout, outputs: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    Parallel.ranges(outputs, grain: 64) { range in
      switch layout {
      case .inputMajor:
        fox_skinny_by_columns(
          x, rows, inputs, weight, outputs, range.lowerBound, range.upperBound, y, outputs)
      case .outputMajor:
        fox_skinny_by_rows(
          x, rows, inputs, weight, range.lowerBound, range.upperBound, y, outputs)
      }
    }
  }

  /// The plain twin of ``multiply(_:rows:inputs:_:_:outputs:into:)``, for tests: sums in double.
  package static func plain(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int,
    _ weight: UnsafePointer<Float>, _ layout: WeightLayout, outputs: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      for output in 0..<outputs {
        var sum = 0.0
        for input in 0..<inputs {
          let index = layout == .inputMajor ? input * outputs + output : output * inputs + input
          sum += Double(x[row * inputs + input]) * Double(weight[index])
        }
        y[row * outputs + output] = Float(sum)
      }
    }
  }
}
