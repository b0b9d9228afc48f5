import CFoxKernels
import FoxKernels
import TestSupport
import Testing

/// Every entry of the fast table against the plain one of the chapter, at lengths around a vector.
@Suite("Kernels against plain Swift", .counted)
struct KernelsTests {
  static let lengths = [1, 3, 15, 16, 17, 63, 64, 65, 130, 1000]
  private let plain = Operations.plain
  private let fast = Kernels.table

  /// Numbers from −1 to 1 times `scale`, the same for a seed.
  private func matrix(_ rows: Int, _ columns: Int, seed: Int, scale: Float = 1) -> Owned {
    let buffer = FloatBuffer(count: rows * columns)
    for (i, number) in ProductTests.numbers(rows * columns, seed: seed).enumerated() {
      buffer.pointer[i] = number * scale
    }
    return Owned(buffer: buffer, view: Matrix(buffer, rows, columns))
  }

  /// A matrix and its memory.
  private struct Owned {
    let buffer: FloatBuffer
    let view: Matrix
  }

  /// Runs `body` with both tables on copies of one matrix and compares what it leaves there.
  private func compare(
    _ rows: Int, _ columns: Int, seed: Int, scale: Float = 1, tolerance: Float, _ what: String,
    _ body: (Operations, Matrix) -> Void
  ) {
    let (a, b) = (
      matrix(rows, columns, seed: seed, scale: scale),
      matrix(rows, columns, seed: seed, scale: scale)
    )
    body(plain, a.view)
    body(fast, b.view)
    expectClose(
      b.view.elements, a.view.elements, tolerance: tolerance, "\(what), \(rows)×\(columns)")
    withExtendedLifetime((a, b)) {}
  }

