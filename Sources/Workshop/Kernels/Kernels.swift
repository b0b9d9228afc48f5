import CFoxKernels

/// # Fast entries for the table of operations
///
/// The chapter Numbers computes in plain Swift. Here are the same operations in C, in products of
/// OpenBLAS, and on several threads. Each is tested against the plain one.
package enum Kernels {
  /// Makes the fast table what everybody computes with. Everything that loads a model calls it; only
  /// the first call has an effect.
  package static func install() { Operations.install(table) }

  /// The fast table.
  package static let table: Operations = {
    let table = Operations(name: "kernels")
    addProducts(to: table)
    addRows(to: table)
    addScans(to: table)
    addSmallLoops(to: table)
    return table
  }()

  private static func addProducts(to table: Operations) {
    table.product = Product.shared
    table.linear = Product.linear
    table.slotScores = { q, keys, slots, scale, scores in
      guard let start = slots.baseAddress else { return }
      fox_slot_scores(q, keys.start, keys.stride, start, slots.count, keys.columns, scale, scores)
    }
    table.slotSum = { values, slots, weights, out in
      guard let start = slots.baseAddress else { return }
      fox_slot_sum(
        values.start, values.stride, start, weights, slots.count, values.columns, out)
    }
    table.threads = { BLAS.threads }
    table.forEach = Parallel.interleaved
    table.ranges = { Parallel.ranges($0, grain: $1, $2) }
  }

  private static func addRows(to table: Operations) {
    table.softmax = { x, seen in
      for r in 0..<x.rows {
        let (row, end) = (x.row(r), min(seen.map { $0 + r } ?? x.columns, x.columns))
        fox_softmax_row(row, row, end)
        (row + end).update(repeating: 0, count: x.columns - end)
      }
    }
    table.softmaxBackward = { p, scale, dp in
      for r in 0..<p.rows {
        fox_softmax_backward_row(p.row(r), dp.row(r), scale, dp.row(r), p.columns)
      }
    }
    table.logSoftmax = { x, y, totals in
      eachRow(of: x) { totals[$0] = fox_log_softmax_row(x.row($0), y.row($0), x.columns) }
    }
    table.crossEntropy = { x, labels, scale, losses in
      eachRow(of: x, work: 4) { r in
        if labels[r] < 0 {
          x[r].update(repeating: 0)
          losses[r] = 0
        } else {
          losses[r] = fox_cross_entropy_row(x.row(r), Int(labels[r]), scale, x.columns)
        }
      }
    }
    table.layerNorm = { x, w, b, epsilon, y, stats in
      eachRow(of: x) {
        fox_layer_norm_row(x.row($0), w, b, epsilon, y.row($0), stats?.row($0), x.columns)
      }
    }
    table.layerNormBackward = { x, w, stats, dy, dx in
      eachRow(of: x) { r in
        fox_layer_norm_backward_row(
          x.row(r), dy.row(r), w, stats[r][0], stats[r][1], dx.row(r), x.columns)
      }
    }
    table.gelu = { form, x, y in
      let function = form == .tanh ? fox_gelu_tanh : fox_gelu_erf
      eachPart(of: x, y) { function(x.start + $0, y.start + $0, $1) }
    }
    table.geluBackward = { form, x, dy in
      let function = form == .tanh ? fox_gelu_tanh_backward : fox_gelu_erf_backward
      eachPart(of: x, dy) { function(x.start + $0, dy.start + $0, dy.start + $0, $1) }
    }
    table.keep = { x, kept, y in
      eachRow(of: x) { r in
        fox_keep(x.row(r), kept.flags + r * kept.stride, kept.scale, y.row(r), x.columns)
      }
    }
    table.addKept = { sum, x, kept, y in
      eachRow(of: x) { r in
        guard let kept else {
          if y.start != sum.start { y.row(r).update(from: sum.row(r), count: x.columns) }
          return fox_add(x.row(r), y.row(r), x.columns)
        }
        fox_add_kept(
          sum.row(r), x.row(r), kept.flags + r * kept.stride, kept.scale, y.row(r), x.columns)
      }
    }
  }

  private static func addScans(to table: Operations) {
    table.add = { x, y in eachRow(of: x) { fox_add(x.row($0), y.row($0), x.columns) } }
    // Threads share columns, so that each sum is taken in the order of the rows.
    table.addColumns = { x, y in
      Parallel.ranges(x.columns, grain: 64) {
        fox_add_columns(x.start, x.rows, x.stride, $0.lowerBound, $0.upperBound, y)
      }
    }
    table.layerNormBackwardColumns = { x, stats, dy, dw, db in
      // The C loop has one stride for both.
      precondition(x.stride == dy.stride && stats.stride == 2, "x and dy lie alike")
      Parallel.ranges(x.columns, grain: 64) {
        fox_layer_norm_backward_columns(
          x.start, dy.start, stats.start, x.rows, x.stride, $0.lowerBound, $0.upperBound, dw, db)
      }
    }
    table.squareSum = { fox_square_sum($0, $1) }
    table.largest = { fox_argmax($0, $1) }
  }

  private static func addSmallLoops(to table: Operations) {
    table.adamHF = { numbers, g, values, m, v, count in
      var numbers = fox_adamw(numbers)
      fox_adamw_hf(&numbers, g, values, m, v, count)
    }
    table.adamTorch = { numbers, g, values, m, v, count in
      var numbers = fox_adamw(numbers)
      fox_adamw_torch(&numbers, g, values, m, v, count)
    }
    table.widen = { fox_bf16_to_f32($0, $1, $2) }
    table.twist = { fox_twister_refill($0) }
    table.drawBelow = { $0.drawBelow($1, $2, count: $3) }
  }
}

extension Kernels {
  /// A thread is worth waking for this many numbers.
  private static let grain = 16_384

  /// Runs `body` on each row, on several threads when there is work for them.
  ///
  /// - Parameter work: How much more a number costs than in a LayerNorm.
  private static func eachRow(of x: Matrix, work: Int = 1, _ body: (Int) -> Void) {
    Parallel.ranges(x.rows, grain: max(1, grain / work / max(1, x.columns))) { range in
      for row in range { body(row) }
    }
  }

  /// Runs `body` on parts of two matrices of one shape: from which number on, and how many.
  private static func eachPart(of x: Matrix, _ y: Matrix, _ body: (Int, Int) -> Void) {
    guard x.isContiguous, y.isContiguous else {
      precondition(x.stride == y.stride, "two matrices laid out alike")
      return eachRow(of: x) { body($0 * x.stride, x.columns) }
    }
    Parallel.ranges(x.rows * x.columns, grain: grain) { body($0.lowerBound, $0.count) }
  }
}

extension fox_adamw {
  fileprivate init(_ numbers: Adam) {
    self.init(
      gradient_scale: numbers.gradientScale, beta1: numbers.beta1, rest1: numbers.rest1,
      beta2: numbers.beta2, rest2: numbers.rest2, epsilon: numbers.epsilon, step: numbers.step,
      root: numbers.root, decay: numbers.decay)
  }
}
