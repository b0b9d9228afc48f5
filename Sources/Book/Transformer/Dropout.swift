import FoxNumbers

/// # Dropout
///
/// In training each number is kept with probability `1 − p` and divided by it, or set to 0: the
/// model must not rely on any single one. What is kept is drawn in the order of memory, one number
/// after the other, so that a seeded run drops what PyTorch drops:
///
///     y = x · kept / (1 − p)        dx = dy · kept / (1 − p)
///
/// Padding is not computed here, but the reference draws for it too: those draws are passed over.
///
/// Source: Hinton et al. 2012, arXiv 1207.0580; PyTorch's `dropout`. SPEC `LAYER-7`, `LAYER-11`.
///
/// What it does not do: it does nothing outside training. The division keeps the mean of what comes
/// out, so inference needs no correction.
package enum Dropout {
  /// Draws for a tensor, and keeps the flags of a region of it, in rows of `columns`; `nil` when
  /// all is kept, as it is without a generator, outside training.
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
  static func apply(_ kept: Kept?, to x: Matrix, into y: Matrix) {
    if let kept {  // y may be x
      Operations.current.keep(x, kept, y)
    } else if y.start != x.start {
      // All is kept. In place nothing is to be done; elsewhere the caller expects y to hold x.
      y.copy(x)
    }
  }
}

/// Some places of a tensor of `total` numbers, in the order of memory.
package struct Region {
  let total: Int
  private(set) var ranges: [Range<Int>] = []
  var count: Int { ranges.reduce(0) { $0 + $1.count } }

  fileprivate init(of total: Int) { self.total = total }

  package init(all total: Int) { (self.total, ranges) = (total, [0..<total]) }

  fileprivate mutating func add(_ start: Int, _ count: Int) {
    // Neighbors become one range: of a batch without padding there is just one.
    if let last = ranges.last, last.upperBound == start {
      ranges[ranges.count - 1] = last.lowerBound..<start + count
    } else {
      ranges.append(start..<start + count)
    }
  }
}

/// Where the tokens of a batch would lie if its sequences were padded to one length.
struct PaddedLayout {
  let width: Int  // the length to which sequences are padded, T
  var columns: [[Range<Int>]]  // for each sequence those of its tokens, in ascending ranges

  func rows(channels: Int) -> Region {
    // Of [B, T, C] those of tokens. The reference draws B · T · C flags; N · C of them are kept, in
    // the same order.
    var region = Region(of: columns.count * width * channels)
    for (text, runs) in columns.enumerated() {
      for run in runs {
        region.add((text * width + run.lowerBound) * channels, run.count * channels)
      }
    }
    return region
  }

  func pairs(heads: Int) -> Region {
    // Of [B, H, T, T] those of tokens, in the order of the probabilities of `Attention`.
    var region = Region(of: columns.count * heads * width * width)
    for (text, runs) in columns.enumerated() {
      for head in 0..<heads {
        for row in runs.joined() {  // rows of padding attend too in the reference, unseen
          let start = ((text * heads + head) * width + row) * width
          for run in runs { region.add(start + run.lowerBound, run.count) }
        }
      }
    }
    return region
  }
}
