import Foundation

/// # Orders, masks and samples
///
/// What training and decoding draw from PyTorch's generator: whole numbers, the order of the
/// training data, the flags of dropout, and a token by its probability. Each says how many words of
/// 32 bits it takes, because one draw more or less changes everything after it.
///
/// Source: `ATen/native/TensorFactories.cpp`, `Dropout.cpp`, `Distributions.cpp` of torch 2.13.
///
/// What it does not do: it does not choose tokens. `multinomial` is in chapter Decoding, which is
/// given the numbers of `exponential`.
extension TorchGenerator {
  /// How many draws of 32 bits there were since seeding, skipped ones too. A missing draw shows
  /// here before it shows in any number. SPEC `RAND-8`.
  public var drawn: Int { engine.drawn }

  /// `torch.empty((), dtype=torch.int64).random_()`: 63 random bits. Two draws of 32 bits. The sign
  /// bit is cleared, so that no number is negative. SPEC `RAND-9`.
  public mutating func nextInt64() -> Int64 { Int64(bitPattern: next64() & (1 << 63 - 1)) }

  /// `torch.randint(lower, upper, ())`: one draw of 32 bits, two from 2²⁸ different results on.
  /// SPEC `RAND-9`.
  ///
  /// - Returns: `range.lowerBound`, without a draw, for an empty range.
  public mutating func nextInt64(in range: Range<Int64>) -> Int64 {
    // Unsigned, because the difference of two Int64 needs 64 bits.
    let size = UInt64(bitPattern: range.upperBound &- range.lowerBound)
    if size == 0 { return range.lowerBound }
    // A remainder favors small results a little. With fewer than 2²⁸ results, each belongs to at
    // least 16 of the 2³² words, and some to one more; with more results that would show, so 64
    // bits are drawn.
    let rest = size >= 1 << 28 ? next64() % size : UInt64(next32()) % size
    return range.lowerBound &+ Int64(bitPattern: rest)
  }

  /// `torch.randperm(count)`: the numbers below `count` in random order. SPEC `RAND-10`.
  ///
  /// Source: `randperm_cpu` in `ATen/native/TensorFactories.cpp`, in its form for fewer than
  /// 214,748,364 numbers; of more, PyTorch's order is another.
  ///
  /// - Complexity: O(*n*); `count - 1` draws of 32 bits, none for fewer than two numbers.
  public mutating func permutation(_ count: Int) -> [Int] {
    // Fisher and Yates: each place gets one of the numbers that are not placed yet, so that all n!
    // orders are possible.
    var order = Array(0..<max(count, 0))
    order.withUnsafeMutableBufferPointer { order in
      for index in order.indices.dropLast() {  // the last place has no choice left
        // One of the places from here to the end, this one included.
        let other = index + Int(next32()) % (order.count - index)
        (order[index], order[other]) = (order[other], order[index])
      }
    }
    return order
  }

  /// The mask of `F.dropout` and `bernoulli_(1 - probability)`, in the order of memory: 1 where an
  /// element is kept, 0 where it is dropped. SPEC `RAND-11`.
  ///
  /// An element is kept when a double in [0, 1), of 53 bits, is below `1 - probability`. Source:
  /// `ATen/native/Dropout.cpp`, `ATen/native/cpu/DistributionTemplates.h` of torch ≥ 2.5.
  ///
  /// - Parameters:
  ///   - kept: Room for `count` bytes.
  ///   - probability: Of dropping an element. 0 keeps all and 1 drops all, without a draw.
  /// - Complexity: O(*n*); two draws of 32 bits for each element.
  public mutating func fillKept(
    _ kept: UnsafeMutablePointer<UInt8>, count: Int, dropping probability: Double
  ) {
    // Written so that NaN draws nothing and drops nothing.
    if !(probability > 0 && probability < 1) {
      return kept.update(repeating: probability >= 1 ? 0 : 1, count: max(count, 0))
    }
    // x · 2⁻⁵³ < 1 − p, in whole numbers: times 2⁵³ is exact, and a whole x is below a limit
    // exactly when it is below the limit rounded up.
    let limit = ((1 - probability) * 0x1p53).rounded(.up)
    engine.fillBelow(UInt64(limit), kept, count: count)
  }

  /// Passes over what ``fillKept(_:count:dropping:)`` would draw.
  public mutating func skipKept(count: Int, dropping probability: Double) {
    if probability > 0 && probability < 1 { engine.skip(2 * count) }  // two words for each element
  }

  /// What kept elements are multiplied by: `1 / (1 - probability)` in float32; 0 for 1, where
  /// nothing is kept.
  public static func keptScale(dropping probability: Double) -> Float {
    // `1 − p` is rounded before the division, as PyTorch's `div_` of a float32 tensor does.
    probability >= 1 ? 0 : 1 / Float(1 - probability)
  }

  /// The next number of `exponential_(1)`, in float32: `−ln(1 − u)` is above x with probability
  /// e⁻ˣ, and finite, because a uniform u is below 1. Two draws of 32 bits. SPEC `RAND-5`.
  public mutating func exponential() -> Float { Float(-log1p(-uniformDouble())) }
}
