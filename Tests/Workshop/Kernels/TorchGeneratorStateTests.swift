import Foundation
import FoxKernels
import TestSupport
import Testing

@Suite("States of PyTorch's generator", .counted)
struct TorchStateTests {
  @Test
  func `RAND-12 go on where torch stood, and are torch's bytes`() throws {
    let goldens = try RandomStreams.cases("states")
    #expect(goldens.count == 5)
    for golden in goldens {
      let name = try golden.required("name").string ?? ""
      let text = try golden.required("state").string ?? ""
      let state = [UInt8](try #require(Data(base64Encoded: text)))
      var generator = try TorchGenerator(torchState: state)
      expectSame(generator.torchState, state, name)
      #expect(generator.seed == 1 << 33 + 17)

      var normals = [Float](repeating: 0, count: 4)
      generator.fillNormal(&normals, count: 4, deviation: 1)
      expectSame(normals, try golden.required("normal").floats(), name)
      expectSame(generator.permutation(12), try golden.required("permutation").integers(), name)
      var mask = [UInt8](repeating: 0, count: 1000)
      generator.fillKept(&mask, count: 1000, dropping: 0.1)
      try RandomStreams.check(mask, try golden.required("mask"), name)
      let after = try golden.required("after_sha256").string
      #expect(RandomStreams.hash(generator.torchState) == after, "\(name)")
    }
  }

  @Test
  func `RAND-12 are this package's own, wherever they are taken`() throws {
    var generator = TorchGenerator(seed: .max)
    for draws in [0, 1, 623, 1, 623, 624, 1000] {
      generator.skip(draws)
      let taken = try TorchGenerator(torchState: generator.torchState, drawn: generator.drawn)
      #expect(taken == generator && taken.drawn == generator.drawn)
    }
    generator.skipNormal(count: 1)
    let taken = try TorchGenerator(torchState: generator.torchState, drawn: generator.drawn)
    #expect(taken == generator)
  }

  struct Damage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let error: Fault
    let apply: @Sendable (inout [UInt8]) -> Void

    init(
      _ field: String, _ found: String, _ expected: String,
      _ apply: @escaping @Sendable (inout [UInt8]) -> Void
    ) {
      testDescription = field
      error = .randomState(field, found: found, expected: expected)
      self.apply = apply
    }
  }

  static let damages = [
    Damage("size", "5055 bytes", "5056") { $0.removeLast() },
    Damage("size", "0 bytes", "5056") { $0 = [] },
    Damage("seeded", "0", "1") { $0[12] = 0 },
    Damage("next", "769", "0 to 624") { $0[17] = 3 },
    Damage("next", "18374686479671623681", "0 to 624") { $0[23] = 255 },
    Damage("left", "625", "624, as next is 1") { $0[8] += 1 },
    Damage("left", "624", "1, as next is 0") { $0[16] = 0 },
    Damage("state[0]", "4294967296", "a number of 32 bits") {
      $0.replaceSubrange(24..<32, with: [0, 0, 0, 0, 1, 0, 0, 0])
    },
    Damage("state", "zeros only", "624 random words") {
      $0.replaceSubrange(24..<5016, with: [UInt8](repeating: 0, count: 4992))
    },
    Damage(
      "state", "words that another seed gives", "those of seed 5, from which nothing was drawn"
    ) {
      $0[16] = 0
      $0.replaceSubrange(8..<12, with: [1, 0, 0, 0])
    },
    Damage("normal_is_valid", "2, with 0.0", "0, or 1 with a finite number") { $0[5040] = 2 },
    Damage("normal_is_valid", "1, with -inf", "0, or 1 with a finite number") {
      $0[5040] = 1
      $0.replaceSubrange(5030..<5032, with: [0xF0, 0xFF])
    },
    Damage("is_next_float_normal_sample_valid", "1", "0") { $0[5052] = 1 },
  ]

  @Test(arguments: damages)
  func `RAND-12 are refused when they are damaged`(damage: Damage) throws {
    var generator = TorchGenerator(seed: 5)
    generator.skip(1)
    var state = generator.torchState
    damage.apply(&state)
    #expect(throws: damage.error) { try TorchGenerator(torchState: state) }
  }
}
