import Foundation
import FoxNumbers
import TestSupport
import Testing

/// Numbers of a row as a matrix.
func withRow<Result>(
  _ numbers: [Float], rows: Int = 1, _ body: (Matrix) throws -> Result
) rethrows -> Result {
  let buffer = FloatBuffer(count: numbers.count)
  buffer.pointer.update(from: numbers, count: numbers.count)
  defer { withExtendedLifetime(buffer) {} }
  return try body(Matrix(buffer, rows, numbers.count / rows))
}

/// The cases of `tensors/rows.safetensors` whose names begin with one of some words.
func rowCases(_ prefixes: String...) throws -> [String] {
  let cases = try GoldenTensors("tensors/rows.safetensors").cases.filter { name in
    prefixes.contains { name.hasPrefix($0 + "/") }
  }
  try #require(!cases.isEmpty)
  return cases
}

@Suite("Softmax and cross-entropy", .counted)
struct SoftmaxTests {
  private let golden = Result { try GoldenTensors("tensors/rows.safetensors") }

  @Test(arguments: Computing.allCases)
  func `TENS-3 by hand`(computing: Computing) {
    let three = Float(log(3.0))
    computing {
      withRow([0, three, 5, 100, 100, 100], rows: 2) { x in
        Operations.current.softmax(x, 2)  // the first row sees two numbers, the second all three
        expectClose(
          x.elements, [0.25, 0.75, 0, 1 / 3, 1 / 3, 1 / 3], tolerance: 1e-6, "two rows")
      }
      withRow([0, three]) { x in
        var losses: [Float] = [0]
        Operations.current.crossEntropy(x, [1], 2, &losses)
        expectClose(losses, [-Float(log(0.75))], tolerance: 1e-6, "loss")
        expectClose(x.elements, [0.5, -0.5], tolerance: 1e-6, "2 · (p − [label])")
        Operations.current.crossEntropy(x, [-100], 2, &losses)
        #expect(losses == [0] && x.elements == [0, 0])
      }
    }
  }

  @Test(arguments: Computing.allCases, try rowCases("softmax", "softmax-wide", "softmax-masked"))
  func `TENS-3 softmax is torch's`(computing: Computing, name: String) throws {
    let golden = try golden.get()
    try withRow(golden["\(name).in"].elements) { x in
      computing { Operations.current.softmax(x, nil) }
      expectClose(x.elements, try golden["\(name).out"].elements, tolerance: 1e-6, name)
    }
  }

  @Test(
    arguments: Computing.allCases,
    try rowCases("log_softmax", "log_softmax-wide", "log_softmax-masked"))
  func `TENS-3 log-softmax is torch's`(computing: Computing, name: String) throws {
    let golden = try golden.get()
    try withRow(golden["\(name).in"].elements) { x in
      var total = [Float.nan]
      computing { Operations.current.logSoftmax(x, x, &total) }
      #expect(total[0].isFinite)
      // The spacing of float32 at 180, the widest value, is 1.5e-5.
      expectClose(x.elements, try golden["\(name).out"].elements, tolerance: 2e-5, name)
    }
  }

  @Test(arguments: Computing.allCases)
  func `TENS-3 a vocabulary's small terms count beside a large one`(computing: Computing) {
    var row = [Float](repeating: -12, count: 50_257)
    for lane in 0..<16 { row[lane] = 0 }
    var total = [Float.nan]
    withRow(row) { x in computing { Operations.current.logSoftmax(x, x, &total) } }
    let exact = log(row.reduce(0.0) { $0 + exp(Double($1)) })
    // Measured: 5.3e-6; with one sum for a lane 1.7e-4.
    #expect(abs(Double(total[0]) - exact) <= 1e-5, "\(Double(total[0]) - exact)")
  }

  @Test(arguments: Computing.allCases, [Float.nan, .infinity])
  func `TENS-3 a NaN or +∞ anywhere shows in what log-softmax returns`(
    computing: Computing, bad: Float
  ) {
    for index in [0, 5, 16, 36] {
      var row = (0..<37).map { Float($0) / 10 }
      row[index] = bad
      var total: [Float] = [0]
      withRow(row) { x in computing { Operations.current.logSoftmax(x, x, &total) } }
      #expect(!total[0].isFinite, "at \(index)")
    }
  }

  @Test(arguments: Computing.allCases)
  func `LAYER-8 the backward pass agrees with differences`(computing: Computing) {
    let seed: UInt64 = 7
    var noise = TorchGenerator(seed: seed)
    let (s, dp) = ((0..<9).map { _ in noise.uniform() }, (0..<9).map { _ in noise.uniform() })
    func loss(_ s: [Float]) -> Double {
      withRow(s) { x in
        Plain.softmax(x, nil)
        return zip(x.elements, dp).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    let slopes = s.indices.map { i in
      var (up, down) = (s, s)
      up[i] += 1e-2
      down[i] -= 1e-2
      return Float((loss(up) - loss(down)) / 2e-2)
    }
    withRow(s) { p in
      withRow(dp) { d in
        computing {
          Operations.current.softmax(p, nil)
          Operations.current.softmaxBackward(p, 1, d)
        }
        expectClose(d.elements, slopes, tolerance: 1e-4, "seed \(seed)")
      }
    }
  }
}
