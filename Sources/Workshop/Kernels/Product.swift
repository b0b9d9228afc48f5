import CFoxKernels

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

  /// What is done to each part of `y` as soon as it is there: the first output, how many there are,
  /// and where the first one is.
  public typealias Finish = (
    _ output: Int, _ count: Int, _ row: Int, _ y: UnsafeMutablePointer<Float>
  ) -> Void

  /// Computes `y = x · W`, choosing the way by the number of rows: the skinny kernels for 1 to 16
  /// (which read each weight from memory once), *sgemm* for more.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`.
  ///   - weight: `[inputs, outputs]` or `[outputs, inputs]`, by `layout`.
  ///   - y: `[rows, outputs]`, overwritten.
  ///   - finish: Called for every part of `y`, on several threads.
  /// - Complexity: O(*rows · inputs · outputs*).
  public static func multiply(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int,
    _ weight: Weight, _ layout: WeightLayout, outputs: Int,
    into y: UnsafeMutablePointer<Float>, finish: Finish = { _, _, _, _ in }
  ) {
    if rows == 0 || outputs == 0 { return }
    if rows <= skinnyRows {
      skinny(
        x, rows: rows, inputs: inputs, weight, layout, outputs: outputs, into: y, finish: finish)
      return
    }
    // Each thread computes a share with products of its own. OpenBLAS's threads would go on looking for
    // work after each product, on the processors that finish it.
    var isNarrow = rows > outputs
    // Weights in BF16 are widened by each thread that reads them.
    if case .bf16 = weight.stored { isNarrow = false }
    let shares = min(BLAS.threads, ((isNarrow ? rows : outputs) + 63) / 64)
    Parallel.interleaved(shares) { index, _ in
      let share = Share(index, of: shares, rows: rows, columns: outputs, byRows: isNarrow)
      let (first, columns) = (share.rows.lowerBound, share.columns)
      wide(
        x + first * inputs, rows: share.rows.count, inputs: inputs, weight, layout,
        outputs: outputs, columns, into: y + first * outputs)
      for row in share.rows {
        finish(columns.lowerBound, columns.count, row, y + row * outputs + columns.lowerBound)
      }
    }
  }

  /// What one of several threads computes of a product `[rows, columns]`: a part of the longer side, in
  /// multiples of 16, so that less of the other factor is read by all of them.
  package struct Share {
    package let rows: Range<Int>
    package let columns: Range<Int>

    package init(_ index: Int, of count: Int, rows: Int, columns: Int, byRows: Bool? = nil) {
      func part(_ side: Int) -> Range<Int> {
        let blocks = (side + 15) / 16
        return min(side, blocks * index / count * 16)..<min(side, blocks * (index + 1) / count * 16)
      }
      let byRows = byRows ?? (rows > columns)
      self.rows = byRows ? part(rows) : 0..<rows
      self.columns = byRows ? 0..<columns : part(columns)
    }
  }

  /// The skinny kernels, outputs shared among threads. For 1 to 16 rows.
  private static func skinny(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int,
    _ weight: Weight, _ layout: WeightLayout, outputs: Int,
    into y: UnsafeMutablePointer<Float>, finish: Finish
  ) {
    Parallel.ranges(outputs, grain: 64) { range in
      let (first, last) = (range.lowerBound, range.upperBound)
      switch (layout, weight.stored) {
      case (.inputMajor, .f32(let weight)):
        fox_skinny_by_columns(x, rows, inputs, weight, outputs, first, last, y, outputs)
      case (.inputMajor, .bf16(let weight)):
        fox_skinny_bf16_by_columns(x, rows, inputs, weight, outputs, first, last, y, outputs)
      case (.outputMajor, .f32(let weight)):
        fox_skinny_by_rows(x, rows, inputs, weight, first, last, y, outputs)
      case (.outputMajor, .bf16(let weight)):
        fox_skinny_bf16_by_rows(x, rows, inputs, weight, first, last, y, outputs)
      }
      for row in 0..<rows { finish(first, range.count, row, y + row * outputs + first) }
    }
  }

  /// *sgemm* for some of the outputs, on one thread. Weights in BF16 are widened block by block.
  private static func wide(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int, _ weight: Weight, _ layout: WeightLayout,
    outputs: Int, _ range: Range<Int>, into y: UnsafeMutablePointer<Float>
  ) {
    let isInputMajor = layout == .inputMajor
    func multiply(_ weight: UnsafePointer<Float>, stride: Int, _ first: Int, _ count: Int) {
      BLAS.multiply(
        m: rows, n: count, k: inputs, x, strideA: inputs,
        weight, strideB: stride, transposeB: !isInputMajor, y + first, strideC: outputs)
    }
    switch weight.stored {
    case .f32(let weight):
      let start = weight + range.lowerBound * (isInputMajor ? 1 : inputs)
      multiply(start, stride: isInputMajor ? outputs : inputs, range.lowerBound, range.count)
    case .bf16(let weight):
      // 1 MB of them at a time stays in the cache.
      let block = max(64, (1 << 18) / max(inputs, 1) / 64 * 64)
      let scratch = FloatBuffer(uninitialized: inputs * min(block, range.count))
      for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let count = min(block, range.upperBound - first)
        if isInputMajor {
          for input in 0..<inputs {
            fox_bf16_to_f32(
              weight + input * outputs + first, scratch.pointer + input * count, count)
          }
        } else {
          fox_bf16_to_f32(weight + first * inputs, scratch.pointer, count * inputs)
        }
        multiply(scratch.pointer, stride: isInputMajor ? count : inputs, first, count)
      }
    }
  }

  /// The plain twin of ``multiply(_:rows:inputs:_:_:outputs:into:finish:)``, for tests: sums in
  /// double.
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
