import CFoxKernels

/// Products on several threads: each computes a share of the result with a product of its own.
/// OpenBLAS's threads would go on looking for work after each product, on the processors that finish
/// it.
package enum Product {
  /// The most rows for which reading the weights costs more than the arithmetic.
  package static let skinnyRows = 16

  /// What is done to each part of `y` as soon as it is there: the first output, how many there are,
  /// and where the first one is.
  package typealias Finish = (
    _ output: Int, _ count: Int, _ row: Int, _ y: UnsafeMutablePointer<Float>
  ) -> Void

  /// `y = x w + bias`: the bias is added while a part of `y` is in the cache.
  static func linear(_ x: Matrix, _ w: Factor, _ bias: UnsafePointer<Float>?, _ y: Matrix) {
    let finish: Finish = { output, count, _, y in
      if let bias { fox_add(bias + output, y, count) }
    }
    if case .packed(let packed as Int8Weight) = w.start {
      packed.multiply(x, into: y, finish: finish)
    } else {
      multiply(x, w, into: y, finish: finish)
    }
  }

  /// Computes `y = x w`, choosing the way by the number of rows: the skinny kernels for 1 to 16
  /// (which read each weight from memory once), *sgemm* for more.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`.
  ///   - w: `[inputs, outputs]`.
  ///   - y: `[rows, outputs]`, overwritten.
  ///   - finish: Called for every part of `y`, on several threads.
  /// - Complexity: O(*rows · inputs · outputs*).
  package static func multiply(
    _ x: Matrix, _ w: Factor, into y: Matrix, finish: Finish = { _, _, _, _ in }
  ) {
    if y.rows == 0 || y.columns == 0 { return }
    var isDense = x.isContiguous && (!w.isTransposed || w.stride == w.rows)
    // Those have a product of their own, where they stand alone.
    if case .packed = w.start { isDense = false }
    if y.rows <= skinnyRows, isDense { return skinny(x, w, into: y, finish: finish) }
    var isNarrow = y.rows > y.columns
    // Other weights are widened by each thread that reads them.
    if case .f32 = w.start {} else { isNarrow = false }
    let shares = min(BLAS.threads, ((isNarrow ? y.rows : y.columns) + 63) / 64)
    Parallel.interleaved(shares) { index, _ in
      let share = Share(index, of: shares, rows: y.rows, columns: y.columns, byRows: isNarrow)
      let columns = share.columns
      wide(x[rows: share.rows], w, columns, into: y[rows: share.rows])
      for row in share.rows {
        finish(columns.lowerBound, columns.count, row, y.row(row) + columns.lowerBound)
      }
    }
  }

  /// `y = scale · a b`, or `y += scale · a b`, for any strides. Within a loop on several threads it runs
  /// on the thread that asks.
  static func shared(_ a: Factor, _ b: Factor, _ scale: Float, _ adding: Bool, _ y: Matrix) {
    widened(a) { a, startA in
      widened(b) { b, startB in
        func multiply(_ rows: Range<Int>, _ columns: Range<Int>) {
          BLAS.multiply(
            m: rows.count, n: columns.count, k: a.columns, alpha: scale,
            startA + rows.lowerBound * a.steps.row, strideA: a.stride, transposeA: a.isTransposed,
            startB + columns.lowerBound * b.steps.column, strideB: b.stride,
            transposeB: b.isTransposed, beta: adding ? 1 : 0,
            y.row(rows.lowerBound) + columns.lowerBound, strideC: y.stride)
        }
        // Waking a thread costs as much as some hundred thousand multiplications.
        if Parallel.isInLoop || y.rows * y.columns * a.columns < 1 << 19 {
          return multiply(0..<y.rows, 0..<y.columns)
        }
        let shares = BLAS.threads
        Parallel.interleaved(shares) { index, _ in
          let share = Share(index, of: shares, rows: y.rows, columns: y.columns)
          multiply(share.rows, share.columns)
        }
      }
    }
  }

  /// A factor in float32: itself, or a copy of what is held in another form.
  private static func widened(
    _ factor: Factor, _ body: (Factor, UnsafePointer<Float>) -> Void
  ) {
    switch factor.start {
    case .f32(let start): body(factor, start)
    case .bf16, .packed:
      let rows = factor.isTransposed ? factor.columns : factor.rows
      let buffer = FloatBuffer(uninitialized: rows * factor.stride)
      let columns = factor.isTransposed ? factor.rows : factor.columns
      for row in 0..<rows {
        let place = row * factor.stride
        factor.start.widen(from: place, columns, to: buffer.pointer + place)
      }
      withExtendedLifetime(buffer) { body(factor, buffer.pointer) }
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
  private static func skinny(_ x: Matrix, _ w: Factor, into y: Matrix, finish: Finish) {
    let (rows, inputs) = (x.rows, x.columns)
    Parallel.ranges(y.columns, grain: 64) { range in
      let (first, last) = (range.lowerBound, range.upperBound)
      switch (w.isTransposed, w.start) {
      case (false, .f32(let w0)):
        fox_skinny_by_columns(
          x.start, rows, inputs, w0, w.stride, first, last, y.start, y.stride)
      case (false, .bf16(let w0)):
        fox_skinny_bf16_by_columns(
          x.start, rows, inputs, w0, w.stride, first, last, y.start, y.stride)
      case (true, .f32(let w0)):
        fox_skinny_by_rows(x.start, rows, inputs, w0, first, last, y.start, y.stride)
      case (true, .bf16(let w0)):
        fox_skinny_bf16_by_rows(x.start, rows, inputs, w0, first, last, y.start, y.stride)
      case (_, .packed): break  // goes the wide way
      }
      for row in 0..<rows { finish(first, range.count, row, y.row(row) + first) }
    }
  }

  /// *sgemm* for some of the columns, on one thread. Other weights are widened block by block.
  private static func wide(_ x: Matrix, _ w: Factor, _ range: Range<Int>, into y: Matrix) {
    func multiply(_ start: UnsafePointer<Float>, stride: Int, _ columns: Range<Int>) {
      BLAS.multiply(
        m: x.rows, n: columns.count, k: x.columns, x.start, strideA: x.stride,
        start, strideB: stride, transposeB: w.isTransposed,
        y.start + columns.lowerBound, strideC: y.stride)
    }
    switch w.start {
    case .f32(let start):
      multiply(start + range.lowerBound * w.steps.column, stride: w.stride, range)
    case .bf16, .packed:
      // 1 MB of them at a time stays in the cache.
      let inputs = w.rows
      let block = max(64, (1 << 18) / max(inputs, 1) / 64 * 64)
      let scratch = FloatBuffer(uninitialized: inputs * min(block, range.count))
      for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let columns = first..<min(first + block, range.upperBound)
        // Rows in memory: outputs when transposed, else inputs.
        let (rows, count) = w.isTransposed ? (columns.count, inputs) : (inputs, columns.count)
        for row in 0..<rows {
          let place = w.isTransposed ? (first + row) * w.stride : row * w.stride + first
          w.start.widen(from: place, count, to: scratch.pointer + row * count)
        }
        multiply(scratch.pointer, stride: count, columns)
      }
    }
  }
}

extension Weight.Stored {
  /// Writes `count` numbers from number `first` on as float32.
  fileprivate func widen(from first: Int, _ count: Int, to target: UnsafeMutablePointer<Float>) {
    switch self {
    case .f32(let start): target.update(from: start + first, count: count)
    case .bf16(let start): fox_bf16_to_f32(start + first, target, count)
    case .packed(let packed): for i in 0..<count { target[i] = packed[first + i] }
    }
  }
}
