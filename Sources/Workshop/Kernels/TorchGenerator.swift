import Foundation

/// PyTorch's CPU generator: the same seed gives the numbers that `torch` 2.13 draws on a processor
/// with AVX2 or better.
///
/// Here is what the initialisation of weights draws; `TorchMultinomial.swift` has sampling,
/// `TorchDraws.swift` orders and masks, `TorchGeneratorState.swift` saving and going on. Draws are
/// taken in the order of memory and never depend on the number of threads. Source:
/// `ATen/core/TransformationHelper.h`, `ATen/native/cpu/DistributionTemplates.h`, `avx_mathfun.h`.
/// See SPEC `RAND-1` to `RAND-4`.
public struct TorchGenerator: Sendable, Equatable {
  var engine: MersenneTwister
  /// The second number of the last Box–Muller pair; small tensors share pairs across calls.
  var cachedNormal: Double?
  /// What `Generator.initial_seed()` returns: all 64 bits, of which 32 count.
  public let seed: UInt64

  /// The generator after `torch.manual_seed(seed)`.
  public init(seed: UInt64) {
    self.seed = seed
    engine = MersenneTwister(seed: seed)
  }

  /// A generator that goes on from a state.
  init(seed: UInt64, engine: MersenneTwister, cachedNormal: Double?) {
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

/// The single-precision logarithm, sine and cosine of the Cephes library, with the fused operations
/// that PyTorch's vectorised build of them has: equal to the last bit.
enum Cephes {
  /// The natural logarithm of `x` in (0, 1].
  static func log(_ x: Float) -> Float {
    var exponent = Float(x.exponent + 1)
    var m = x.significand / 2
    if m < 0.707106781186547524 {
      exponent -= 1
      m = m - 1 + m
    } else {
      m -= 1
    }
    let z = m * m
    var y: Float = 7.0376836292e-2
    y = (-1.1514610310e-1 as Float).addingProduct(y, m)
    y = (1.1676998740e-1 as Float).addingProduct(y, m)
    y = (-1.2420140846e-1 as Float).addingProduct(y, m)
    y = (1.4249322787e-1 as Float).addingProduct(y, m)
    y = (-1.6668057665e-1 as Float).addingProduct(y, m)
    y = (2.0000714765e-1 as Float).addingProduct(y, m)
    y = (-2.4999993993e-1 as Float).addingProduct(y, m)
    y = (3.3333331174e-1 as Float).addingProduct(y, m) * m
    y = (exponent * -2.12194440e-4).addingProduct(y, z)
    y = y.addingProduct(-z, 0.5)
    return (m + y).addingProduct(exponent, 0.693359375)
  }

  /// Sine and cosine of `angle` ≥ 0.
  static func sinCos(_ angle: Float) -> (sine: Float, cosine: Float) {
    let octant = (Int(angle * 1.27323954473516) + 1) & ~1
    let y = Float(octant)
    var x = angle.addingProduct(y, -0.78515625)
    x = x.addingProduct(y, -2.4187564849853515625e-4)
    x = x.addingProduct(y, -3.77489497744594108e-8)
    let z = x * x
    var c = (-1.388731625493765e-3 as Float).addingProduct(2.443315711809948e-5, z)
    c = (4.166664568298827e-2 as Float).addingProduct(c, z) * z
    c = (-(z * 0.5)).addingProduct(c, z) + 1
    var s = (8.3321608736e-3 as Float).addingProduct(-1.9515295891e-4, z)
    s = (-1.6666654611e-1 as Float).addingProduct(s, z) * z
    let sine = x.addingProduct(s, x)
    let swaps = octant & 2 != 0
    let negativeSine = octant & 4 != 0
    let negativeCosine = ~(octant - 2) & 4 != 0
    return (
      (swaps ? c : sine) * (negativeSine ? -1 : 1), (swaps ? sine : c) * (negativeCosine ? -1 : 1)
    )
  }
}
