/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as PyTorch seeds it.
///
/// Source: `ATen/core/MT19937RNGEngine.h`, `ATen/native/TensorFactories.cpp` of torch 2.13. See SPEC
/// `RAND-1`.
public struct MersenneTwister: Sendable {
  private static let size = 624
  private static let shift = 397

  private var state: [UInt32]
  private var next = size

  /// The stream of `torch.manual_seed(seed)`: only the low 32 bits of the seed count.
  public init(seed: UInt64) {
    state = [UInt32](repeating: 0, count: Self.size)
    state[0] = UInt32(truncatingIfNeeded: seed)
    for index in 1..<Self.size {
      let previous = state[index - 1]
      state[index] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index)
    }
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if next == Self.size { refill() }
    var bits = state[next]
    next += 1
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }

  /// The next 64 random bits: the first draw is the upper half.
  public mutating func next64() -> UInt64 {
    let upper = UInt64(next32())
    return upper << 32 | UInt64(next32())
  }

  /// Passes over `count` draws of 32 bits.
  public mutating func skip(_ count: Int) {
    var rest = count
    while rest > 0 {
      if next == Self.size { refill() }
      let step = min(rest, Self.size - next)
      next += step
      rest -= step
    }
  }

  /// Computes the next 624 words of the state.
  private mutating func refill() {
    state.withUnsafeMutableBufferPointer { state in
      for index in 0..<Self.size {
        let following = state[index + 1 == Self.size ? 0 : index + 1]
        let mixed = (state[index] & 0x8000_0000) | (following & 0x7FFF_FFFF)
        let distant = index + Self.shift
        state[index] =
          state[distant < Self.size ? distant : distant - Self.size]
          ^ (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
      }
    }
    next = 0
  }
}
