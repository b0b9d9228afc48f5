import FoxNumbers

/// # Dropout
///
/// In training each number is kept with probability `1 − p` and divided by it, or set to 0: the model
/// must not rely on any single one. What is kept is drawn in the order of memory, one number after the
/// other, so that a seeded run drops what PyTorch drops:
///
///     y = x · kept / (1 − p)        dx = dy · kept / (1 − p)
///
/// Padding is not computed here, but the reference draws for it too. ``PaddedLayout`` says where tokens
/// would lie if all sequences were padded to one length; the draws between them are passed over.
///
/// Source: Hinton et al. 2012, arXiv 1207.0580; Srivastava et al. 2014;
/// `torch.nn.functional.dropout`. SPEC `LAYER-7`, `LAYER-11`.
///
/// What it does not do: it does nothing outside training. The division keeps the mean of what comes
/// out, so inference needs no correction.
package enum Dropout {
  /// Draws for a tensor, and keeps the flags of a region of it, one after the other.
  ///
  /// - Parameters:
  ///   - columns: How many of those flags make a row.
  ///   - generator: `nil` outside training.
  /// - Returns: `nil` when all is kept: nothing is drawn then.
  package static func draw(
    _ region: Region, columns: Int = 1, dropping probability: Double,
    from generator: inout TorchGenerator?, _ arena: Arena
  ) -> Kept? {
    // `F.dropout` with p = 0 or outside training does not touch the generator: drawing anyway would
    // shift every later draw.
    guard probability != 0, var drawing = generator else { return nil }
    generator = nil  // two owners of its 624 words would mean a copy with the first draw
    let start = arena.takeFlags(region.count)  // one byte a flag; as floats they would take four
    var (next, end) = (start, 0)  // up to where flags are written, and drawn or passed over
    for range in region.ranges {
      drawing.skipKept(count: range.lowerBound - end, dropping: probability)  // padding
      drawing.fillKept(next, count: range.count, dropping: probability)
      (next, end) = (next + range.count, range.upperBound)
    }
    // What lies after the last token counts too, so that the next layer draws what it should.
    drawing.skipKept(count: region.total - end, dropping: probability)
    generator = drawing
    return Kept(
      flags: UnsafePointer(start), stride: columns,
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

/// Some places of a tensor, in the order of memory.
package struct Region {
  /// How many numbers the tensor has.
  package let total: Int
  private(set) var ranges: [Range<Int>] = []
  /// How many places there are.
  private(set) var count = 0

  fileprivate init(of total: Int) { self.total = total }

  /// All places of a tensor.
  package init(all total: Int) {
    self.init(of: total)
    add(0..<total)
  }

  /// Neighbors become one range: of a batch without padding there is just one.
  fileprivate mutating func add(_ range: Range<Int>) {
    count += range.count
    guard let last = ranges.last, last.upperBound == range.lowerBound else {
      return ranges.append(range)
    }
    ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
  }
}

/// Where the tokens of a batch would lie if its sequences were padded to one length.
package struct PaddedLayout {
  /// The length to which sequences are padded, `T`.
  package let width: Int
  /// For each sequence the columns of its tokens, in ascending ranges.
  package var columns: [[Range<Int>]]

  package init(width: Int, columns: [[Range<Int>]]) {
    (self.width, self.columns) = (width, columns)
  }

  /// The rows of tokens in `[B, T, C]`.
  package func rows(channels: Int) -> Region {
    // The reference draws B · T · C flags; N · C of them are kept, in the same order.
    var region = Region(of: columns.count * width * channels)
    for (text, runs) in columns.enumerated() {
      for run in runs {
        let start = (text * width + run.lowerBound) * channels
        region.add(start..<start + run.count * channels)
      }
    }
    return region
  }

  /// The pairs of tokens in `[B, H, T, T]`: for each head of a text a square, in whose rows of tokens
  /// the columns of tokens count. ``Attention`` has its probabilities in this order.
  package func pairs(heads: Int) -> Region {
    var region = Region(of: columns.count * heads * width * width)
    for (text, runs) in columns.enumerated() {
      for head in 0..<heads {
        for row in runs.joined() {  // rows of padding attend too in the reference, unseen
          let start = ((text * heads + head) * width + row) * width
          for run in runs { region.add(start + run.lowerBound..<start + run.upperBound) }
        }
      }
    }
    return region
  }
}
