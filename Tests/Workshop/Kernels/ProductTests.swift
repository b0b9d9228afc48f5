import FoxKernels
import TestSupport
import Testing

@Suite("Products of activations with weights")
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

  @Test(
    "every way of computing agrees with the plain sum", .spec("TENS-2", "TENS-8"),
    arguments: cases)
  func agree(shape: Case) throws {
    let x = Self.numbers(shape.rows * shape.inputs, seed: shape.rows * 1000 + shape.inputs)
    let numbers = Self.numbers(shape.inputs * shape.outputs, seed: shape.inputs)
    let exact = try Tensor(shape: [shape.inputs, shape.outputs], numbers)
    for weight in [Weight(exact), Weight(rounding: exact)] {
      for layout in [WeightLayout.inputMajor, .outputMajor] {
        var plain = [Float](repeating: .nan, count: shape.rows * shape.outputs)
        var actual = plain
        // The plain sum is of the same numbers, those of BF16 widened.
        Product.plain(
          x, rows: shape.rows, inputs: shape.inputs, weight.tensor.elements, layout,
          outputs: shape.outputs, into: &plain)
        Product.multiply(
          x, rows: shape.rows, inputs: shape.inputs, weight, layout, outputs: shape.outputs,
          into: &actual)
        // Measured: at most 4e-6 for sums of 96 products below 1, 4e-5 for 1,100.
        let tolerance: Float = shape.inputs > 1000 ? 1e-4 : 1e-5
        expectClose(actual, plain, tolerance: tolerance, "\(layout), \(weight.precision)")
      }
    }
  }

  @Test(
    "every part of the result is finished once", .spec("TENS-2"), arguments: [1, 5, 16, 40, 200])
  func finish(rows: Int) throws {
    let (inputs, outputs) = (3, 150)
    let x = Self.numbers(rows * inputs, seed: 1)
    let weight = Weight(
      try Tensor(shape: [inputs, outputs], Self.numbers(inputs * outputs, seed: 2)))
    let plain = FloatBuffer(count: rows * outputs)
    let finished = FloatBuffer(count: rows * outputs)
    Product.multiply(
      x, rows: rows, inputs: inputs, weight, .inputMajor, outputs: outputs, into: plain.pointer)
    Product.multiply(
      x, rows: rows, inputs: inputs, weight, .inputMajor, outputs: outputs, into: finished.pointer
    ) { output, count, row, y in
      for index in 0..<count { y[index] += Float(1000 * row + output + index) }
    }
    #expect(
      (0..<rows * outputs).allSatisfy { index in
        let added = Float(1000 * (index / outputs) + index % outputs)
        return finished.pointer[index] == plain.pointer[index] + added
      })
  }

  @Test("no rows, no work", .spec("TENS-2"))
  func empty() throws {
    var y: [Float] = [5]
    let weight = Weight(try Tensor(shape: [3, 1], [1, 2, 3]))
    Product.multiply([], rows: 0, inputs: 3, weight, .inputMajor, outputs: 1, into: &y)
    #expect(y == [5])
  }
}

@Suite("Weights")
struct WeightTests {
  @Test("float32 is shared, BF16 rounded to nearest, ties to even", .spec("TENS-8"))
  func precisions() throws {
    let ulp: Float = 1 / 128  // of BF16, from 1 to 2
    let numbers: [Float] = [1, 1 + ulp / 2, 1 + 3 * ulp / 2, 1 + ulp * 0.51, -3, .infinity, 0]
    let tensor = try Tensor(shape: [7], numbers)
    let exact = Weight(tensor)
    #expect(exact.precision == .f32 && exact.byteCount == 28)
    #expect(exact.tensor.pointer == tensor.pointer)
    let rounded = Weight(rounding: tensor)
    #expect(rounded.precision == .bf16 && rounded.byteCount == 14 && rounded.count == 7)
    #expect(rounded.tensor.elements == [1, 1, 1 + 2 * ulp, 1 + ulp, -3, .infinity, 0])
    var part: [Float] = [0, 0]
    rounded.copy(from: 2, count: 2, to: &part)
    #expect(part == [1 + 2 * ulp, 1 + ulp])
    exact.copy(from: 4, count: 2, to: &part)
    #expect(part == [-3, .infinity])
  }

  @Test("BF16 is shown in place, or refused", .spec("TENS-8"))
  func inPlace() throws {
    let bytes: [UInt8] = [0, 0, 0x80, 0x3F, 0x00, 0xC0]
    let owner = Owner(bytes)
    let storage = Storage(borrowing: UnsafeRawBufferPointer(owner.buffer), owner: owner)
    let weight = try Weight(bf16: storage, byteOffset: 2, shape: [2, 1])
    #expect(weight.tensor.elements == [1, -2] && weight.shape == [2, 1])
    #expect(throws: TensorError.misaligned(offset: 1)) {
      try Weight(bf16: storage, byteOffset: 1, shape: [2])
    }
    #expect(throws: TensorError.outside(shape: [3], bytes: 6)) {
      try Weight(bf16: storage, byteOffset: 2, shape: [3])
    }
    #expect(throws: TensorError.badShape([-1])) {
      try Weight(bf16: storage, byteOffset: 0, shape: [-1])
    }
  }

  private final class Owner {
    let buffer: UnsafeMutableRawBufferPointer
    init(_ bytes: [UInt8]) {
      buffer = .allocate(byteCount: bytes.count, alignment: 2)
      buffer.copyBytes(from: bytes)
    }
    deinit { buffer.deallocate() }
  }
}
