import FoxFiles
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("Activations", .counted)
struct ActivationTests {
  @Test
  func `LAYER-15 by hand`() {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let x = arena.matrix([-2, 0, 3], columns: 3)
    func expect(_ activation: Activation, _ values: [Float], _ slopes: [Float]) {
      let (y, dy) = (arena.matrix(1, 3), arena.matrix([10, 10, 10], columns: 3))
      activation.forward(x, into: y)
      activation.backward(dy, x: x)
      expectClose(y.elements, values, tolerance: 1e-4, "\(activation)")
      expectClose(dy.elements, slopes.map { 10 * $0 }, tolerance: 1e-3, "\(activation), slopes")
    }
    // σ(−2) = 0.1192 and σ(3) = 0.9526; at 0 every curve with a bend has slope ½ or 1.
    expect(.relu, [0, 0, 3], [0, 0, 1])
    expect(.silu, [-0.23841, 0, 2.85772], [-0.09078, 0.5, 1.08810])
    expect(.tanh, [-0.96403, 0, 0.99505], [0.07065, 1, 0.00987])
    expect(.quickGELU, [-0.06434, 0, 2.98194], [-0.07381, 0.5, 1.02463])
  }

  static func names() throws -> [String] {
    try Golden.arguments("layers/activations.json", in: "names") { $0.string }
      .filter { Activation(rawValue: $0) != nil }
  }

  @Test(arguments: Computing.allCases, try names())
  func `LAYER-15 values and slopes of the reference`(computing: Computing, name: String) throws {
    let activation = try #require(Activation(rawValue: name))
    let golden = try GoldenTensors("layers/activations.safetensors")
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let x = arena.matrix(try golden["\(name).x"].elements, columns: 1)
    let dy = arena.matrix(try golden["\(name).dy"].elements, columns: 1)
    let y = arena.matrix(x.rows, 1)
    computing {
      activation.forward(x, into: y)
      activation.backward(dy, x: x)
    }
    let tolerance: Float = Bound.of("LAYER-15", "values")
    expectClose(
      y.elements, try golden["\(name).y"].elements, tolerance: tolerance, "\(name).y")
    expectClose(
      dy.elements, try golden["\(name).dx"].elements, tolerance: tolerance, "\(name).dx")
    #expect(try Self.names().count == Activation.allCases.count)
  }

  @Test
  func `LAYER-15 NaN stays NaN`() {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    for activation in Activation.allCases {
      let (x, y) = (arena.matrix([.nan], columns: 1), arena.matrix(1, 1))
      activation.forward(x, into: y)
      #expect(y[0][0].isNaN, "\(activation)")
    }
  }
}
