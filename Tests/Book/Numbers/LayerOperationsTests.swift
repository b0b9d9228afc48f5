import Foundation
import FoxNumbers
import TestSupport
import Testing

@Suite("GELU", .counted)
struct GELUTests {
  @Test(arguments: Computing.allCases)
  func `TENS-4 TENS-9 by hand: 0, and far to both sides`(computing: Computing) {
    for form in [GELU.tanh, .erf] {
      withRow([0, 20, -20, 1]) { x in
        computing { Operations.current.gelu(form, x, x) }
        // Φ(1) is 0.8413.
        expectClose(x.elements, [0, 20, 0, 0.8413], tolerance: 2e-4, "\(form)")
      }
      withRow([0, 1e30, -1e30]) { x in
        withRow([3, 3, 3]) { dy in
          computing { Operations.current.geluBackward(form, x, dy) }
          #expect(dy.elements == [1.5, 3, 0], "\(form)")
        }
      }
    }
  }

  /// At infinity autograd has x Φ′(x) = ∞ · 0, and so have both forms, in both tables.
  @Test(arguments: Computing.allCases, [GELU.tanh, .erf])
  func `LAYER-6 an infinite number has no slope, as in torch`(computing: Computing, form: GELU) {
    // More than a vector of them, and a rest.
    for count in [1, 37] {
      withRow((0..<count).map { $0 % 2 == 0 ? .infinity : -.infinity }) { x in
        withRow([Float](repeating: 1, count: count)) { dy in
          computing { Operations.current.geluBackward(form, x, dy) }
          #expect(dy.elements.allSatisfy { $0.isNaN }, "\(form), \(count)")
        }
      }
    }
  }

  @Test(arguments: Computing.allCases, try rowCases("gelu_tanh", "gelu_tanh-wide"))
  func `TENS-4 the tanh form is torch's`(computing: Computing, name: String) throws {
    let golden = try GoldenTensors("tensors/rows.safetensors")
    try withRow(golden["\(name).in"].elements) { x in
      computing { Operations.current.gelu(.tanh, x, x) }
      expectClose(x.elements, try golden["\(name).out"].elements, tolerance: 2e-6, name)
    }
  }

  @Test(arguments: Computing.allCases, ["tanh", "erf"])
  func `LAYER-6 TENS-9 both forms and their slopes are torch's`(computing: Computing, form: String)
    throws
  {
    let golden = try GoldenTensors("layers/gradients.safetensors")
    func part(_ name: String) throws -> [Float] { try golden["gelu/\(form).\(name)"].elements }
    let isExact = form == "erf"
    try withRow(part("x")) { x in
      try withRow(part("dy")) { dy in
        computing { Operations.current.geluBackward(isExact ? .erf : .tanh, x, dy) }
        // Where tanh is nearly 1 the reference's 1 − tanh² has few digits left: measured 2.0e-6.
        expectClose(dy.elements, try part("dx"), tolerance: isExact ? 1e-6 : 4e-6, "slopes")
        computing { Operations.current.gelu(isExact ? .erf : .tanh, x, x) }
        expectClose(x.elements, try part("y"), tolerance: 1e-6, "values")
      }
    }
  }
}

@Suite("Layer normalization", .counted)
struct NormalizationTests {
  @Test(arguments: Computing.allCases)
  func `LAYER-2 two rows by hand`(computing: Computing) {
    // Means 2 and 5, deviations 1 and 5.
    withRow([1, 3, 10, 0], rows: 2) { x in
      withRow([0, 0, 0, 0], rows: 2) { stats in
        computing { Operations.current.layerNorm(x, [1, 2], [0, 1], 0, x, stats) }
        expectClose(x.elements, [-1, 3, 1, -1], tolerance: 1e-6, "rows")
        expectClose(stats.elements, [2, 1, 5, 0.2], tolerance: 1e-6, "mean and 1/σ")
      }
    }
  }

  @Test(arguments: Computing.allCases, try rowCases("layer_norm"))
  func `TENS-5 rows are torch's`(computing: Computing, name: String) throws {
    let golden = try GoldenTensors("tensors/rows.safetensors")
    let (w, b) = (try golden["\(name).weight"].elements, try golden["\(name).bias"].elements)
    try withRow(golden["\(name).in"].elements) { x in
      let epsilon: Float = [7: 1e-12, 16: 1e-2, 1000: 1e-12][x.columns] ?? 1e-5
      computing { Operations.current.layerNorm(x, w, b, epsilon, x, nil) }
      expectClose(x.elements, try golden["\(name).out"].elements, tolerance: 5e-6, name)
    }
  }

