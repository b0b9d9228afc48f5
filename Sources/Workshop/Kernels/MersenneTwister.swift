import CFoxKernels

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998): the one stream of 32-bit words below
/// PyTorch's, NumPy's legacy and Python's random numbers.
///
/// Source: the authors' `mt19937ar.c`; `ATen/core/MT19937RNGEngine.h` of torch 2.13. See SPEC `RAND-1`.
public struct MersenneTwister: Sendable, Equatable {
  /// How many words of 32 bits the state has.
  public static let size = 624
  static let shift = 397

  /// The state; words are tempered when they are drawn.
  public private(set) var words: [UInt32]
  /// The word that is drawn next; 624 when new words are due first.
  public private(set) var position = size
  /// Whether nothing was drawn since seeding: PyTorch's states tell it from the end of a block.
  private(set) var isFresh = true
  /// How many words were drawn before word 0 of this state.
  private var drawnBefore = -size

  /// The stream of `init_genrand`, which `torch.manual_seed` and `numpy.random.seed` use: only the
  /// low 32 bits of the seed count.
  public init(seed: UInt64) {
    words = [UInt32](repeating: 0, count: Self.size)
    words[0] = UInt32(truncatingIfNeeded: seed)
    for index in 1..<Self.size {
      let previous = words[index - 1]
      words[index] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index)
    }
  }

  /// The stream of `init_by_array`, which Python's `random.seed` uses. An empty key counts as `[0]`.
  public init(key: [UInt32]) {
    self.init(seed: 19_650_218)
    let key = key.isEmpty ? [0] : key
    var (index, place) = (1, 0)
    for _ in 0..<max(Self.size, key.count) {
      words[index] = mixed(index, 1_664_525) &+ key[place] &+ UInt32(truncatingIfNeeded: place)
      place = place + 1 == key.count ? 0 : place + 1
      index = following(index)
    }
    for _ in 1..<Self.size {
      words[index] = mixed(index, 1_566_083_941) &- UInt32(index)
      index = following(index)
    }
    words[0] = 0x8000_0000
  }

  /// Goes on where another generator stood.
  ///
  /// - Parameters:
  ///   - words: The 624 words of its state.
  ///   - position: The word that is drawn next, 0 to 624.
  ///   - drawn: How many words were drawn before.
  /// - Returns: `nil` when there are not 624 words, or the position is none of theirs.
  public init?(words: [UInt32], position: Int, drawn: Int = 0) {
    guard words.count == Self.size, (0...Self.size).contains(position) else { return nil }
    self.words = words
    self.position = position
    isFresh = false
    drawnBefore = drawn &- position
  }

  /// How many words were drawn or skipped since seeding.
  public var drawn: Int { drawnBefore &+ position }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if position == Self.size { refill() }
    let bits = Self.tempered(words[position])
    position += 1
    return bits
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
      if position == Self.size { refill() }
      let step = min(rest, Self.size - position)
      position += step
      rest -= step
    }
  }

  /// For each of `count` draws of 64 bits, 1 when its lower 53 are below `limit`, else 0.
  ///
  /// - Parameter limit: At most 2⁵³.
  mutating func fillBelow(_ limit: UInt64, _ kept: UnsafeMutablePointer<UInt8>, count: Int) {
    var done = 0
    while done < count {
      if position == Self.size { refill() }
      let pairs = min(count - done, (Self.size - position) / 2)
      words.withUnsafeBufferPointer { words in
        guard let start = words.baseAddress else { return }
        fox_twister_keep(start + position, pairs, limit, kept + done)
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
    words.withUnsafeMutableBufferPointer { fox_twister_refill($0.baseAddress) }
    position = 0
    isFresh = false
    drawnBefore &+= Self.size
  }

  static func tempered(_ word: UInt32) -> UInt32 {
    var bits = word
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }

  /// One step of `init_by_array`, which takes every word from the one before it.
  private func mixed(_ index: Int, _ factor: UInt32) -> UInt32 {
    let previous = words[index - 1]
    return words[index] ^ ((previous ^ (previous >> 30)) &* factor)
  }

  /// The next index of `init_by_array`: after the last word comes word 1, with word 0 a copy of the
  /// last.
  private mutating func following(_ index: Int) -> Int {
    if index + 1 < Self.size { return index + 1 }
    words[0] = words[Self.size - 1]
    return 1
  }
}

/// The plain forms of the kernels in `CKernels/random.c`, which tests compare them with.
enum PlainTwister {
  /// The next 624 words after `words`.
  static func refilled(_ words: [UInt32]) -> [UInt32] {
    var words = words
    let size = words.count
    for index in 0..<size {
      let next = words[(index + 1) % size]
      let mixed = (words[index] & 0x8000_0000) | (next & 0x7FFF_FFFF)
      words[index] =
        words[(index + MersenneTwister.shift) % size]
        ^ (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    return words
  }

  /// For each two words, whether the lower 53 bits of their draw are below `limit`.
  static func below(_ limit: UInt64, words: ArraySlice<UInt32>) -> [UInt8] {
    stride(from: words.startIndex, to: words.endIndex - 1, by: 2).map { index in
      let upper = UInt64(MersenneTwister.tempered(words[index]))
      let draw = upper << 32 | UInt64(MersenneTwister.tempered(words[index + 1]))
      return draw & (1 << 53 - 1) < limit ? 1 : 0
    }
  }
}
