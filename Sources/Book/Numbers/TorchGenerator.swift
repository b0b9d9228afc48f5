/// # Random numbers as PyTorch draws them
///
/// A seeded run can only be compared with the reference when both draw the same numbers: the order
/// of the samples, and what dropout drops. Here they are, to the last bit, as `torch` 2.13 draws
/// them on the CPU:
///
/// - a **uniform** float is 24 random bits over 2²⁴: as many as a float32 holds without rounding; a
///   double is 53 bits over 2⁵³, from two words;
/// - a **permutation** swaps each place with one from there to the end (Fisher and Yates);
/// - a **mask** of dropout has a flag for each number, 1 with probability `1 − p`.
///
/// Draws are taken in the order of memory and never depend on the number of threads. One draw more
/// or less changes everything after it, so each function says how many words of 32 bits it takes.
///
/// Source: `TransformationHelper.h`, `TensorFactories.cpp` and `Dropout.cpp` of ATen. SPEC `RAND-1`
/// to `RAND-11`. Normal numbers, which fresh weights start from, are the Workshop's. A GPU draws
/// others: its generator (Philox) is not this one.
public struct TorchGenerator: Sendable, Equatable {
  package var engine: MersenneTwister
  package var cachedNormal: Double?  // half of a pair of normal numbers that nobody has taken yet
  /// What `Generator.initial_seed()` returns: all 64 bits, of which 32 count.
  package let seed: UInt64

  /// The generator after `torch.manual_seed(seed)`.
  public init(seed: UInt64) {
    self.seed = seed
    engine = MersenneTwister(seed: seed)  // takes the low 32 bits
  }

  /// How many words there were since seeding, skipped ones too. A missing draw shows here before it
  /// shows in any number.
  package var drawn: Int { engine.drawn }

  /// Passes over `count` words.
  package mutating func skip(_ count: Int) { engine.skip(count) }

  /// The next float32 in [0, 1). One word.
  public mutating func uniform() -> Float { Float(engine.next32() & 0xFF_FFFF) * 0x1p-24 }

  /// `torch.empty((), dtype=torch.int64).random_()`: 63 random bits. Two words.
  package mutating func nextInt64() -> Int64 { Int64(bitPattern: engine.next64() & (1 << 63 - 1)) }

  /// `torch.randperm(count)`: the numbers below `count` in random order. `count − 1` words. From
  /// 214,748,364 numbers on, PyTorch's order is another.
  package mutating func permutation(_ count: Int) -> [Int] {
    // Each place gets one of the numbers that are not placed yet, so that all n! orders are
    // possible. The last place has no choice left.
    var order = Array(0..<max(count, 0))  // [n]
    for index in order.indices.dropLast() {
      order.swapAt(index, index + Int(engine.next32()) % (order.count - index))
    }
    return order
  }

  /// The mask of `F.dropout`: 1 where an element is kept, 0 where it is dropped. An element is kept
  /// when a double in [0, 1) is below `1 − probability`. Two words each; a probability of 0 keeps
  /// all and 1 drops all, without a draw.
  ///
  /// - Parameter kept: Room for `count` bytes.
  package mutating func fillKept(
    _ kept: UnsafeMutablePointer<UInt8>, count: Int, dropping probability: Double
  ) {
    // Written so that NaN draws nothing and drops nothing.
    if !(probability > 0 && probability < 1) {
      return kept.update(repeating: probability >= 1 ? 0 : 1, count: max(count, 0))
    }
    // x · 2⁻⁵³ < 1 − p, in whole numbers: times 2⁵³ is exact, and a whole x is below a limit
    // exactly when it is below the limit rounded up.
    let limit = ((1 - probability) * 0x1p53).rounded(.up)
    Operations.current.drawBelow(&engine, UInt64(limit), kept, count)
  }

  /// Passes over what ``fillKept(_:count:dropping:)`` would draw.
  package mutating func skipKept(count: Int, dropping probability: Double) {
    if probability > 0 && probability < 1 { skip(2 * count) }  // else nothing was drawn
  }

  /// What kept elements are multiplied by: `1 / (1 − probability)`; 0 for 1, where nothing is kept.
  package static func keptScale(dropping probability: Double) -> Float {
    // `1 − p` is rounded before the division, as PyTorch's `div_` of a float32 tensor does.
    probability >= 1 ? 0 : 1 / Float(1 - probability)
  }
}
