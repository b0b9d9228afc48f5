import Exercises
import Foundation
import Testing

@Suite("Exercise 6: the gradient of LayerNorm")
struct Exercise6Tests {
  private let epsilon = 1e-5

  private func loss(_ x: [Double], _ w: [Double], _ b: [Double], _ dy: [Double]) -> Double {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
    return x.indices.map { ((x[$0] - mean) / sqrt(variance + epsilon) * w[$0] + b[$0]) * dy[$0] }
      .reduce(0, +)
  }

  /// What a small change of each number does to a function.
  private func slopes(_ values: [Double], _ function: ([Double]) -> Double) -> [Double] {
    values.indices.map { index in
      var (up, down) = (values, values)
      up[index] += 1e-5
      down[index] -= 1e-5
      return (function(up) - function(down)) / 2e-5
    }
  }

  private func check(_ count: Int, _ seed: UInt64) throws {
    var random = Random(seed)
    func row() -> [Double] { (0..<count).map { _ in 4 * random.unit() - 2 } }
    let (x, w, b, dy) = (row(), row(), row(), row())
    let ours = try layerNormGradients(x: x, w: w, epsilon: epsilon, dy: dy)
    compare(
      ours.db, slopes(b) { loss(x, w, $0, dy) }, "db", "b is added to y: db is dy itself")
    compare(
      ours.dw, slopes(w) { loss(x, $0, b, dy) }, "dw", "w multiplies x̂: dw is dy · x̂")
    compare(
      ours.dx, slopes(x) { loss($0, w, b, dy) }, "dx",
      "x counts in x̂, in the mean and in the variance, and w comes before all three")
  }

  private func compare(_ ours: [Double], _ slopes: [Double], _ name: String, _ hint: String) {
    guard ours.count == slopes.count else {
      Issue.record("\(name) has \(ours.count) numbers, expected \(slopes.count)")
      return
    }
    let worst = zip(ours, slopes).map { abs($0 - $1) }.max() ?? 0
    let size = slopes.map(abs).max() ?? 0
    #expect(worst <= 1e-5 * max(1, size), "\(name) is off by \(worst): \(hint)")
  }

  @Test(arguments: [2, 3, 8, 64]) func `against small changes`(count: Int) throws {
    try check(count, UInt64(count))
  }

  @Test func `the gradient of a row that is moved or stretched as a whole is nothing`() throws {
    let x = [1.0, -2, 0.5, 3]
    let dx = try layerNormGradients(x: x, w: [1, 1, 1, 1], epsilon: 0, dy: [0.3, 1, -2, 0.1]).dx
    guard dx.count == 4 else { return }
    #expect(abs(dx.reduce(0, +)) < 1e-9, "adding a number to all x changes nothing: Σ dx = 0")
    #expect(abs(zip(x, dx).map(*).reduce(0, +)) < 1e-9, "nor does multiplying all: Σ x dx = 0")
  }
}