  @Test
  func `TENS-7 installing twice is installing once`() {
    Kernels.install()
    Kernels.install()
    #expect(Operations.current === Kernels.table)
    Operations.$override.withValue(.plain) { #expect(Operations.current === Operations.plain) }
  }

  @Test(arguments: lengths)
  func `TENS-3 softmax and what goes back through it`(columns: Int) {
    for seen in [nil, 1, columns / 2] {
      compare(5, columns, seed: columns, scale: 20, tolerance: 1e-6, "softmax, \(seen ?? -1)") {
        $0.softmax($1, seen)
      }
    }
    let p = matrix(5, columns, seed: 1)
    plain.softmax(p.view, nil)
    compare(5, columns, seed: 2, tolerance: 1e-6, "backward") {
      $0.softmaxBackward(p.view, 0.5, $1)
    }
    compare(5, columns, seed: 3, scale: 20, tolerance: 2e-5, "log-softmax") { table, x in
      var totals = [Float](repeating: .nan, count: 5)
      table.logSoftmax(x, x, &totals)
      x[0][0] += totals[4]
    }
    let labels: [Int32] = [0, -100, Int32(columns - 1), Int32(columns / 2), -1]
    compare(5, columns, seed: 4, scale: 20, tolerance: 5e-6, "cross-entropy") { table, x in
      var losses = [Float](repeating: .nan, count: 5)
      table.crossEntropy(x, labels, 0.5, &losses)
      for r in 0..<5 { x[r][0] += losses[r] / 10 }
    }
  }

  @Test(arguments: lengths)
  func `TENS-4 TENS-9 GELU in both forms`(columns: Int) {
    for form in [GELU.tanh, .erf] {
      compare(3, columns, seed: columns, scale: 6, tolerance: 2e-6, "\(form)") {
        $0.gelu(form, $1, $1)
      }
      let x = matrix(3, columns, seed: 9, scale: 6)
      compare(3, columns, seed: 10, tolerance: 4e-6, "\(form), backward") {
        $0.geluBackward(form, x.view, $1)
      }
    }
  }

  @Test(arguments: lengths)
  func `TENS-5 LAYER-6 LAYER-7 LayerNorm, dropout and sums`(columns: Int) {
    let (x, w, b) = (
      matrix(7, columns, seed: 1), matrix(1, columns, seed: 2), matrix(1, columns, seed: 3)
    )
    let stats = matrix(7, 2, seed: 4)
    compare(7, columns, seed: 5, tolerance: 5e-6, "LayerNorm") {
      $0.layerNorm(x.view, w.view.start, b.view.start, 1e-5, $1, stats.view)
    }
    compare(7, columns, seed: 6, tolerance: columns < 4 ? 2e-4 : 2e-5, "LayerNorm, backward") {
      $0.layerNormBackward(x.view, w.view.start, stats.view, x.view, $1)
    }
    compare(2, columns, seed: 7, tolerance: 2e-5, "LayerNorm, columns") {
      $0.layerNormBackwardColumns(x.view, stats.view, x.view, $1.row(0), $1.row(1))
    }
    compare(1, columns, seed: 8, tolerance: 1e-6, "columns") { $0.addColumns(x.view, $1.start) }
    compare(7, columns, seed: 9, tolerance: 0, "add") { $0.add(x.view, $1) }
    var generator = TorchGenerator(seed: 1)
    var flags = [UInt8](repeating: 9, count: 7 * (columns + 2))
    generator.fillKept(&flags, count: flags.count, dropping: 0.3)
    flags.withUnsafeBufferPointer { flags in
      guard let start = flags.baseAddress else { return }
      let kept = Kept(flags: start, stride: columns + 2, scale: 1.5)
      compare(7, columns, seed: 10, tolerance: 1e-6, "keep") { $0.keep($1, kept, $1) }
      compare(7, columns, seed: 11, tolerance: 1e-6, "add kept") {
        $0.addKept(x.view, x.view, kept, $1)
      }
    }
    withExtendedLifetime((x, w, b, stats)) {}
  }

  /// Float32 to BF16, to nearest, ties to even: `round_to_nearest_even` in `c10/util/BFloat16.h`. A NaN
  /// stays one, with its quiet bit set.
  private static func round(_ x: [Float], _ y: inout [UInt16], _ count: Int) {
    for i in 0..<count {
      // 0x3F8147AE + 0x7FFF + 1 = 0x3F81C7AE, whose upper half is 0x3F81.
      let bits = x[i].bitPattern
      let rounded = x[i].isNaN ? bits | 0x40_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
      y[i] = UInt16(rounded >> 16)
    }
  }

  @Test(arguments: lengths)
  func `TENS-8 OPT-1 OPT-2 scans, squares, BF16 and AdamW`(count: Int) {
    let x = ProductTests.numbers(count, seed: count)
    #expect(plain.largest(x, count) == fast.largest(x, count))
    #expect(abs(plain.squareSum(x, count) - fast.squareSum(x, count)) < 1e-9)
    var (a, b) = ([UInt16](repeating: 0, count: count), [UInt16](repeating: 1, count: count))
    Self.round(x, &a, count)
    fox_f32_to_bf16(x, &b, count)
    #expect(a == b)
    var (wide, fastWide) = (x, x)
    plain.widen(a, &wide, count)
    fast.widen(a, &fastWide, count)
    #expect(wide == fastWide)
    var numbers = Adam()
    (numbers.step, numbers.decay, numbers.root) = (-0.1, 0.99, 0.5)
    for update in [\Operations.adamHF, \.adamTorch] {
      var results: [[Float]] = []
      for table in [plain, fast] {
        var (values, m, v) = (x, x.map { $0 / 2 }, x.map(abs))
        table[keyPath: update](numbers, x, &values, &m, &v, count)
        results.append(values + m + v)
      }
      // Equal to the last bit where the processor has fused operations; see OPT-1.
      expectClose(results[1], results[0], tolerance: 1e-6, "AdamW")
    }
  }

  @Test
  func `TENS-8 the special numbers of BF16`() {
    let x: [Float] = [
      .nan, -.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0, -0.0, .leastNonzeroMagnitude,
    ]
    var (a, b) = ([UInt16](repeating: 0, count: 8), [UInt16](repeating: 1, count: 8))
    Self.round(x, &a, 8)
    fox_f32_to_bf16(x, &b, 8)
    #expect(a == b)
    #expect(a[0] & 0x7FFF > 0x7F80 && a[2] == 0x7F80 && a[4] == 0x7F80)
  }

  @Test(arguments: lengths)
  func `BLAS-2 TENS-2 LAYER-4 products of any strides and transposes`(side: Int) {
    let (rows, inner) = (min(side, 130), 9)
    let (a, b) = (matrix(rows, 12, seed: 1), matrix(inner, side + 3, seed: 2))
    let (at, bt) = (matrix(inner, rows + 1, seed: 3), matrix(side, 10, seed: 4))
    for (left, right) in [
      (a.view[columns: 2..<11].factor, b.view[columns: 0..<side].factor),
      (at.view[columns: 0..<rows].t, bt.view[columns: 0..<9].t),
    ] {
      for adding in [false, true] {
        compare(rows, side, seed: 5, tolerance: 1e-5, "product") {
          $0.product(left, right, 0.5, adding, $1)
        }
      }
      let bias = matrix(1, side, seed: 6)
      compare(rows, side, seed: 7, tolerance: 1e-5, "linear") {
        $0.linear(a.view[columns: 0..<9], right, bias.view.start, $1)
      }
    }
    withExtendedLifetime((a, b, at, bt)) {}
  }

  @Test(arguments: [1, 5, 40])
  func `TENS-8 products of BF16`(rows: Int) {
    let tensor = Tensor(shape: [33, 70]) {
      $0.update(from: ProductTests.numbers(33 * 70, seed: 1), count: 33 * 70)
    }
    let weight = Weight(rounding: tensor)
    let (x, xt) = (matrix(rows, 33, seed: 2), matrix(rows, 70, seed: 3))
    compare(rows, 70, seed: 4, tolerance: 1e-5, "linear") {
      $0.linear(x.view, weight.factor, nil, $1)
    }
    compare(rows, 33, seed: 5, tolerance: 2e-5, "product of the transpose, added") {
      $0.product(xt.view.factor, weight.factor.t, 2, true, $1)
    }
    withExtendedLifetime((x, xt, weight)) {}
  }

  @Test
  func `RAND-7 RAND-11 the twister`() {
    for (start, limit) in [(0, UInt64(1) << 52), (1, 123), (3, 1 << 53 - 1), (17, 1 << 50)] {
      // Lengths around a vector, and one over several blocks.
      for count in [0, 1, 7, 8, 9, 620] {
        func draw(_ table: Operations) -> ([UInt8], UInt32, Int) {
          Operations.$override.withValue(table) {
            var engine = MersenneTwister(seed: UInt64(start))
            engine.skip(start)
            var kept = [UInt8](repeating: 9, count: count)
            Operations.current.drawBelow(&engine, limit, &kept, count)
            return (kept, engine.next32(), engine.drawn)
          }
        }
        #expect(draw(plain) == draw(fast), "\(count) from \(start) below \(limit)")
      }
    }
  }

  @Test
  func `TENS-7 a loop within a loop runs on its own thread`() {
    let sums = FloatBuffer(count: 64)
    fast.forEach(64) { element, _ in
      fast.ranges(1000, 10) { range in
        for _ in range { sums.pointer[element] += 1 }
      }
      fast.forEach(3) { _, _ in sums.pointer[element] += 1 }
    }
    #expect((0..<64).allSatisfy { sums.pointer[$0] == 1003 })
  }
}
