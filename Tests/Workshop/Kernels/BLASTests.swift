import CFoxKernels
import Foundation
import TestSupport
import Testing

@testable import FoxKernels

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

  @Test(arguments: [
    ("Prescott", 0), ("Core2", 0), ("Nehalem", FOX_SSE42), ("Sandybridge", FOX_AVX),
    ("haswell", FOX_AVX2), ("ZEN", FOX_AVX2), ("Bulldozer", FOX_FMA4), ("Excavator", FOX_FMA4),
    ("SkylakeX", FOX_AVX512), ("Cooperlake", FOX_AVX512 | FOX_AVX512_BF16),
    ("SapphireRapids", FOX_AVX512 | FOX_AVX512_BF16), ("unheard of", 0),
  ])
  func `BLAS-3 a core runs where its instructions are`(core: String, needed: Int) {
    #expect(BLASKernels.canRun(core, features: needed))
    // Without any one of them it does not.
    for bit in 0..<6 where needed & (1 << bit) != 0 {
      #expect(!BLASKernels.canRun(core, features: 63 - (1 << bit)), "without \(1 << bit)")
    }
  }

  @Test(.enabled(if: !BLASKernels.canRun("Bulldozer"), "every core can run here"))
  func `BLAS-3 a core that the processor lacks is refused, and never runs`() async {
    await #expect(processExitsWith: .success) {
      unsetenv("OPENBLAS_CORETYPE")
      if BLASKernels.refusal != nil { exit(1) }
      guard BLASKernels.choose("Bulldozer") else { exit(0) }
      setenv("OPENBLAS_CORETYPE", "Bulldozer", 1)
      let refusal = BLASKernels.refusal
      if refusal?.subject != "OPENBLAS_CORETYPE" || refusal?.found != "\"Bulldozer\"" { exit(2) }
      // Who goes on all the same gets another core.
      let kernels = BLASKernels.select()
      if kernels.running == "Bulldozer" || kernels.warning == nil { exit(3) }
      var c: [Float] = [0]
      BLAS.multiply(m: 1, n: 1, k: 1, [3], strideA: 1, [5], strideB: 1, &c, strideC: 1)
      exit(c == [15] ? 0 : 4)
    }
  }

  @Test
  func `BLAS-3 a name that OpenBLAS does not know is reported and does not count`() async {
    await #expect(processExitsWith: .success) {
      setenv("OPENBLAS_CORETYPE", "\u{1B}NoSuchCore", 1)
      if BLASKernels.refusal != nil { exit(1) }
      let kernels = BLASKernels.select()
      let warning = kernels.warning ?? ""
      if !warning.contains("\"\\u{1B}NoSuchCore\"") || warning.contains("\u{1B}") { exit(2) }
      exit(BLASKernels.level(of: kernels.running) >= BLASKernels.processorLevel ? 0 : 3)
    }
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

  @Test(arguments: [
    (8, 8, [:], 8), (8, 8, ["OMPI_COMM_WORLD_LOCAL_SIZE": "4"], 2),
    (8, 8, ["MPI_LOCALNRANKS": "3"], 2), (2, 2, ["OMPI_COMM_WORLD_LOCAL_SIZE": "4"], 1),
    // Bound to one core.
    (1, 8, ["OMPI_COMM_WORLD_LOCAL_SIZE": "2"], 1),
    (6, 8, ["OMPI_COMM_WORLD_LOCAL_SIZE": "4", "OPENBLAS_NUM_THREADS": "6"], 6),
    (8, 8, ["OMPI_COMM_WORLD_LOCAL_SIZE": "x"], 8),
  ])
  func `MPI-10 ranks on one machine share its cores`(
    openBLAS: Int, cores: Int, environment: [String: String], threads: Int
  ) {
    #expect(
      BLAS.threads(openBLAS: openBLAS, cores: cores, environment: environment) == threads)
  }
}
