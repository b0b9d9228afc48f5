import Foundation
import FoxKernels
import TestSupport
import Testing

@Suite("Functions over rows")
struct RowsTests {
  static let golden = Result { try GoldenTensors("tensors/rows.safetensors") }

  static func cases(_ prefixes: String...) -> [String] {
    let all = (try? golden.get().cases) ?? []
    return all.filter { name in prefixes.contains { name.hasPrefix($0 + "/") } }
  }

  @Test(
    "softmax", .spec("TENS-3"), arguments: cases("softmax", "softmax-wide", "softmax-masked"))
  func softmax(name: String) throws {
    let golden = try Self.golden.get()
    let row = try golden["\(name).in"].elements
    var actual = row
    Rows.softmax(row, &actual, count: row.count)
    expectClose(actual, try golden["\(name).out"].elements, tolerance: 1e-6, name)
    if row.allSatisfy(\.isFinite) {
      expectClose(actual, PlainRows.softmax(row), tolerance: 1e-6, "\(name), plain twin")
    }
  }

  @Test("a vocabulary's small terms count beside a large one", .spec("TENS-3"))
  func vocabulary() {
    var row = [Float](repeating: -12, count: 50_257)
    for lane in 0..<16 { row[lane] = 0 }
    var actual = row
    let total = Rows.logSoftmax(row, &actual, count: row.count)
    let exact = log(row.reduce(0.0) { $0 + exp(Double($1)) })
    // Measured: 5.3e-6; with one sum for a lane 1.7e-4.
    #expect(abs(Double(total) - exact) <= 1e-5, "\(Double(total) - exact)")
  }

  @Test(
    "log-softmax", .spec("TENS-3"),
    arguments: cases("log_softmax", "log_softmax-wide", "log_softmax-masked"))
  func logSoftmax(name: String) throws {
    let golden = try Self.golden.get()
    let row = try golden["\(name).in"].elements
    var actual = row
    let total = Rows.logSoftmax(row, &actual, count: row.count)
    #expect(total.isFinite)
    // The spacing of float32 at 180, the widest value, is 1.5e-5.
    expectClose(actual, try golden["\(name).out"].elements, tolerance: 2e-5, name)
    if row.allSatisfy(\.isFinite) {
      expectClose(
        actual.map { max($0, -1e8) }, PlainRows.logSoftmax(row).map { max($0, -1e8) },
        tolerance: 2e-5, "\(name), plain twin")
    }
  }

  @Test("GELU, tanh form", .spec("TENS-4"), arguments: cases("gelu_tanh", "gelu_tanh-wide"))
  func gelu(name: String) throws {
    let golden = try Self.golden.get()
    let row = try golden["\(name).in"].elements
    var actual = row
    Rows.geluTanh(row, &actual, count: row.count)
    expectClose(actual, try golden["\(name).out"].elements, tolerance: 2e-6, name)
    expectClose(actual, PlainRows.geluTanh(row), tolerance: 2e-6, "\(name), plain twin")
  }

  @Test("LayerNorm", .spec("TENS-5"), arguments: cases("layer_norm"))
  func layerNorm(name: String) throws {
    let golden = try Self.golden.get()
    let row = try golden["\(name).in"].elements
    let weight = try golden["\(name).weight"].elements
    let bias = try golden["\(name).bias"].elements
    let epsilon: Float = [7: 1e-12, 16: 1e-2, 1000: 1e-12][row.count] ?? 1e-5
    var actual = row
    Rows.layerNorm(
      row, weight: weight, bias: bias, epsilon: epsilon, &actual, count: row.count)
    expectClose(actual, try golden["\(name).out"].elements, tolerance: 5e-6, name)
    expectClose(
      actual, PlainRows.layerNorm(row, weight: weight, bias: bias, epsilon: epsilon),
      tolerance: 5e-6, "\(name), plain twin")
  }

  @Test("a variance beyond float32 gives NaN, not 0", .spec("TENS-5"))
  func hugeVariance() {
    let row = (0..<37).map { Float($0 % 2 == 0 ? 1e25 : -1e25) }
    let ones = [Float](repeating: 1, count: 37)
    var out = row
    Rows.layerNorm(row, weight: ones, bias: ones, epsilon: 1e-5, &out, count: 37)
    #expect(out.allSatisfy { $0.isNaN })
  }

  @Test(
    "a NaN or +∞ anywhere shows in what log-softmax returns", .spec("TENS-3"),
    arguments: [Float.nan, .infinity], [0, 5, 16, 36])
  func notFinite(bad: Float, index: Int) {
    var row = (0..<37).map { Float($0) / 10 }
    row[index] = bad
    var out = row
    #expect(!Rows.logSoftmax(row, &out, count: row.count).isFinite)
  }

  @Test("rows can be added", .spec("TENS-2"))
  func vectors() {
    let a = (0..<37).map { Float($0) }
    let b = a.map { 2 - $0 / 8 }
    var sum = a
    Rows.add(b, to: &sum, count: 37)
    #expect(sum == zip(a, b).map { $0 + $1 })
  }
}
