import FoxKernels

extension Linear {
  /// The backward pass of `y = x W + b`.
  ///
  /// `dx = dy Wᵀ`, `dW += xᵀ dy`, `db += Σ rows of dy`; for `[outputs, inputs]` weights the transposes
  /// change places. The gradients of `W` and `b` go where `parameters` has them. SPEC `LAYER-6`.
  ///
  /// - Parameters:
  ///   - dy: `[rows, outputs]`, the gradient of `y`.
  ///   - x: `[rows, inputs]`, what the forward pass was given.
  ///   - dx: `[rows, inputs]`, overwritten; `nil` when nobody asks for it.
  ///   - adds: Whether the gradient is added to what is in `dx`: several maps may have one input.
  ///   - parameters: What holds this map's weight and bias, in float32.
  /// - Complexity: O(*rows · inputs · outputs*), twice the forward pass.
  public func backward(
    _ dy: UnsafePointer<Float>, x: UnsafePointer<Float>, rows: Int,
    into dx: UnsafeMutablePointer<Float>?, adds: Bool = false, parameters: Parameters
  ) {
    guard case .f32(let values) = weight.stored, rows > 0 else { return }
    let gradient = parameters.gradient(of: values)
    // Shares of the two products, each on a thread of its own: no thread waits within a product.
    let shares = BLAS.threads
    let products = dx == nil ? 1 : 2
    Parallel.interleaved(products * shares) { task, _ in
      let share = task % shares
      if task < shares {
        addWeightGradient(dy, x, rows: rows, share: share, of: shares, to: gradient)
      } else if let dx {
        inputGradient(
          dy, values, rows: rows, share: share, of: shares, beta: adds ? 1 : 0, into: dx)
      }
    }
    if let bias {
      Columns.add(dy, rows: rows, to: parameters.gradient(of: bias.pointer), count: outputs)
    }
  }

  /// A share of `dx`.
  private func inputGradient(
    _ dy: UnsafePointer<Float>, _ values: UnsafePointer<Float>, rows: Int, share: Int,
    of shares: Int, beta: Float, into dx: UnsafeMutablePointer<Float>
  ) {
    let share = Product.Share(share, of: shares, rows: rows, columns: inputs)
    let (row, column) = (share.rows.lowerBound, share.columns.lowerBound)
    let isInputMajor = layout == .inputMajor
    BLAS.multiply(
      m: share.rows.count, n: share.columns.count, k: outputs,
      dy + row * outputs, strideA: outputs,
      values + column * (isInputMajor ? outputs : 1),
      strideB: isInputMajor ? outputs : inputs, transposeB: isInputMajor,
      beta: beta, dx + row * inputs + column, strideC: inputs)
  }

  /// A share of the gradient of `W`, whose rows are inputs or outputs by the layout.
  private func addWeightGradient(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, share: Int, of shares: Int,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    let (a, m, b, n) = layout == .inputMajor ? (x, inputs, dy, outputs) : (dy, outputs, x, inputs)
    let share = Product.Share(share, of: shares, rows: m, columns: n)
    let (row, column) = (share.rows.lowerBound, share.columns.lowerBound)
    BLAS.multiply(
      m: share.rows.count, n: share.columns.count, k: rows,
      a + row, strideA: m, transposeA: true, b + column, strideB: n, beta: 1,
      gradient + row * n + column, strideC: n)
  }
}
