import Foundation

/// Python's `random.Random`, seeded by an integer.
///
/// Source: `Modules/_randommodule.c` and `Lib/random.py` of CPython 3.11. See SPEC `RAND-14`.
package struct PythonRandom: Sendable, Equatable {
  /// The stream of words: 624 of them and a position are what `getstate()` returns.
  package var engine: MersenneTwister

  /// The generator after `random.seed(seed)`; the sign does not count.
  package init(seed: Int) {
    let size = seed.magnitude
    let low = UInt32(truncatingIfNeeded: size)
    let high = UInt32(truncatingIfNeeded: size >> 32)
    engine = MersenneTwister(key: high == 0 ? [low] : [low, high])
  }

  /// `random()`: the next double in [0, 1), of 53 bits. Two draws of 32 bits.
  package mutating func random() -> Double { engine.nextSample() }

  /// `getrandbits(count)` for 0 to 64 bits. One draw for each 32 bits, the lowest first.
  package mutating func randomBits(_ count: Int) -> UInt64 {
    if count <= 0 { return 0 }
    if count <= 32 { return UInt64(engine.next32() >> UInt32(32 - count)) }
    let low = UInt64(engine.next32())
    let high = UInt64(engine.next32() >> UInt32(64 - min(count, 64)))
    return high << 32 | low
  }

  /// `_randbelow(bound)`, and `randrange(bound)`: a number below `bound`; 0, without a draw, when
  /// there is none.
  package mutating func below(_ bound: Int) -> Int {
    if bound <= 0 { return 0 }
    let bits = Int.bitWidth - bound.leadingZeroBitCount
    while true {
      let value = randomBits(bits)
      if value < UInt64(bound) { return Int(value) }
    }
  }

  /// `choice(elements)`; `nil`, where Python raises an error, when there are none.
  package mutating func choice<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  /// `shuffle(elements)`.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for index in elements.indices.dropFirst().reversed() {
      elements.swapAt(index, below(index + 1))
    }
  }

  /// `sample(elements, count)`: that many of them, in the order they were drawn.
  ///
  /// - Returns: `nil`, where Python raises an error, for a negative count or one above theirs.
  package mutating func sample<Element>(_ elements: [Element], _ count: Int) -> [Element]? {
    guard (0...elements.count).contains(count) else { return nil }
    return elements.count <= Self.poolSize(count)
      ? pooled(elements, count) : picked(elements, count)
  }

  /// Up to how many elements `sample` works on a copy of them.
  private static func poolSize(_ count: Int) -> Int {
    if count <= 5 { return 21 }
    return 21 + Int(pow(4, (log(Double(count) * 3) / log(4)).rounded(.up)))
  }

  /// Draws from a shrinking pool: what is drawn is replaced by the last.
  private mutating func pooled<Element>(_ elements: [Element], _ count: Int) -> [Element] {
    var pool = elements
    return (0..<count).map { _ in
      let index = below(pool.count)
      let element = pool[index]
      let last = pool.removeLast()
      if index < pool.count { pool[index] = last }
      return element
    }
  }

  /// Draws from all; what was drawn before is drawn again.
  private mutating func picked<Element>(_ elements: [Element], _ count: Int) -> [Element] {
    var seen: Set<Int> = []
    return (0..<count).map { _ in
      var index = below(elements.count)
      while !seen.insert(index).inserted { index = below(elements.count) }
      return elements[index]
    }
  }
}

extension MersenneTwister {
  /// The stream of `init_by_array`, which Python's `random.seed` uses. An empty key counts as `[0]`.
  package init(key: [UInt32]) {
    var words = MersenneTwister(seed: 19_650_218).words
    let key = key.isEmpty ? [0] : key
    var (index, place) = (1, 0)
    for _ in 0..<max(Self.size, key.count) {
      words[index] =
        Self.mixed(words, index, 1_664_525) &+ key[place] &+ UInt32(truncatingIfNeeded: place)
      place = place + 1 == key.count ? 0 : place + 1
      index = Self.following(index, &words)
    }
    for _ in 1..<Self.size {
      words[index] = Self.mixed(words, index, 1_566_083_941) &- UInt32(index)
      index = Self.following(index, &words)
    }
    words[0] = 0x8000_0000
    self.init(seed: 0)
    self.words = words
  }

  /// One step of `init_by_array`, which takes every word from the one before it.
  private static func mixed(_ words: [UInt32], _ index: Int, _ factor: UInt32) -> UInt32 {
    let previous = words[index - 1]
    return words[index] ^ ((previous ^ (previous >> 30)) &* factor)
  }

  /// The next index of `init_by_array`: after the last word comes word 1, with word 0 a copy of the
  /// last.
  private static func following(_ index: Int, _ words: inout [UInt32]) -> Int {
    if index + 1 < size { return index + 1 }
    words[0] = words[size - 1]
    return 1
  }
}
