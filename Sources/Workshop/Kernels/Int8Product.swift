import CFoxKernels
import FoxNumbers

/// The fast side of ``Int8Weight``.
extension Int8Weight {
  /// The ways to compute that this processor has, the fastest last.
  package static let ways: [Int32] = {
    let found = Int(fox_int8_ways())
    let known = [
      FOX_INT8_PORTABLE, FOX_INT8_DOT, FOX_INT8_AVX2, FOX_INT8_AVX_VNNI, FOX_INT8_AVX512_VNNI,
    ]
    return known.filter { found >> $0 & 1 == 1 }.map { Int32($0) }
  }()

  private static let fastest = ways.last ?? 0

  /// Rounds a matrix on several threads.
  func pack(_ matrix: Tensor) {
    let (levels, stride) = (bytes, isTransposed ? inputs : outputs)
    matrix.withPointer { numbers in
      guard let start = numbers.baseAddress else { return }
      Parallel.ranges(blocks, grain: 4) { range in
        fox_int8_pack(
          start, inputs, outputs, stride, isTransposed ? 1 : 0, range.lowerBound,
          range.upperBound, levels, steps.pointer)
      }
    }
  }

  private var bytes: UnsafeMutablePointer<Int8> {
    UnsafeMutableRawPointer(levels.pointer)
      .assumingMemoryBound(to: Int8.self)
  }

  /// `y = x w`: rows of `x` are rounded once, and outputs are shared among threads. Each row gives what it
  /// gives alone.
  ///
  /// - Parameter way: One of ``ways``.
  package func multiply(
    _ x: Matrix, into y: Matrix, way: Int32 = fastest, finish: Product.Finish = { _, _, _, _ in }
  ) {
    if y.rows == 0 || y.columns == 0 { return }
    // [rows, inputs] levels, four to the room of a float32; [rows] steps; [rows] sums of levels.
    let (rows, width) = (x.rows, (inputs + 3) / 4)
    let memory = FloatBuffer(uninitialized: rows * (width + 2))
    let steps = memory.pointer + rows * width
    let xLevels = UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: Int8.self)
    let totals = UnsafeMutableRawPointer(steps + rows).assumingMemoryBound(to: Int32.self)
    Parallel.ranges(rows, grain: max(1, 32_768 / max(1, inputs))) { range in
      for r in range {
        steps[r] = fox_int8_round(
          x.row(r), inputs, xLevels + r * width * 4, width * 4, totals + r)
      }
    }
    Parallel.ranges(blocks, grain: 4) { range in
      fox_int8_product(
        way, xLevels, steps, totals, rows, inputs, bytes, self.steps.pointer, outputs,
        range.lowerBound, range.upperBound, y.start, y.stride)
      let first = range.lowerBound * 16
      let count = min(range.upperBound * 16, outputs) - first
      for row in 0..<rows { finish(first, count, row, y.row(row) + first) }
    }
    withExtendedLifetime(memory) {}
  }
}
