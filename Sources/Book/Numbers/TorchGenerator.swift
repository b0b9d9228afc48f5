import Foundation

/// # Random numbers as PyTorch draws them
///
/// A seeded run can only be compared with the reference when both draw the same numbers. Here they
/// are, to the last bit, as `torch` 2.13 draws them on a processor with AVX2 or better:
///
/// - a **uniform** float is 24 random bits over 2²⁴: as many as a float32 holds without rounding; a
///   double is 53 bits over 2⁵³, from two words;
/// - **normal** numbers come in pairs from two uniforms (Box and Muller 1958):
///   `r = √(−2 ln u₁)`, `θ = 2π u₂`, then `r cos θ` and `r sin θ`. Fewer than 16 are drawn one by
///   one in double precision; from 16 on in float32, in blocks of 8 pairs.
///
/// What weights start from is here; `TorchDraws.swift` has orders, masks and sampling. Draws are
/// taken in the order of memory and never depend on the number of threads.
///
/// Source: `ATen/core/TransformationHelper.h`, `ATen/native/cpu/DistributionTemplates.h`. See SPEC
/// `RAND-1` to `RAND-4`.
///
/// What it does not do: it does not draw as a GPU does, whose generator (Philox) is another one.
public struct TorchGenerator: Sendable, Equatable {
  package var engine: MersenneTwister
  /// The second number of the last Box–Muller pair; small tensors share pairs across calls.
  package var cachedNormal: Double?
  /// What `Generator.initial_seed()` returns: all 64 bits, of which 32 count.
  public let seed: UInt64

  /// The generator after `torch.manual_seed(seed)`.
  public init(seed: UInt64) {
    self.seed = seed
    engine = MersenneTwister(seed: seed)
  }

  /// A generator that continues from a state.
  package init(seed: UInt64, engine: MersenneTwister, cachedNormal: Double?) {
    self.seed = seed
    self.engine = engine
    self.cachedNormal = cachedNormal
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 { engine.next32() }

  /// The next 64 random bits.
  public mutating func next64() -> UInt64 { engine.next64() }

  /// The next float32 in [0, 1), of 24 random bits. A float32 has no more, so the product is exact
  /// and never rounds up to 1.
  public mutating func uniform() -> Float { Float(engine.next32() & 0xFF_FFFF) * 0x1p-24 }

  /// The next double in [0, 1), of 53 random bits.
  public mutating func uniformDouble() -> Double {
    Double(engine.next64() & (1 << 53 - 1)) * 0x1p-53  // the lower 53 of 64 bits
  }

  /// `tensor.uniform_(lower, upper)` for a contiguous float32 tensor.
  public mutating func fillUniform(
    _ values: UnsafeMutablePointer<Float>, count: Int, lower: Float, upper: Float
  ) {
    // One draw for each number, in the order of memory.
    // Fused, as the compiler of PyTorch's builds contracts `x * (to - from) + from`.
    for index in 0..<count { values[index] = lower.addingProduct(uniform(), upper - lower) }
  }

  /// Passes over `count` draws of 32 bits.
  public mutating func skip(_ count: Int) { engine.skip(count) }

  /// Passes over what `uniform_` would draw.
  public mutating func skipUniform(count: Int) { engine.skip(count) }

  /// `tensor.normal_(mean, deviation)` for a contiguous float32 tensor.
  ///
  /// Fewer than 16 numbers are drawn one by one in double precision. From 16 on, uniforms are drawn
  /// for all and transformed in blocks of 16; an incomplete last block is replaced by a fresh block
  /// over the last 16.
  public mutating func fillNormal(
    _ values: UnsafeMutablePointer<Float>, count: Int, mean: Double = 0, deviation: Double
  ) {
    // Here PyTorch takes a path without vectors, which gives different numbers.
    if count < 16 {
      // In double precision, and rounded once.
      for index in 0..<count { values[index] = Float(normalDouble() * deviation + mean) }
      return
    }
    // Float32 from here on, as in the vectorized kernel.
    let (mean, deviation) = (Float(mean), Float(deviation))
    // First all uniforms, then the transformation in their place.
    for index in 0..<count { values[index] = uniform() }
    // Whole blocks of 16 only: [0, 16), [16, 32) …
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

  /// Passes over what `normal_` would draw for a tensor of at least 16 numbers; smaller ones are
  /// drawn, since their pairs outlive the call.
  public mutating func skipNormal(count: Int) {
    if count < 16 {
      // One may be left over for the next call, or taken from the last one.
      for _ in 0..<count { _ = normalDouble() }
    } else {
      engine.skip(count + (count % 16 == 0 ? 0 : 16))  // one word each, and 16 for the last block
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

  /// Turns 16 uniforms into 16 normals: the first eight give radii, the others angles.
  private static func boxMuller(
    _ block: UnsafeMutablePointer<Float>, mean: Float, deviation: Float
  ) {
    // [16] → [16]: numbers j and j + 8 are a pair.
    for index in 0..<8 {
      // 1 − u again: a uniform may be 0, whose logarithm is −∞. Cephes, so that every bit is
      // PyTorch's.
      let radius = (-2 * Cephes.log(1 - block[index])).squareRoot()
      let (sine, cosine) = Cephes.sinCos(Float(2 * Double.pi) * block[index + 8])
      // Fused, as the vectorized kernel has it: mean + deviation · r cos θ.
      block[index] = mean.addingProduct(radius * cosine, deviation)
      block[index + 8] = mean.addingProduct(radius * sine, deviation)
    }
  }
}
