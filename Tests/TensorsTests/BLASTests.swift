import Foundation
import Tensors
import TestSupport
import Testing

@Suite("BLAS")
struct BLASTests {
  @Test("the core in use is as good as the processor", .spec("BLAS-1"))
  func kernelFitsProcessor() {
    let kernels = BLASKernels.selected
    if ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] != nil { return }
    #expect(
      BLASKernels.level(of: kernels.running) >= BLASKernels.processorLevel,
      "OpenBLAS found \(kernels.found), runs \(kernels.running): \(kernels.warning ?? "")")
    #expect(kernels.warning == nil)
  }

  @Test("a weaker core is replaced, unless the user chose it", .spec("BLAS-1"))
  func correction() async {
    // In a process of its own: what OpenBLAS runs is global. Where an OpenBLAS cannot choose again,
    // there must be a warning instead.
    await #expect(processExitsWith: .success) {
      unsetenv("OPENBLAS_CORETYPE")
      guard BLASKernels.choose("Prescott") else {
        exit(BLASKernels.select().warning == nil ? 1 : 0)
      }
      setenv("OPENBLAS_CORETYPE", "Prescott", 1)
      let chosen = BLASKernels.select()
      if chosen != BLASKernels(found: "Prescott", running: "Prescott", warning: nil) { exit(2) }
      unsetenv("OPENBLAS_CORETYPE")
      let corrected = BLASKernels.select()
      let isGood = BLASKernels.level(of: corrected.running) >= BLASKernels.processorLevel
      exit(corrected.found == "Prescott" && corrected.warning == nil && isGood ? 0 : 3)
    }
  }

  @Test(
    "cores are ranked by what they need", .spec("BLAS-1"),
    arguments: [
      ("Prescott", 0), ("Nehalem", 0), ("Sandybridge", 0), ("Haswell", 1), ("Zen", 1),
      ("SkylakeX", 2), ("Cooperlake", 2), ("SapphireRapids", 2), ("unheard of", 0),
    ])
  func ranks(core: String, level: Int) {
    #expect(BLASKernels.level(of: core) == level)
  }

  @Test("strides and transposition", .spec("BLAS-2"))
  func multiply() {
    // a = [[1, 2], [3, 4], [5, 6]] and b = [[1, 0, 2], [0, 1, 3]], each with a column to skip.
    let a: [Float] = [1, 2, 9, 3, 4, 9, 5, 6, 9]
    let aTransposed: [Float] = [1, 3, 5, 2, 4, 6]
    let b: [Float] = [1, 0, 2, 9, 0, 1, 3, 9]
    let bTransposed: [Float] = [1, 0, 0, 1, 2, 3]
    let expected: [Float] = [1, 2, 8, 3, 4, 18, 5, 6, 28]
    var c = [Float](repeating: 7, count: 9)
    BLAS.multiply(m: 3, n: 3, k: 2, a, strideA: 3, b, strideB: 4, &c, strideC: 3)
    #expect(c == expected)
    BLAS.multiply(
      m: 3, n: 3, k: 2, aTransposed, strideA: 3, transposeA: true,
      bTransposed, strideB: 2, transposeB: true, &c, strideC: 3)
    #expect(c == expected)
    BLAS.multiply(m: 3, n: 3, k: 2, alpha: 2, a, strideA: 3, b, strideB: 4, beta: 1, &c, strideC: 3)
    #expect(c == expected.map { 3 * $0 })
  }
}

@Suite("Products of activations with weights")
struct ProductTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let rows: Int
    let inputs: Int
    let outputs: Int
    var testDescription: String { "\(rows)×\(inputs)×\(outputs)" }
  }

  static let cases = (1...17).flatMap { rows in
    [(1, 1), (24, 72), (33, 65), (96, 130), (64, 257)].map {
      Case(rows: rows, inputs: $0.0, outputs: $0.1)
    }
  }

  @Test("every way of computing agrees with the plain sum", .spec("TENS-2"), arguments: cases)
  func agree(shape: Case) {
    var noise = MersenneTwister(seed: UInt64(shape.rows * 1000 + shape.inputs))
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(noise.next32() >> 8) / Float(1 << 23) - 1 }
    }
    let x = numbers(shape.rows * shape.inputs)
    let weight = numbers(shape.inputs * shape.outputs)
    let count = shape.rows * shape.outputs
    for layout in [WeightLayout.inputMajor, .outputMajor] {
      var plain = [Float](repeating: .nan, count: count)
      var actual = plain
      Product.plain(
        x, rows: shape.rows, inputs: shape.inputs, weight, layout, outputs: shape.outputs,
        into: &plain)
      Product.multiply(
        x, rows: shape.rows, inputs: shape.inputs, weight, layout, outputs: shape.outputs,
        into: &actual)
      // Measured: at most 4e-6 for sums of 96 products below 1.
      expectClose(actual, plain, tolerance: 1e-5, "\(layout)")
      if shape.rows > Product.skinnyRows { continue }
      Product.skinny(
        x, rows: shape.rows, inputs: shape.inputs, weight, layout, outputs: shape.outputs,
        into: &actual)
      expectClose(actual, plain, tolerance: 1e-5, "\(layout), skinny")
    }
  }

  @Test("no rows, no work", .spec("TENS-2"))
  func empty() {
    var y: [Float] = [5]
    Product.multiply([], rows: 0, inputs: 3, [1, 2, 3], .inputMajor, outputs: 1, into: &y)
    #expect(y == [5])
  }
}

@Suite("Loops on several threads")
struct ParallelTests {
  @Test("every index once, whatever the grain", .spec("TENS-7"), arguments: [1, 3, 64, 1000])
  func coverage(grain: Int) {
    for count in [0, 1, 2, 63, 64, 65, 1000] {
      let seen = FloatBuffer(count: count)
      Parallel.ranges(count, grain: grain) { range in
        for index in range { seen.pointer[index] += 1 }
      }
      #expect((0..<count).allSatisfy { seen.pointer[$0] == 1 })
    }
  }
}
