import Foundation
import FoxKernels
import TestSupport
import Testing

@Suite("BLAS", .counted)
struct BLASTests {
  @Test
  func `BLAS-1 the core in use is as good as the processor`() {
    let kernels = BLASKernels.selected
    if ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] != nil { return }
    #expect(
      BLASKernels.level(of: kernels.running) >= BLASKernels.processorLevel,
      "OpenBLAS found \(kernels.found), runs \(kernels.running): \(kernels.warning ?? "")")
    #expect(kernels.warning == nil)
  }

  @Test
  func `BLAS-1 a weaker core is replaced, unless the user chose it`() async {
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

  @Test(arguments: [
    ("Prescott", 0), ("Nehalem", 0), ("Sandybridge", 0), ("Haswell", 1), ("Zen", 1),
    ("SkylakeX", 2), ("Cooperlake", 2), ("SapphireRapids", 2), ("unheard of", 0),
  ])
  func `BLAS-1 cores are ranked by what they need`(core: String, level: Int) {
    #expect(BLASKernels.level(of: core) == level)
  }

  @Test
  func `BLAS-2 strides and transposition`() {
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

@Suite("Loops on several threads", .counted)
struct ParallelTests {
  @Test(arguments: [1, 3, 64, 1000])
  func `TENS-7 every index once, whatever the grain`(grain: Int) {
    for count in [0, 1, 2, 63, 64, 65, 1000] {
      let seen = FloatBuffer(count: count)
      Parallel.ranges(count, grain: grain) { range in
        for index in range { seen.pointer[index] += 1 }
      }
      #expect((0..<count).allSatisfy { seen.pointer[$0] == 1 })
    }
  }

  @Test
  func `TENS-7 loops of several callers at once`() async {
    let sums = await withTaskGroup(of: Float.self) { group in
      for caller in 0..<8 {
        group.addTask {
          let sum = FloatBuffer(count: 1000)
          for _ in 0..<50 {
            Parallel.ranges(1000, grain: 10) { range in
              for index in range { sum.pointer[index] += Float(caller) }
            }
          }
          return (0..<1000).reduce(0) { $0 + sum.pointer[$1] }
        }
      }
      return await group.reduce(into: [Float]()) { $0.append($1) }
    }
    #expect(sums.sorted() == (0..<8).map { Float($0) * 50_000 })
  }

  @Test
  func `TENS-7 every element once, with products on the thread that asks`() {
    let threads = BLAS.threads
    for count in [0, 1, 2, 7, 100] {
      let seen = FloatBuffer(count: count)
      Parallel.interleaved(count) { element, thread in
        let y = FloatBuffer(count: 1)
        BLAS.multiply(m: 1, n: 1, k: 1, [3], strideA: 1, [5], strideB: 1, y.pointer, strideC: 1)
        seen.pointer[element] += thread < threads ? y.pointer[0] : .nan
      }
      #expect((0..<count).allSatisfy { seen.pointer[$0] == 15 })
    }
    #expect(BLAS.threads == threads)
  }
}
