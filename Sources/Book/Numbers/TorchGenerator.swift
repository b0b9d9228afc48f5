import Foundation

/// # Random numbers as PyTorch draws them
///
/// A seeded run can only be compared with the reference when both draw the same numbers: what
/// weights start from, the order of the samples, and what dropout drops. Here they are, to the last
/// bit, as `torch` 2.13 draws them on a processor with AVX2 or better:
///
/// - a **uniform** float is 24 random bits over 2²⁴: as many as a float32 holds without rounding; a
///   double is 53 bits over 2⁵³, from two words;
/// - **normal** numbers come in pairs from two uniforms (Box and Muller 1958):
///   `r = √(−2 ln u₁)`, `θ = 2π u₂`, then `r cos θ` and `r sin θ`;
/// - a **permutation** swaps each place with one from there to the end (Fisher and Yates);
/// - a **mask** of dropout has a flag for each number, 1 with probability `1 − p`.
///
/// Draws are taken in the order of memory and never depend on the number of threads. One draw more
/// or less changes everything after it, so each function says how many words of 32 bits it takes.
///
/// Source: `TransformationHelper.h`, `DistributionTemplates.h`, `TensorFactories.cpp` and
/// `Dropout.cpp` of ATen. SPEC `RAND-1` to `RAND-11`.
///
/// What it does not do: it does not draw as a GPU does, whose generator (Philox) is another one.
public struct TorchGenerator: Sendable, Equatable {
  package var engine: MersenneTwister
  // The second number of the last Box–Muller pair; small tensors share pairs across calls.
  package var cachedNormal: Double?
  /// What `Generator.initial_seed()` returns: all 64 bits, of which 32 count.
  public let seed: UInt64

  /// The generator after `torch.manual_seed(seed)`.
  public init(seed: UInt64) {
    self.seed = seed
    engine = MersenneTwister(seed: seed)
  }

  /// How many words there were since seeding, skipped ones too. A missing draw shows here before it
  /// shows in any number.
  public var drawn: Int { engine.drawn }

  /// Passes over `count` words.
  public mutating func skip(_ count: Int) { engine.skip(count) }

  /// The next float32 in [0, 1). One word.
  public mutating func uniform() -> Float { Float(engine.next32() & 0xFF_FFFF) * 0x1p-24 }

  /// The next double in [0, 1). Two words.
  public mutating func uniformDouble() -> Double {
    Double(engine.next64() & (1 << 53 - 1)) * 0x1p-53  // the lower 53 of 64 bits
  }

  /// `torch.empty((), dtype=torch.int64).random_()`: 63 random bits. Two words.
  public mutating func nextInt64() -> Int64 { Int64(bitPattern: engine.next64() & (1 << 63 - 1)) }
}

// MARK: - Normal numbers

extension TorchGenerator {
  /// `tensor.normal_(mean, deviation)` for a contiguous float32 tensor. One word for each number,
  /// and 16 more for a block that is not full; two for each of fewer than 16 numbers.
  public mutating func fillNormal(
    _ values: UnsafeMutablePointer<Float>, count: Int, mean: Double = 0, deviation: Double
  ) {
    // PyTorch takes a path without vectors here: in double precision, rounded once.
    if count < 16 {
      for index in 0..<count { values[index] = Float(normalDouble() * deviation + mean) }
      return
    }
    // Its vector holds 8 float32, and a block 8 pairs. First all uniforms are drawn, then whole
    // blocks [0, 16), [16, 32) … are transformed in their place.
    let (mean, deviation) = (Float(mean), Float(deviation))
    for index in 0..<count { values[index] = uniform() }
    for block in stride(from: 0, to: count - 15, by: 16) {
      Self.boxMuller(values + block, mean: mean, deviation: deviation)
    }
    // The rest has fewer than 16 numbers. PyTorch draws 16 new uniforms over the last 16 places,
    // some of which were normal numbers already; those are lost.
    if count % 16 != 0 {
      let last = values + (count - 16)
      for index in 0..<16 { last[index] = uniform() }
      Self.boxMuller(last, mean: mean, deviation: deviation)
    }
  }

  /// Passes over what `normal_` would draw.
  public mutating func skipNormal(count: Int) {
    if count < 16 {
      // One of a pair may be left over for the next call, or taken from the last one.
      for _ in 0..<count { _ = normalDouble() }
    } else {
      skip(count + (count % 16 == 0 ? 0 : 16))
    }
  }

  private mutating func normalDouble() -> Double {
    // The other number of the last pair, if nobody took it.
    if let cached = cachedNormal {
      cachedNormal = nil
      return cached
    }
    // The first draw is the angle here; in blocks of 16 the radius comes first.
    let angle = 2 * Double.pi * uniformDouble()
    // 1 − u is in (0, 1], so that the logarithm is finite.
    let radius = (-2 * log1p(-uniformDouble())).squareRoot()
    cachedNormal = radius * sin(angle)  // two numbers from two uniforms: none is lost
    return radius * cos(angle)
  }

  /// Turns 16 uniforms into 16 normals.
  private static func boxMuller(
    _ block: UnsafeMutablePointer<Float>, mean: Float, deviation: Float
  ) {
    // [16] → [16]: numbers j and j + 8 are a pair, radius and angle.
    for index in 0..<8 {
      // 1 − u, as above. Cephes, so that every bit is PyTorch's.
      let radius = (-2 * Cephes.log(1 - block[index])).squareRoot()
      let (sine, cosine) = Cephes.sinCos(Float(2 * Double.pi) * block[index + 8])
      // Fused, as the vectorized kernel has it: mean + deviation · r cos θ.
      block[index] = mean.addingProduct(radius * cosine, deviation)
      block[index + 8] = mean.addingProduct(radius * sine, deviation)
    }
  }
}

// MARK: - Orders and masks

extension TorchGenerator {
  /// `torch.randperm(count)`: the numbers below `count` in random order. `count − 1` words. From
  /// 214,748,364 numbers on, PyTorch's order is another.
  ///
  /// - Complexity: O(*n*).
  public mutating func permutation(_ count: Int) -> [Int] {
    // Each place gets one of the numbers that are not placed yet, so that all n! orders are
    // possible. The last place has no choice left.
    var order = Array(0..<max(count, 0))
    order.withUnsafeMutableBufferPointer { order in
      for index in order.indices.dropLast() {
        let other = index + Int(engine.next32()) % (order.count - index)
        (order[index], order[other]) = (order[other], order[index])
      }
    }
    return order
  }

  /// The mask of `F.dropout`: 1 where an element is kept, 0 where it is dropped. An element is kept
  /// when a double in [0, 1) is below `1 − probability`. Two words each; a probability of 0 keeps
  /// all and 1 drops all, without a draw.
  ///
  /// - Parameter kept: Room for `count` bytes.
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
    Operations.current.drawBelow(&engine, UInt64(limit), kept, count)
  }

  /// Passes over what ``fillKept(_:count:dropping:)`` would draw.
  public mutating func skipKept(count: Int, dropping probability: Double) {
    if probability > 0 && probability < 1 { skip(2 * count) }
  }

  /// What kept elements are multiplied by: `1 / (1 − probability)`; 0 for 1, where nothing is kept.
  public static func keptScale(dropping probability: Double) -> Float {
    // `1 − p` is rounded before the division, as PyTorch's `div_` of a float32 tensor does.
    probability >= 1 ? 0 : 1 / Float(1 - probability)
  }
}
