import Foundation
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("Attention", .counted)
struct AttentionTests {
  static func cases() throws -> [String] {
    let names = try GoldenTensors("layers/layers.safetensors").cases.filter {
      $0.hasPrefix("attention/")
    }
    try #require(!names.isEmpty)
    return names
  }

  /// Two tokens of three channels, one head. The first token's key is 0, the second's is such that its
  /// own query matches it by log 3: it takes a quarter of the first value and three quarters of its own.
  @Test(arguments: Computing.allCases)
  func `LAYER-3 LAYER-8 two tokens by hand`(computing: Computing) {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let three = Float(log(3.0))
    let qkv = arena.matrix(
      [  // query      key           value
        9, 9, 9, 0, 0, 0, 4, 0, 8,
        1, 0, 0, three, 0, 0, 0, 4, 8,
      ], columns: 9)
    let (causal, whole, slots) = (arena.matrix(2, 3), arena.matrix(2, 3), arena.matrix(2, 3))
    computing {
      Attention([0..<2], heads: 1, isCausal: true).forward(
        .init([qkv]), scale: 1, into: causal, arena)
      expectClose(causal.elements, [4, 0, 8, 1, 3, 8], tolerance: 1e-5, "causal")
      // The first token now sees the second, which matches it 3⁹ times as well.
      Attention([0..<2], heads: 1, isCausal: false).forward(
        .init([qkv]), scale: 1, into: whole, arena)
      let rest = 4 / (1 + pow(3, 9) as Float)
      expectClose(
        whole.elements, [rest, 4 - rest, 8, 1, 3, 8], tolerance: 1e-5, "both directions")
      let x = Attention.Projections([qkv])
      Attention.forward(
        [.init(row: 0, slots: [0]), .init(row: 1, slots: [0, 1])], heads: 1, scale: 1, x.q,
        keys: x.k, values: x.v, into: slots)
      expectClose(slots.elements, causal.elements, tolerance: 1e-6, "by slots")
    }
  }

  @Test(arguments: Computing.allCases, try cases())
  func `LAYER-3 outputs of the reference, by products and token by token`(
    computing: Computing, name: String
  ) throws {
    let golden = try GoldenTensors("layers/layers.safetensors")
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (qkv, y) = (arena.matrix(try golden["\(name).x"]), try golden["\(name).y"])
    let heads = name.hasSuffix("one-head") ? 1 : name.hasSuffix("three-heads") ? 3 : 2
    let (tokens, x) = (qkv.rows, Attention.Projections([qkv]))
    let scale = 1 / Float(y.shape[1] / heads).squareRoot()
    let out = arena.matrix(tokens, y.shape[1])
    computing {
      Attention([0..<tokens], heads: heads, isCausal: true).forward(
        x, scale: scale, into: out, arena)
    }
    expectClose(out.elements, y.elements, tolerance: 2e-6, "\(name), by products")
    out.fill(.nan)
    let slots = (0..<Int32(tokens)).map { $0 }
    computing {
      Attention.forward(
        (0..<tokens).map { .init(row: $0, slots: slots[...$0]) }, heads: heads, scale: scale, x.q,
        keys: x.k, values: x.v, into: out)
    }
    expectClose(out.elements, y.elements, tolerance: 2e-6, "\(name), token by token")
  }

  @Test(arguments: Computing.allCases)
  func `LAYER-3 slots may lie anywhere and be shared`(computing: Computing) {
    // Two queries over slots {2, 0} and {2, 1} of one table.
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (q, keys) = (arena.matrix(2, 2), arena.matrix(3, 2))
    q.fill(1)
    keys.fill(0)
    let values = arena.matrix([1, 10, 2, 20, 3, 30], columns: 2)
    let out = arena.matrix(2, 2)
    computing {
      Attention.forward(
        [.init(row: 0, slots: [2, 0]), .init(row: 1, slots: [2, 1])], heads: 1, scale: 1, q,
        keys: keys, values: values, into: out)
    }
    #expect(out.elements == [2, 20, 2.5, 25])
  }

  @Test(arguments: Computing.allCases, try GradientCase.names("attention"))
  func `LAYER-8 LAYER-7 LAYER-11 outputs and gradients of the reference, with dropout`(
    computing: Computing, name: String
  ) throws {
    let golden = try GradientCase(name)
    let settings = try golden.integers("settings")
    let (channels, heads, width) = (settings[0], settings[1], settings[2])
    let list = try golden.integers("sequences")
    let count = list.count / 2
    var row = 0
    let sequences = (0..<count).map { index in
      defer { row += list[index] }
      return row..<row + list[index]
    }
    let layout = PaddedLayout(
      width: width, columns: (0..<count).map { [list[count + $0]..<list[count + $0] + list[$0]] })
    let attention = Attention(sequences, heads: heads, isCausal: settings[3] == 1)
    let scale = 1 / Float(channels / heads).squareRoot()
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (qkv, dy) = (arena.matrix(try golden["x"]), arena.matrix(try golden["dy"]))
    let (out, d) = (arena.matrix(dy.rows, channels), arena.matrix(qkv.rows, 3 * channels))
    let probabilities = arena.matrix(1, attention.probabilityCount)
    var generator: TorchGenerator? = TorchGenerator(seed: UInt64(settings[4]))
    computing {
      let kept = Dropout.draw(
        layout.pairs(heads: heads), dropping: Double(settings[5]) / 100, from: &generator, arena)
      attention.forward(
        .init([qkv]), scale: scale, kept: kept, keeping: probabilities, into: out, arena)
      attention.backward(
        dy, .init([qkv]), scale: scale, kept: kept, probabilities: probabilities, into: .init([d]),
        arena)
    }
    try golden.expectClose(out.elements, "y", tolerance: 2e-6)
    try golden.expectClose(d.elements, "dx", tolerance: 4e-6)
  }

  @Test
  func `LAYER-8 long sequences go in parts that agree with the whole`() {
    // 300 tokens: three parts. Rows of an all-causal square against slots, token by token.
    let (tokens, seed) = (300, UInt64(5))
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var noise = TorchGenerator(seed: seed)
    let qkv = arena.matrix((0..<tokens * 24).map { _ in noise.uniform() - 0.5 }, columns: 24)
    let (out, slow, x) = (
      arena.matrix(tokens, 8), arena.matrix(tokens, 8), Attention.Projections([qkv])
    )
    let slots = (0..<Int32(tokens)).map { $0 }
    Attention([0..<tokens], heads: 2, isCausal: true).forward(x, scale: 3, into: out, arena)
    Attention.forward(
      (0..<tokens).map { .init(row: $0, slots: slots[...$0]) }, heads: 2, scale: 3, x.q,
      keys: x.k, values: x.v, into: slow)
    expectClose(out.elements, slow.elements, tolerance: 2e-6, "seed \(seed)")
  }
}
