import FoxKernels

/// Where the tokens of a batch would lie if its sequences were padded to one length.
///
/// Padding is not computed. But the reference, which computes it, draws flags of dropout for it, and
/// these are passed over here. SPEC `LAYER-11`.
public struct PaddedLayout: Sendable, Equatable {
  /// The length to which sequences are padded, `T`.
  public let width: Int
  /// For each sequence the columns of its tokens, in ascending ranges.
  public let columns: [[Range<Int>]]

  /// A layout of sequences that have tokens in the given columns.
  public init(width: Int, columns: [[Range<Int>]]) {
    self.width = width
    self.columns = columns
  }

  /// How many tokens there are, `N`.
  public var rows: Int { columns.joined().reduce(0) { $0 + $1.count } }

  /// `Σ n²` over sequences of `n` tokens.
  var pairs: Int {
    columns.reduce(0) { sum, ranges in
      let tokens = ranges.reduce(0) { $0 + $1.count }
      return sum + tokens * tokens
    }
  }
}

extension Dropout {
  /// Draws the flags of `[B, T, channels]` and keeps those of tokens, `[N, channels]`.
  ///
  /// - Returns: As ``draw(_:from:arena:)``.
  public func drawRows(
    _ layout: PaddedLayout, channels: Int, from generator: inout TorchGenerator?, arena: Arena
  ) -> Rows.Kept? {
    draw(layout.rows * channels, from: &generator, arena: arena) { flags in
      for ranges in layout.columns {
        flags.take(ranges, of: layout.width, times: channels)
      }
    }
  }

  /// Draws the flags of `[B, heads, T, T]` and keeps those between tokens, in the order in which
  /// ``SequenceAttention`` has its probabilities.
  ///
  /// - Returns: As ``draw(_:from:arena:)``.
  public func drawPairs(
    _ layout: PaddedLayout, heads: Int, from generator: inout TorchGenerator?, arena: Arena
  ) -> Rows.Kept? {
    draw(heads * layout.pairs, from: &generator, arena: arena) { flags in
      for ranges in layout.columns {
        for _ in 0..<heads {
          var next = 0
          for range in ranges {
            flags.pass((range.lowerBound - next) * layout.width)
            for _ in range { flags.take(ranges, of: layout.width) }
            next = range.upperBound
          }
          flags.pass((layout.width - next) * layout.width)
        }
      }
    }
  }

  /// Has `body` draw `count` flags; ends where the reference's generator would stand.
  private func draw(
    _ count: Int, from generator: inout TorchGenerator?, arena: Arena,
    _ body: (inout ChosenFlags) -> Void
  ) -> Rows.Kept? {
    guard probability != 0, let current = generator else { return nil }
    generator = nil  // The only copy now is the one that draws.
    let start = arena.takeFlags(count)
    var flags = ChosenFlags(current, probability, start)
    body(&flags)
    generator = flags.end()
    return Rows.Kept(
      flags: UnsafePointer(start), scale: TorchGenerator.keptScale(dropping: probability))
  }
}

/// Draws some flags of many; passing over others costs next to nothing.
private struct ChosenFlags {
  private var generator: TorchGenerator
  private let probability: Double
  private var next: UnsafeMutablePointer<UInt8>
  private var passed = 0

  init(
    _ generator: TorchGenerator, _ probability: Double, _ start: UnsafeMutablePointer<UInt8>
  ) {
    self.generator = generator
    self.probability = probability
    next = start
  }

  mutating func pass(_ count: Int) { passed += count }

  /// Of `width` flags, or blocks of flags, takes those in `ranges`.
  mutating func take(_ ranges: [Range<Int>], of width: Int, times block: Int = 1) {
    var end = 0
    for range in ranges {
      pass((range.lowerBound - end) * block)
      take(range.count * block)
      end = range.upperBound
    }
    pass((width - end) * block)
  }

  private mutating func take(_ count: Int) {
    catchUp()
    generator.fillKept(next, count: count, dropping: probability)
    next += count
  }

  private mutating func catchUp() {
    if passed > 0 { generator.skipKept(count: passed, dropping: probability) }
    passed = 0
  }

  /// The generator behind all flags.
  mutating func end() -> TorchGenerator {
    catchUp()
    return generator
  }
}
