import Foundation

/// # Random numbers as PyTorch draws them
///
/// A seeded run can only be compared with the reference when both draw the same numbers. Here they
/// are, to the last bit, as `torch` 2.13 draws them on a processor with AVX2 or better:
///
/// - a **uniform** float is 24 random bits over 2²⁴: as many as a float32 holds without rounding; a
///   double is 53 bits over 2⁵³, from two words;
/// - **normal** numbers come in pairs from two uniforms (Box and Muller 1958):
///   `r = √(−2 ln u₁)`, `θ = 2π u₂`, then `r cos θ` and `r sin θ`. Fewer than 16 are drawn one by one
///   in double precision; from 16 on in float32, in blocks of 8 pairs.
///
/// What weights start from is here; `TorchDraws.swift` has orders, masks and sampling. Draws are taken
/// in the order of memory and never depend on the number of threads.
///
/// Source: `ATen/core/TransformationHelper.h`, `ATen/native/cpu/DistributionTemplates.h`. See SPEC
/// `RAND-1` to `RAND-4`.
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

  /// A generator that goes on from a state.
  package init(seed: UInt64, engine: MersenneTwister, cachedNormal: Double?) {
    self.seed = seed
    self.engine = engine
    self.cachedNormal = cachedNormal
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 { engine.next32() }

  /// The next 64 random bits.
  public mutating func next64() -> UInt64 { engine.next64() }

  /// The next float32 in [0, 1), of 24 random bits.
  public mutating func uniform() -> Float { Float(engine.next32() & 0xFF_FFFF) * 0x1p-24 }

  /// The next double in [0, 1), of 53 random bits.
  public mutating func uniformDouble() -> Double {
    Double(engine.next64() & (1 << 53 - 1)) * 0x1p-53
  }

  /// `tensor.uniform_(lower, upper)` for a contiguous float32 tensor.
  public mutating func fillUniform(
    _ values: UnsafeMutablePointer<Float>, count: Int, lower: Float, upper: Float
  ) {
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
    if count < 16 {
      for index in 0..<count { values[index] = Float(normalDouble() * deviation + mean) }
      return
    }
    let (mean, deviation) = (Float(mean), Float(deviation))
    for index in 0..<count { values[index] = uniform() }
    for block in stride(from: 0, to: count - 15, by: 16) {
      Self.boxMuller(values + block, mean: mean, deviation: deviation)
    }
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
      for _ in 0..<count { _ = normalDouble() }
    } else {
      engine.skip(count + (count % 16 == 0 ? 0 : 16))
    }
  }

  private mutating func normalDouble() -> Double {
    if let cached = cachedNormal {
      cachedNormal = nil
      return cached
    }
    let angle = 2 * Double.pi * uniformDouble()
    let radius = (-2 * log1p(-uniformDouble())).squareRoot()
    cachedNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Turns 16 uniforms into 16 normals: the first eight give radii, the others angles.
  private static func boxMuller(
    _ block: UnsafeMutablePointer<Float>, mean: Float, deviation: Float
  ) {
    for index in 0..<8 {
      let radius = (-2 * Cephes.log(1 - block[index])).squareRoot()
      let (sine, cosine) = Cephes.sinCos(Float(2 * Double.pi) * block[index + 8])
      block[index] = mean.addingProduct(radius * cosine, deviation)
      block[index + 8] = mean.addingProduct(radius * sine, deviation)
    }
  }
}
