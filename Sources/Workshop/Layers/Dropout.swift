import FoxKernels

/// Dropout: in training each number is kept with probability `1 − p` and divided by it, or set to 0.
///
/// The flags are drawn as `torch.nn.functional.dropout` draws them on the CPU: one by one in the order
/// of memory, so that a seeded run drops what the reference drops (`RAND-11`). Source: Srivastava et
/// al. 2014. SPEC `LAYER-7`.
public struct Dropout: Sendable {
  /// The probability `p` of being dropped.
  public let probability: Double

  /// Dropout with the given probability, from 0 to 1.
  public init(_ probability: Double) { self.probability = probability }

  /// Draws the flags of `count` numbers.
  ///
  /// - Parameter generator: `nil` outside training.
  /// - Returns: `nil` when all is kept, since there is no generator or `p` is 0; nothing is drawn then.
  public func draw(
    _ count: Int, from generator: inout TorchGenerator?, arena: Arena
  ) -> Rows.Kept? {
    if probability == 0 || generator == nil { return nil }
    let flags = arena.takeFlags(count)
    generator?.fillKept(flags, count: count, dropping: probability)
    return Rows.Kept(
      flags: UnsafePointer(flags), scale: TorchGenerator.keptScale(dropping: probability))
  }

  /// `to = keep(from)` for many rows of `count` numbers; `to` may be `from`. The backward pass is the
  /// same function of the gradient.
  public static func apply(
    _ kept: Rows.Kept?, to from: UnsafePointer<Float>, rows: Int, count: Int,
    into to: UnsafeMutablePointer<Float>
  ) {
    Parallel.ranges(rows, grain: grain(count)) { range in
      for row in range {
        let flags = kept?.from(row * count)
        Rows.keep(flags, of: from + row * count, to + row * count, count: count)
      }
    }
  }

  /// `to = sum + keep(from)` for many rows of `count` numbers: the residual connection.
  public static func add(
    _ sum: UnsafePointer<Float>, _ kept: Rows.Kept?, of from: UnsafePointer<Float>, rows: Int,
    count: Int, into to: UnsafeMutablePointer<Float>
  ) {
    Parallel.ranges(rows, grain: grain(count)) { range in
      for row in range {
        let flags = kept?.from(row * count)
        let start = row * count
        Rows.add(sum + start, flags, of: from + start, to + start, count: count)
      }
    }
  }

  private static func grain(_ count: Int) -> Int { max(1, 16_384 / max(1, count)) }
}
