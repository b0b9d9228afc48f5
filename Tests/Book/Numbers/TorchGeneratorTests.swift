import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("PyTorch's random numbers", .counted)
struct TorchGeneratorTests {
  @Test(arguments: Computing.allCases)
  func `RAND-1 MT19937's published first outputs`(computing: Computing) {
    computing { comparePublished() }
  }

  private func comparePublished() {
    // Seed 5489 is the default of the authors' own program.
    var engine = MersenneTwister(seed: 5489)
    #expect(
      (0..<5).map { _ in engine.next32() } == [
        3499211612, 581869302, 3890346734, 3586334585, 545404204,
      ])
    var skipping = MersenneTwister(seed: 5489)
    skipping.skip(9999)
    #expect(skipping.next32() == 4_123_659_995)
  }

  @Test(arguments: Computing.allCases)
  func `RAND-2 RAND-3 RAND-4 uniform and normal numbers, bit by bit`(computing: Computing) throws {
    try computing { try compareNumbers() }
  }

  private func compareNumbers() throws {
    for golden in try Golden.cases("tensors/random.json") {
      let seed = UInt64(try golden.required("seed").integer ?? 0)
      var generator = TorchGenerator(seed: seed)
      func compare(_ key: String, _ fill: (inout TorchGenerator, inout [Float]) -> Void) throws {
        let expected = try golden.required(key).floats()
        var actual = [Float](repeating: 0, count: expected.count)
        fill(&generator, &actual)
        expectSame(actual, expected, "seed \(seed), \(key)")
      }
      try compare("uniform") { generator, numbers in
        for index in numbers.indices { numbers[index] = generator.uniform() }
      }
      // `uniform_(-2, 5)` maps the same numbers to a range, with one fused operation.
      try compare("uniform_range") { generator, numbers in
        for index in numbers.indices {
          numbers[index] = (-2 as Float).addingProduct(generator.uniform(), 7)
        }
      }
      for count in [1, 3, 15, 16, 17, 64, 1000] {
        try compare("normal_\(count)") {
          $0.fillNormal(&$1, count: count, mean: 0.5, deviation: 0.02)
        }
      }
      try compare("uniform_after") { generator, numbers in
        for index in numbers.indices { numbers[index] = generator.uniform() }
      }
    }
  }

  @Test(arguments: [1, 5, 15, 16, 17, 700])
  func `RAND-4 skipping is drawing without looking`(count: Int) {
    var drawing = TorchGenerator(seed: 3)
    var skipping = drawing
    var numbers = [Float](repeating: 0, count: count)
    drawing.fillNormal(&numbers, count: count, deviation: 1)
    skipping.skipNormal(count: count)
    for index in numbers.indices { numbers[index] = drawing.uniform() }
    skipping.skip(count)
    #expect(drawing.engine.next64() == skipping.engine.next64())
    #expect(drawing.uniformDouble() == skipping.uniformDouble())
  }
}
