import Foundation

/// # Normal numbers as PyTorch draws them
///
/// What fresh weights start from, to the last bit, as `torch` 2.13 draws them on a processor with
/// AVX2 or better. They come in pairs from two uniforms (Box and Muller 1958): `r = √(−2 ln u₁)`,
/// `θ = 2π u₂`, then `r cos θ` and `r sin θ`.
///
/// Source: `DistributionTemplates.h` of ATen. SPEC `RAND-3`, `RAND-4`.
extension TorchGenerator {
  /// `tensor.normal_(mean, deviation)` for a contiguous float32 tensor. One word for each number,
  /// and 16 more for a block that is not full; two for each of fewer than 16 numbers.
  package mutating func fillNormal(
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
  package mutating func skipNormal(count: Int) {
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