  @Test(
    arguments: Computing.allCases,
    try GoldenTensors("layers/gradients.safetensors").cases.filter { $0.hasPrefix("layernorm/") })
  func `LAYER-6 gradients are torch's`(computing: Computing, name: String) throws {
    let golden = try GoldenTensors("layers/gradients.safetensors")
    func part(_ part: String) throws -> [Float] { try golden["\(name).\(part)"].elements }
    let (w, b, epsilon) = (try part("weight"), try part("bias"), try part("epsilon")[0])
    let rows = try golden["\(name).x"].shape[0]
    try withRow(part("x"), rows: rows) { x in
      try withRow(part("dy"), rows: rows) { dy in
        let stats = FloatBuffer(count: 2 * rows)
        let dx = FloatBuffer(count: x.rows * x.columns)
        for i in 0..<dx.count { dx.pointer[i] = 1 }
        let y = FloatBuffer(count: dx.count)
        var (dw, db) = (
          [Float](repeating: 0, count: x.columns), [Float](repeating: 0, count: x.columns)
        )
        func view(_ buffer: FloatBuffer) -> Matrix { Matrix(buffer, rows, buffer.count / rows) }
        computing {
          let operations = Operations.current
          operations.layerNorm(x, w, b, epsilon, view(y), view(stats))
          operations.layerNormBackward(x, w, view(stats), dy, view(dx))
          operations.layerNormBackwardColumns(x, view(stats), dy, &dw, &db)
        }
        expectClose(view(y).elements, try part("y"), tolerance: 4e-6, "y")
        expectClose(view(dx).elements.map { $0 - 1 }, try part("dx"), tolerance: 4e-6, "dx")
        expectClose(dw, try part("dweight"), tolerance: 2e-5, "dw")
        expectClose(db, try part("dbias"), tolerance: 2e-5, "db")
      }
    }
  }

  @Test(arguments: Computing.allCases)
  func `TENS-5 a variance beyond float32 gives NaN, not 0`(computing: Computing) {
    let ones = [Float](repeating: 1, count: 37)
    withRow((0..<37).map { Float($0 % 2 == 0 ? 1e25 : -1e25) }) { x in
      computing { Operations.current.layerNorm(x, ones, ones, 1e-5, x, nil) }
      #expect(x.elements.allSatisfy { $0.isNaN })
    }
  }
}

@Suite("Dropout, sums and AdamW", .counted)
struct SmallOperationsTests {
  @Test(arguments: Computing.allCases)
  func `LAYER-7 what is kept is scaled, and added row by row`(computing: Computing) {
    let flags: [UInt8] = [1, 0, 9, 0, 1]
    flags.withUnsafeBufferPointer { flags in
      guard let start = flags.baseAddress else { return }
      let kept = Kept(flags: start, stride: 3, scale: 2)
      withRow([1, 2, 3, 4], rows: 2) { x in
        withRow([10, 10, 10, 10], rows: 2) { sum in
          computing {
            Operations.current.addKept(sum, x, kept, sum)
            #expect(sum.elements == [12, 10, 10, 18])
            Operations.current.addKept(sum, x, nil, sum)
            #expect(sum.elements == [13, 12, 13, 22])
            Operations.current.keep(x, kept, x)
            #expect(x.elements == [2, 0, 0, 8])
          }
        }
      }
    }
  }

  @Test(arguments: Computing.allCases)
  func `TENS-2 LAYER-6 sums and scans`(computing: Computing) {
    withRow([1, 2, 3, 4, 5, 6], rows: 2) { x in
      var columns: [Float] = [10, 20, 30]
      computing {
        Operations.current.addColumns(x, &columns)
        #expect(columns == [15, 27, 39])
        #expect(Operations.current.squareSum([3, 4], 2) == 25)
        #expect(Operations.current.largest([1, .nan, 7, 7, 2], 5) == 2)
        #expect(Operations.current.largest([.nan, .nan], 2) == 0)
      }
    }
  }

  @Test(arguments: Computing.allCases)
  func `OPT-1 one step of AdamW by hand, in both forms`(computing: Computing) {
    // From nothing, with a gradient of 2: m = 0.1 · 2, √v = √(0.001 · 4).
    var numbers = Adam()
    (numbers.epsilon, numbers.step, numbers.decay) = (0, -0.5, -0.01)
    var (value, m, v): ([Float], [Float], [Float]) = ([1], [0], [0])
    computing { Operations.current.adamHF(numbers, [2], &value, &m, &v, 1) }
    let moved = 1 - 0.5 * 0.2 / Float(0.004).squareRoot()
    expectClose(m + v + value, [0.2, 0.004, moved * 0.99], tolerance: 1e-6, "transformers")
    (value, m, v) = ([1], [0], [0])
    (numbers.decay, numbers.root) = (0.99, 2)
    computing { Operations.current.adamTorch(numbers, [2], &value, &m, &v, 1) }
    let torch = 0.99 - 0.5 * 0.2 / (Float(0.004).squareRoot() / 2)
    expectClose(m + v + value, [0.2, 0.004, torch], tolerance: 1e-6, "torch")
  }
}
