import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("Activations", .counted)
struct ActivationTests {
  private func matrix(_ numbers: [Float], columns: Int, _ arena: Arena) -> Matrix {
    let m = arena.matrix(numbers.count / columns, columns)
    m.start.update(from: numbers, count: numbers.count)
    return m
  }

  @Test
  func `LAYER-15 by hand`() {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let x = matrix([-2, 0, 3], columns: 3, arena)
    func expect(_ activation: Activation, _ values: [Float], _ slopes: [Float]) {
      let (y, dy) = (arena.matrix(1, 3), matrix([10, 10, 10], columns: 3, arena))
      activation.forward(x, y)
      activation.backward(dy, x)
      expectClose(y.elements, values, tolerance: 1e-4, activation.name)
      expectClose(
        dy.elements, slopes.map { 10 * $0 }, tolerance: 1e-3, "\(activation.name), slopes")
    }
    // σ(−2) = 0.1192 and σ(3) = 0.9526; at 0 every curve with a bend has slope ½ or 1.
    expect(.relu, [0, 0, 3], [0, 0, 1])
    expect(.silu, [-0.23841, 0, 2.85772], [-0.09078, 0.5, 1.08810])
    expect(.tanh, [-0.96403, 0, 0.99505], [0.07065, 1, 0.00987])
    expect(.quickGELU, [-0.06434, 0, 2.98194], [-0.07381, 0.5, 1.02463])
  }

  static func names() throws -> [String] {
    try Golden.arguments("layers/activations.json", in: "names") { $0.string }
      .filter { name in Activation.all.contains { $0.name == name } }
  }

  @Test(arguments: Computing.allCases, try names())
  func `LAYER-15 values and slopes of the reference`(computing: Computing, name: String) throws {
    let activation = try #require(Activation.all.first { $0.name == name })
    let golden = try GoldenTensors("layers/activations.safetensors")
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let x = matrix(try golden["\(name).x"].elements, columns: 1, arena)
    let dy = matrix(try golden["\(name).dy"].elements, columns: 1, arena)
    let y = arena.matrix(x.rows, 1)
    computing {
      activation.forward(x, y)
      activation.backward(dy, x)
    }
    let tolerance: Float = Bound.of("LAYER-15", "values")
    expectClose(
      y.elements, try golden["\(name).y"].elements, tolerance: tolerance, "\(name).y")
    expectClose(
      dy.elements, try golden["\(name).dx"].elements, tolerance: tolerance, "\(name).dx")
    #expect(try Self.names().count == Activation.all.count)
  }

  @Test
  func `LAYER-15 NaN stays NaN`() {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    for activation in Activation.all {
      let (x, y) = (matrix([.nan], columns: 1, arena), arena.matrix(1, 1))
      activation.forward(x, y)
      #expect(y[0][0].isNaN, "\(activation.name)")
    }
  }
}
