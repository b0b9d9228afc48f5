import FoxNumbers

/// # Dropout
///
/// In training each number is kept with probability `1 − p` and divided by it, or set to 0: the model
/// must not rely on any single one. What is kept is drawn in the order of memory, one number after the
/// other, so that a seeded run drops what PyTorch drops:
///
///     y = x · kept / (1 − p)        dx = dy · kept / (1 − p)
///
/// Padding is not computed here, but the reference draws for it too. `PaddedLayout` says where tokens
/// would lie if all sequences were padded to one length; the draws between them are passed over.
///
/// Source: Hinton et al. 2012, arXiv 1207.0580; Srivastava et al. 2014;
/// `torch.nn.functional.dropout`. SPEC `LAYER-7`, `LAYER-11`.
///
/// What it does not do: it does nothing outside training. The division keeps the mean of what comes
/// out, so inference needs no correction.
package struct Dropout: Sendable {
  /// The probability `p` of being dropped.
  package let probability: Double

  package init(_ probability: Double) { self.probability = probability }

  /// Draws for a matrix `[rows, columns]`.
  ///
  /// - Parameter generator: `nil` outside training.
  /// - Returns: `nil` when all is kept: nothing is drawn then.
  package func draw(
    _ rows: Int, _ columns: Int, from generator: inout TorchGenerator?, _ arena: Arena
  ) -> Kept? {
    // Every row is a token's: nothing to pass over.
    draw(rows * columns, stride: columns, from: &generator, arena) { $0.take(rows * columns) }
  }

  /// Draws for `[B, T, channels]` and keeps the flags of tokens, `[N, channels]`.
  package func drawRows(
    _ layout: PaddedLayout, channels: Int, from generator: inout TorchGenerator?, _ arena: Arena
  ) -> Kept? {
    // The reference draws B · T · C flags; N · C of them are kept, in the same order.
    draw(layout.rows * channels, stride: channels, from: &generator, arena) { flags in
      for ranges in layout.columns {
        flags.walk(ranges, of: layout.width, block: channels) { $0.take($1 * channels) }
      }
    }
  }

  /// Draws for `[B, heads, T, T]` and keeps the flags between tokens, in the order in which
  /// ``Attention`` has its probabilities.
  package func drawPairs(
    _ layout: PaddedLayout, heads: Int, from generator: inout TorchGenerator?, _ arena: Arena
  ) -> Kept? {
    // Squares of n² for each text: their strides differ, and attention sets its own for each part.
    draw(heads * layout.pairs, stride: 1, from: &generator, arena) { flags in
      for ranges in layout.columns {
        for _ in 0..<heads {  // for each head a square, [T, T], of rows of T
          flags.walk(ranges, of: layout.width, block: layout.width) { flags, tokens in
            for _ in 0..<tokens {  // in a token's row, only columns of tokens
              flags.walk(ranges, of: layout.width, block: 1) { $0.take($1) }
            }
          }
        }
      }
    }
  }

  /// Has `body` draw `count` flags.
  private func draw(
    _ count: Int, stride: Int, from generator: inout TorchGenerator?, _ arena: Arena,
    _ body: (inout Flags) -> Void
  ) -> Kept? {
    // `F.dropout` with p = 0 or outside training does not touch the generator: drawing anyway would
    // shift every later draw.
    guard probability != 0, let current = generator else { return nil }
    generator = nil  // two owners of its 624 words would mean a copy with the first draw
    let start = arena.takeFlags(count)  // one byte a flag; as floats they would take four
    var flags = Flags(generator: current, probability: probability, next: start)
    body(&flags)
    // The draws after the last token count too, so that the next layer draws what it should.
    flags.catchUp()
    generator = flags.generator
    return Kept(
      flags: UnsafePointer(start), stride: stride,
      scale: TorchGenerator.keptScale(dropping: probability))
  }

  /// `y = keep(x)`; without flags a copy. Backwards it is the same function of the gradient.
  package static func apply(_ kept: Kept?, to x: Matrix, into y: Matrix) {
    if let kept {  // y may be x
      Operations.current.keep(x, kept, y)
    } else if y.start != x.start {
      // All is kept. In place nothing is to be done; elsewhere the caller expects y to hold x.
      y.copy(x)
    }
  }
}

/// Where the tokens of a batch would lie if its sequences were padded to one length.
package struct PaddedLayout: Sendable {
  /// The length to which sequences are padded, `T`.
  package let width: Int
  /// For each sequence the columns of its tokens, in ascending ranges.
  package var columns: [[Range<Int>]]

  package init(width: Int, columns: [[Range<Int>]]) {
    (self.width, self.columns) = (width, columns)
  }

  // n of each sequence
  private var counts: [Int] { columns.map { $0.reduce(0) { $0 + $1.count } } }

  /// How many tokens there are, `N`.
  package var rows: Int { counts.reduce(0, +) }

  /// `Σ n²` over sequences of `n` tokens.
  var pairs: Int { counts.reduce(0) { $0 + $1 * $1 } }
}

/// Draws some flags of many; passing over the others costs next to nothing.
private struct Flags {
  var generator: TorchGenerator
  let probability: Double
  /// Flags of tokens lie one after the other, without the gaps.
  var next: UnsafeMutablePointer<UInt8>
  var passed = 0

  mutating func take(_ count: Int) {
    catchUp()
    generator.fillKept(next, count: count, dropping: probability)
    next += count
  }

  // Gaps add up until flags are needed; then one long skip does for all of them.
  mutating func pass(_ count: Int) { passed += count }

  mutating func catchUp() {
    if passed > 0 { generator.skipKept(count: passed, dropping: probability) }
    passed = 0
  }

  /// Of `width` blocks, passes over those of padding, and has `body` draw those of tokens.
  mutating func walk(
    _ tokens: [Range<Int>], of width: Int, block: Int, _ body: (inout Flags, Int) -> Void
  ) {
    var end = 0  // up to where flags are drawn or passed over
    for range in tokens {
      pass((range.lowerBound - end) * block)  // the padding before these tokens
      body(&self, range.count)
      end = range.upperBound
    }
    pass((width - end) * block)  // and after the last one
  }
}
