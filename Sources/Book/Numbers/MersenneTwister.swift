/// # The Mersenne Twister
///
/// PyTorch, NumPy and Python all begin with the same stream of 32-bit words. Its state is 624
/// words; when they are used up, each is replaced by a mix of itself, its neighbor and the word 397
/// places on (``Plain/twist(_:)``). A word is *tempered*, its bits smeared over each other, before
/// it is drawn. The period is 2¹⁹⁹³⁷ − 1. From the seed 5489 the first word is 3,499,211,612.
///
/// Source: Matsumoto and Nishimura 1998 and their `mt19937ar.c`; `ATen/core/MT19937RNGEngine.h` of
/// torch 2.13. SPEC `RAND-1`. Not for secrets: from 624 words in a row anybody can compute the
/// state, and with it all words to come.
package struct MersenneTwister: Sendable, Equatable {
  package static let size = 624  // of the state, in words of 32 bits

  package var words: [UInt32]  // stored as they are, and tempered when they are drawn
  package var position = size  // the word that is drawn next; 624 when new words are due first
  // How many words were drawn before word 0 of this state; −624 at first, so that together with the
  // position, 624, it says that nothing was drawn.
  package var drawnBefore = -size

  /// The stream of `init_genrand`, which `torch.manual_seed` and `numpy.random.seed` use: only the
  /// low 32 bits of the seed count.
  package init(seed: UInt64) {
    words = [UInt32(truncatingIfNeeded: seed)]
    // Knuth's multiplier (*The Art of Computer Programming*, volume 2, page 106) spreads the bits
    // of the seed over all words. The high bits are folded onto the low ones, because a product
    // passes bits on to higher places only. The index keeps a seed of 0 from making every word 0.
    for index in 1..<Self.size {
      let previous = words[index - 1]
      words.append(1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index))
    }
  }

  /// How many words were drawn or skipped since seeding.
  package var drawn: Int { drawnBefore &+ position }

  /// The next 32 random bits.
  package mutating func next32() -> UInt32 {
    if position == Self.size { refill() }  // all 624 are used up
    // Without tempering, the leading bits of several draws in a row would not be evenly
    // distributed. Every step can be undone, so no two words become one.
    var bits = words[position]
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    position += 1  // one word is drawn
    return bits ^ (bits >> 18)
  }

  /// The next 64 random bits: the first draw is the upper half, as in PyTorch's `random64`.
  package mutating func next64() -> UInt64 {
    let upper = UInt64(next32())  // drawn first
    return upper << 32 | UInt64(next32())
  }

  /// Passes over `count` draws of 32 bits. Words have to be made all the same, but not tempered.
  package mutating func skip(_ count: Int) {
    var rest = count
    while rest > 0 {
      if position == Self.size { refill() }
      let step = min(rest, Self.size - position)  // to the end of this block at most
      (position, rest) = (position + step, rest - step)
    }
  }

  /// Computes the next 624 words, in place of the last ones.
  package mutating func refill() {
    words.withUnsafeMutableBufferPointer { words in
      if let start = words.baseAddress { Operations.current.twist(start) }
    }
    (position, drawnBefore) = (0, drawnBefore &+ Self.size)
  }
}

extension Plain {
  /// The next 624 words, in place of the last ones.
  package static func twist(_ words: UnsafeMutablePointer<UInt32>) {
    // In the order of the words, because the loop reads what it has written: from word 227 on, the
    // word 397 places further is wrapped around and is already new. The reference does the same.
    let size = MersenneTwister.size
    for i in 0..<size {
      // The first bit of this word and the other 31 of the next: 31 bits of the 624 words are
      // unused, which makes 19,937 bits of state.
      let mixed = (words[i] & 0x8000_0000) | (words[(i + 1) % size] & 0x7FFF_FFFF)
      // One step of a shift register: divide by two, and add the polynomial when a bit falls out.
      let polynomial: UInt32 = mixed & 1 == 0 ? 0 : 0x9908_B0DF
      words[i] = words[(i + 397) % size] ^ (mixed >> 1) ^ polynomial
    }
  }

  /// For each of `count` draws of 64 bits, 1 when its lower 53 are below `limit`, at most 2⁵³, else
  /// 0: the flags of dropout.
  package static func drawBelow(
    _ engine: inout MersenneTwister, _ limit: UInt64, _ flags: UnsafeMutablePointer<UInt8>,
    _ count: Int
  ) {
    // 53 bits are the precision of a double. PyTorch draws a double and compares; whole numbers
    // give the same answer and need no conversion.
    for i in 0..<count { flags[i] = engine.next64() & (1 << 53 - 1) < limit ? 1 : 0 }
  }
}
