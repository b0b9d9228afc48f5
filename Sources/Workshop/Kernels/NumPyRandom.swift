/// NumPy's legacy generator: what `numpy.random.seed` and `numpy.random.RandomState` give.
///
/// Not NumPy's newer `default_rng`, which is another algorithm. Source: `numpy/random/mtrand.pyx`,
/// `numpy/random/src/distributions/distributions.c` (`random_interval`). See SPEC `RAND-13`.
package struct NumPyRandom: Sendable, Equatable {
  /// The stream of words: 624 of them and a position are what `get_state()` returns.
  package var engine: MersenneTwister

  /// The generator after `numpy.random.seed(seed)`.
  package init(seed: UInt32) { engine = MersenneTwister(seed: UInt64(seed)) }

  /// `random_sample()`: the next double in [0, 1), of 53 bits. Two draws of 32 bits.
  package mutating func randomSample() -> Double { engine.nextSample() }

  /// `shuffle(elements)`.
  ///
  /// - Complexity: O(*n*); about 1.4 draws of 32 bits for each element.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for index in elements.indices.dropFirst().reversed() {
      elements.swapAt(index, next(through: UInt32(truncatingIfNeeded: index)))
    }
  }

  /// `permutation(count)`: the numbers below `count` in random order.
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<max(count, 0))
    shuffle(&order)
    return order
  }

  /// `randint(0, bound)`: a number below `bound`; 0, without a draw, when there is no other.
  package mutating func below(_ bound: Int) -> Int {
    bound <= 1 ? 0 : next(through: UInt32(clamping: bound - 1))
  }

  /// A number from 0 to `last`: as many bits as `last` has, drawn again while they are more.
  private mutating func next(through last: UInt32) -> Int {
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    while true {
      let value = engine.next32() & mask
      if value <= last { return Int(value) }
    }
  }
}

extension MersenneTwister {
  /// The next double in [0, 1) as NumPy and Python take it: 27 bits of one draw, 26 of another.
  mutating func nextSample() -> Double {
    let upper = Double(next32() >> 5)
    return (upper * 0x1p26 + Double(next32() >> 6)) * 0x1p-53
  }
}
