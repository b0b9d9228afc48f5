import FoxKernels
import TestSupport
import Testing

@Suite("Products of activations with weights", .counted)
struct ProductTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let rows: Int
    let inputs: Int
    let outputs: Int
    var testDescription: String { "\(rows)×\(inputs)×\(outputs)" }
  }

  static let cases =
    (1...17).flatMap { rows in
      [(1, 1), (24, 72), (33, 65), (96, 130), (64, 257), (131, 710)].map {
        Case(rows: rows, inputs: $0.0, outputs: $0.1)
      }
    } + [
      Case(rows: 20, inputs: 1100, outputs: 2100),
      // More rows than outputs: threads share the rows.
      Case(rows: 130, inputs: 33, outputs: 65), Case(rows: 200, inputs: 24, outputs: 17),
    ]

  static func numbers(_ count: Int, seed: Int) -> [Float] {
    var noise = MersenneTwister(seed: UInt64(seed))
    return (0..<count).map { _ in Float(noise.next32() >> 8) / Float(1 << 23) - 1 }
  }

  @Test(arguments: cases)
  func `TENS-2 TENS-8 every way of computing agrees with the plain sum`(shape: Case) throws {
    let x = Self.numbers(shape.rows * shape.inputs, seed: shape.rows * 1000 + shape.inputs)
    let numbers = Self.numbers(shape.inputs * shape.outputs, seed: shape.inputs)
    let exact = try Tensor(shape: [shape.inputs, shape.outputs], numbers)
    for weight in [Weight(exact), Weight(rounding: exact)] {
      for isTransposed in [false, true] {
        var plain = [Float](repeating: .nan, count: shape.rows * shape.outputs)
        var actual = plain
        // The plain sum is of the same numbers, those of BF16 widened.
        sum(x, shape, weight.tensor.elements, isTransposed, into: &plain)
        let w = Factor(
          weight.stored, isTransposed ? shape.outputs : shape.inputs,
          isTransposed ? shape.inputs : shape.outputs,
          stride: isTransposed ? shape.inputs : shape.outputs, isTransposed: false)
        actual.withUnsafeMutableBufferPointer { actual in
          guard let start = actual.baseAddress else { return }
          Product.multiply(
            Matrix(reading: x, shape.rows, shape.inputs), isTransposed ? w.t : w,
            into: Matrix(start, shape.rows, shape.outputs))
        }
        // Measured: at most 4e-6 for sums of 96 products below 1, 4e-5 for 1,100.
        let bound: Float = Bound.of("TENS-2")
        let tolerance = shape.inputs > 1000 ? 10 * bound : bound
        expectClose(actual, plain, tolerance: tolerance, "\(isTransposed), \(weight.precision)")
      }
    }
  }

  /// Sums in double precision.
  private func sum(
    _ x: [Float], _ shape: Case, _ weight: [Float], _ isTransposed: Bool, into y: inout [Float]
  ) {
    for row in 0..<shape.rows {
      for output in 0..<shape.outputs {
        var sum = 0.0
        for input in 0..<shape.inputs {
          let index =
            isTransposed ? output * shape.inputs + input : input * shape.outputs + output
          sum += Double(x[row * shape.inputs + input]) * Double(weight[index])
        }
        y[row * shape.outputs + output] = Float(sum)
      }
    }
  }

  @Test(arguments: [1, 5, 16, 40, 200])
  func `TENS-2 every part of the result is finished once`(rows: Int) throws {
    let (inputs, outputs) = (3, 150)
    let x = Self.numbers(rows * inputs, seed: 1)
    let weight = Weight(
      try Tensor(shape: [inputs, outputs], Self.numbers(inputs * outputs, seed: 2)))
    let plain = FloatBuffer(count: rows * outputs)
    let finished = FloatBuffer(count: rows * outputs)
    let x0 = Matrix(reading: x, rows, inputs)
    Product.multiply(x0, weight.factor, into: Matrix(plain, rows, outputs))
    Product.multiply(x0, weight.factor, into: Matrix(finished, rows, outputs)) {
      output, count, row, y in
      for index in 0..<count { y[index] += Float(1000 * row + output + index) }
    }
    #expect(
      (0..<rows * outputs).allSatisfy { index in
        let added = Float(1000 * (index / outputs) + index % outputs)
        return finished.pointer[index] == plain.pointer[index] + added
      })
  }

  @Test
  func `TENS-2 no rows, no work`() throws {
    let (x, y) = (FloatBuffer(count: 1), FloatBuffer(count: 1))
    let weight = Weight(try Tensor(shape: [3, 1], [1, 2, 3]))
    y.pointer[0] = 5
    Product.multiply(Matrix(x, 0, 3), weight.factor, into: Matrix(y, 0, 1))
    #expect(y.pointer[0] == 5)
  }
}
