/// # The Mersenne Twister
///
/// PyTorch, NumPy and Python all begin with the same stream of 32-bit words. Its state is 624 words;
/// when they are used up, each is replaced by a mix of itself, its neighbor and the word 397 places on
/// (``Plain/twist(_:)``). A word is *tempered*, its bits smeared over each other, before it is drawn.
/// The period is 2¹⁹⁹³⁷ − 1.
///
/// Source: Matsumoto and Nishimura 1998 and their `mt19937ar.c`; `ATen/core/MT19937RNGEngine.h` of
/// torch 2.13. See SPEC `RAND-1`.
///
/// What it does not do: it is not for secrets; 624 words tell the state.
package struct MersenneTwister: Sendable, Equatable {
  /// How many words of 32 bits the state has.
  package static let size = 624
  static let shift = 397

  /// The state; words are tempered when they are drawn.
  package private(set) var words: [UInt32]
  /// The word that is drawn next; 624 when new words are due first.
  package private(set) var position = size
  /// Whether nothing was drawn since seeding: PyTorch's states tell it from the end of a block.
  package private(set) var isFresh = true
  /// How many words were drawn before word 0 of this state.
  private var drawnBefore = -size

  /// The stream of `init_genrand`, which `torch.manual_seed` and `numpy.random.seed` use: only the
  /// low 32 bits of the seed count.
  package init(seed: UInt64) {
    words = [UInt32](repeating: 0, count: Self.size)
    words[0] = UInt32(truncatingIfNeeded: seed)
    for index in 1..<Self.size {
      let previous = words[index - 1]
      words[index] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index)
    }
  }

  /// A stream of which nothing was drawn yet.
  ///
  /// - Parameter words: 624 of them.
  package init(fresh words: [UInt32]) { self.words = words }

  /// Goes on where another generator stood.
  ///
  /// - Parameters:
  ///   - words: The 624 words of its state.
  ///   - position: The word that is drawn next, 0 to 624.
  ///   - drawn: How many words were drawn before.
  /// - Returns: `nil` when there are not 624 words, or the position is none of theirs.
  package init?(words: [UInt32], position: Int, drawn: Int = 0) {
    guard words.count == Self.size, (0...Self.size).contains(position) else { return nil }
    self.words = words
    self.position = position
    isFresh = false
    drawnBefore = drawn &- position
  }

  /// How many words were drawn or skipped since seeding.
  package var drawn: Int { drawnBefore &+ position }

  /// The next 32 random bits.
  package mutating func next32() -> UInt32 {
    if position == Self.size { refill() }
    let bits = Self.tempered(words[position])
    position += 1
    return bits
  }

  /// The next 64 random bits: the first draw is the upper half.
  package mutating func next64() -> UInt64 {
    let upper = UInt64(next32())
    return upper << 32 | UInt64(next32())
  }

  /// Passes over `count` draws of 32 bits.
  package mutating func skip(_ count: Int) {
    var rest = count
    while rest > 0 {
      if position == Self.size { refill() }
      let step = min(rest, Self.size - position)
      position += step
      rest -= step
    }
  }

  /// For each of `count` draws of 64 bits, 1 when its lower 53 are below `limit`, else 0.
  ///
  /// - Parameter limit: At most 2⁵³.
  package mutating func fillBelow(_ limit: UInt64, _ kept: UnsafeMutablePointer<UInt8>, count: Int)
  {
    let drawsBelow = Operations.current.drawsBelow
    var done = 0
    while done < count {
      if position == Self.size { refill() }
      let pairs = min(count - done, (Self.size - position) / 2)
      words.withUnsafeBufferPointer { words in
        guard let start = words.baseAddress else { return }
        drawsBelow(start + position, limit, kept + done, pairs)
      }
      position += 2 * pairs
      done += pairs
      // From an odd position on, one draw has its halves in two blocks.
      if done < count, position == Self.size - 1 {
        kept[done] = next64() & (1 << 53 - 1) < limit ? 1 : 0
        done += 1
      }
    }
  }

  /// Computes the next 624 words of the state.
  private mutating func refill() {
    words.withUnsafeMutableBufferPointer { words in
      if let start = words.baseAddress { Operations.current.twist(start) }
    }
    position = 0
    isFresh = false
    drawnBefore &+= Self.size
  }

  package static func tempered(_ word: UInt32) -> UInt32 {
    var bits = word
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }
}

extension Plain {
  package static func twist(_ words: UnsafeMutablePointer<UInt32>) {
    let size = MersenneTwister.size
    for i in 0..<size {
      // The first bit of this word and the other 31 of the next, shifted through a fixed polynomial.
      let mixed = (words[i] & 0x8000_0000) | (words[(i + 1) % size] & 0x7FFF_FFFF)
      let polynomial: UInt32 = mixed & 1 == 0 ? 0 : 0x9908_B0DF
      words[i] = words[(i + MersenneTwister.shift) % size] ^ (mixed >> 1) ^ polynomial
    }
  }

  package static func drawsBelow(
    _ words: UnsafePointer<UInt32>, _ limit: UInt64, _ flags: UnsafeMutablePointer<UInt8>,
    _ count: Int
  ) {
    for i in 0..<count {
      let upper = UInt64(MersenneTwister.tempered(words[2 * i]))
      let draw = upper << 32 | UInt64(MersenneTwister.tempered(words[2 * i + 1]))
      flags[i] = draw & (1 << 53 - 1) < limit ? 1 : 0
    }
  }
}
