import CFoxKernels
import Foundation

/// Draws of PyTorch's generator that the Book has no use for.
extension TorchGenerator {
  /// The next double in [0, 1): 53 bits of two draws of 32 bits.
  package mutating func uniformDouble() -> Double {
    Double(engine.next64() & (1 << 53 - 1)) * 0x1p-53
  }

  /// `torch.randint(lower, upper, ())`: one draw of 32 bits, two from 2²⁸ different results on.
  /// SPEC `RAND-9`.
  ///
  /// - Returns: `range.lowerBound`, without a draw, for an empty range.
  package mutating func nextInt64(in range: Range<Int64>) -> Int64 {
    // Unsigned, because the difference of two Int64 needs 64 bits.
    let size = UInt64(bitPattern: range.upperBound &- range.lowerBound)
    if size == 0 { return range.lowerBound }
    // A remainder favors small results a little: with more than 2²⁸ results that would show in 32
    // bits.
    let rest = size >= 1 << 28 ? engine.next64() % size : UInt64(engine.next32()) % size
    return range.lowerBound &+ Int64(bitPattern: rest)
  }

  /// The next number of `exponential_(1)`: `−ln(1 − u)` is above x with probability e⁻ˣ, and
  /// finite, because a uniform u is below 1. Two draws of 32 bits. SPEC `RAND-5`.
  package mutating func exponential() -> Float { Float(-log1p(-uniformDouble())) }
}

extension MersenneTwister {
  /// For each of `count` draws of 64 bits, 1 when its lower 53 are below `limit`, else 0. As many
  /// as a block of words has are compared in one call. SPEC `RAND-7`.
  mutating func drawBelow(_ limit: UInt64, _ flags: UnsafeMutablePointer<UInt8>, count: Int) {
    var done = 0
    while done < count {
      if position == Self.size { refill() }
      let pairs = min(count - done, (Self.size - position) / 2)
      words.withUnsafeBufferPointer { words in
        guard let start = words.baseAddress else { return }
        fox_twister_keep(start + position, pairs, limit, flags + done)
      }
      position += 2 * pairs
      done += pairs
      // From an odd position on, one draw has its halves in two blocks.
      if done < count, position == Self.size - 1 {
        flags[done] = next64() & (1 << 53 - 1) < limit ? 1 : 0
        done += 1
      }
    }
  }
}
