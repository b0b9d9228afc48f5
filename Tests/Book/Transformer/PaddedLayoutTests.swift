import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("Batches without padding", .counted, .plain)
struct PaddedLayoutTests {
  private let layout = PaddedLayout(width: 7, columns: [[0..<3], [1..<2, 4..<7], [0..<7], []])

  /// All flags of the padded batch, and where the generator stands behind them.
  private func padded(_ count: Int) -> (flags: [UInt8], drawn: Int) {
    var flags = [UInt8](repeating: 9, count: count)
    var generator = TorchGenerator(seed: 5)
    generator.fillKept(&flags, count: count, dropping: 0.5)
    return (flags, generator.drawn)
  }

  private func expect(
    _ expected: [UInt8], drawn: Int,
    _ draw: (inout TorchGenerator?, Arena) -> Kept?
  ) throws {
    let arena = Arena()
    var generator: TorchGenerator? = TorchGenerator(seed: 5)
    let kept = try #require(draw(&generator, arena))
    let flags = withExtendedLifetime(arena) {
      Array(UnsafeBufferPointer(start: kept.flags, count: expected.count))
    }
    #expect(flags == expected)
    #expect(kept.scale == 2 && generator?.drawn == drawn)
  }

  @Test
  func `LAYER-11 flags of rows are those of the padded batch`() throws {
    let channels = 5
    #expect(layout.rows(channels: channels).count == 14 * channels)
    let (all, drawn) = padded(4 * 7 * channels)
    let expected = layout.columns.enumerated().flatMap { sequence, ranges in
      ranges.joined().flatMap { column in
        all[((sequence * 7 + column) * channels)...].prefix(channels)
      }
    }
    try expect(expected, drawn: drawn) {
      Dropout.draw(layout.rows(channels: channels), dropping: 0.5, from: &$0, $1)
    }
  }

  @Test
  func `LAYER-11 flags of pairs are those of the padded batch`() throws {
    let heads = 2
    let (all, drawn) = padded(4 * heads * 49)
    var expected: [UInt8] = []
    for (sequence, ranges) in layout.columns.enumerated() {
      for head in 0..<heads {
        for row in ranges.joined() {
          let start = ((sequence * heads + head) * 7 + row) * 7
          expected += ranges.joined().map { all[start + $0] }
        }
      }
    }
    try expect(expected, drawn: drawn) {
      Dropout.draw(layout.pairs(heads: heads), dropping: 0.5, from: &$0, $1)
    }
  }

  @Test
  func `LAYER-7 LAYER-11 nothing is drawn outside training and for probability 0`() {
    var none: TorchGenerator?
    let (rows, pairs) = (layout.rows(channels: 5), layout.pairs(heads: 5))
    #expect(Dropout.draw(rows, dropping: 0.5, from: &none, Arena()) == nil)
    var generator: TorchGenerator? = TorchGenerator(seed: 5)
    #expect(Dropout.draw(pairs, dropping: 0, from: &generator, Arena()) == nil)
    #expect(generator?.drawn == 0)
    let arena = Arena()
    let all = Dropout.draw(layout.rows(channels: 1), dropping: 1, from: &generator, arena)
    withExtendedLifetime(arena) { #expect(all?.flags[13] == 0 && generator?.drawn == 0) }
  }
}
