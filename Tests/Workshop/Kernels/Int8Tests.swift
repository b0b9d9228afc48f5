import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("Weights in eight bits", .counted)
struct Int8Tests {
  /// Numbers from −1 to 1.
  private static func matrix(_ rows: Int, _ columns: Int) throws -> Tensor {
    try Tensor(
      shape: [rows, columns], ProductTests.numbers(rows * columns, seed: rows + columns))
  }

  @Test
  func `INT8-1 a row becomes levels of a step, by hand`() {
    let row = Int8Row([0.5, -1.27, 0.004] as [Float])
    #expect(row.levels == [50, -127, 0])
    #expect(abs(row.step - 0.01) < 1e-8)
    // Ties go to the even level; 127 steps are 1.
    let tie = 1.0 / 254 as Float
    #expect(Int8Row([1, tie, 3 * tie, 5 * tie, -tie]).levels == [127, 0, 2, 2, 0])
    #expect(Int8Row([0, -0.0]).step == 0 && Int8Row([1e-31]).levels == [0])
    for bad in [Float.nan, .infinity, -.infinity] { #expect(Int8Row([1, bad]).step.isNaN) }
  }

  @Test
  func `INT8-2 a product of two levels, by hand`() throws {
    let w = Int8Weight(try Tensor(shape: [2, 1], [0.6, -0.2]), isTransposed: false)
    let (x, y) = (FloatBuffer(count: 2), FloatBuffer(count: 1))
    (x.pointer[0], x.pointer[1]) = (1, 0.3)
    w.product(Matrix(x, 1, 2), into: Matrix(y, 1, 1))
    // 127 · 127 − 38 · 42, and the two steps.
    #expect(y.pointer[0] == 14_533 * (1 / 127) * (0.6 / 127 as Float))
    #expect(abs(y.pointer[0] - 0.54) < 0.001)
    withExtendedLifetime((x, y)) {}
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 16, 17, 40], [(768, 150), (37, 16), (1, 1), (5, 33)])
  func `INT8-2 every way gives the bits of plain Swift`(
    rows: Int, shape: (inputs: Int, outputs: Int)
  ) throws {
    let x = FloatBuffer(count: rows * shape.inputs)
    for (i, number) in ProductTests.numbers(rows * shape.inputs, seed: rows).enumerated() {
      x.pointer[i] = number
    }
    let input = Matrix(x, rows, shape.inputs)
    for isTransposed in [false, true] {
      let matrix =
        isTransposed
        ? try Self.matrix(shape.outputs, shape.inputs)
        : try Self.matrix(shape.inputs, shape.outputs)
      let weight = Int8Weight(matrix, isTransposed: isTransposed)
      // What it holds is the matrix, to half a step of an output.
      for (i, number) in matrix.elements.enumerated() {
        #expect(abs(weight[i] - number) <= 0.501 / 127)
      }
      let (plain, fast) = (
        FloatBuffer(count: rows * shape.outputs), FloatBuffer(count: rows * shape.outputs)
      )
      weight.product(input, into: Matrix(plain, rows, shape.outputs))
      for way in Int8Weight.ways {
        weight.multiply(input, into: Matrix(fast, rows, shape.outputs), way: way)
        #expect(
          (0..<rows * shape.outputs).allSatisfy { plain.pointer[$0] == fast.pointer[$0] },
          "way \(way), \(isTransposed)")
      }
      withExtendedLifetime((plain, fast)) {}
    }
    withExtendedLifetime(x) {}
    #expect(Int8Weight.ways.first == 0)
  }

  @Test
  func `INT8-2 a linear map adds its bias, and a number that is not finite shows`() throws {
    let weight = Weight(int8: Weight(try Self.matrix(96, 80)), isTransposed: false)
    #expect(weight.precision == .int8 && weight.byteCount == 80 * 96 + 4 * 80)
    let (x, bias) = (try Self.matrix(20, 96).elements, ProductTests.numbers(80, seed: 3))
    func linear(_ table: Operations, _ x: [Float]) -> [Float] {
      let y = FloatBuffer(count: 20 * 80)
      table.linear(Matrix(reading: x, 20, 96), weight.factor, bias, Matrix(y, 20, 80))
      return withExtendedLifetime((x, y)) { Matrix(y, 20, 80).elements }
    }
    let plain = linear(.plain, x)
    #expect(plain == linear(Kernels.table, x))
    // Where it is no linear map's, its numbers are widened.
    let (y, exact) = (FloatBuffer(count: 20 * 80), FloatBuffer(count: 20 * 80))
    for (table, y) in [(Operations.plain, exact), (Kernels.table, y)] {
      table.product(
        Matrix(reading: x, 20, 96).factor, weight.factor, 1, false, Matrix(y, 20, 80))
    }
    withExtendedLifetime((x, y, exact)) {
      expectClose(
        Matrix(y, 20, 80).elements, Matrix(exact, 20, 80).elements, tolerance: 2e-5, "widened")
    }
    var bad = x
    bad[96] = .nan
    for table in [Operations.plain, Kernels.table] {
      let y = linear(table, bad)
      #expect(y[80..<160].allSatisfy(\.isNaN) && y[..<80] == plain[..<80])
    }
  }

  @Test
  func `INT8-1 a sum that would not fit 32 bits is not rounded`() throws {
    let wide = Weight(try Tensor(shape: [1, 133_145], [Float](repeating: 1, count: 133_145)))
    #expect(Weight(int8: wide, isTransposed: true).precision == .f32)
    #expect(Weight(int8: wide, isTransposed: false).precision == .int8)
  }
}
