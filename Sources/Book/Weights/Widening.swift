import Foundation

/// # Shorter and longer numbers as float32
///
/// A float is a sign, an exponent and a fraction. The kinds differ in how many bits these have:
///
///     F64    1 · 11 · 52       BF16   1 · 8 ·  7
///     F32    1 ·  8 · 23       F16    1 · 5 · 10
///
/// BF16 and F16 fit float32, so widening them is exact. F64 is rounded to the nearest float32, ties
/// to even, and beyond its range becomes ±∞. NaN stays NaN.
///
/// IEEE 754; `Tensor.to(torch.float32)` in PyTorch gives the same numbers. Clause SAFE-9. Does not
/// read integers or floats of 8 bits: a model has no use for them as they are.

/// Writes stored numbers as float32.
///
/// - Parameters:
///   - bytes: As they are in a file, at any address.
///   - dtype: F16, BF16, F32 or F64; of another kind nothing is written.
///   - target: Room for every element.
package func widen(
  _ bytes: UnsafeRawBufferPointer, _ dtype: DType, to target: UnsafeMutablePointer<Float>
) {
  // An empty tensor may have no address at all.
  guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
  switch dtype {
  // The same numbers, perhaps at an address that is not a multiple of 4.
  case .f32: memcpy(target, start, bytes.count)
  // See below; the processor's own conversion is not in x86-64's common set.
  case .f16: convert(start, bytes.count / 2, to: target) { Float(f16: $0) }
  case .bf16:
    convert(start, bytes.count / 2, to: target) { (half: UInt16) in
      Float(bitPattern: UInt32(half) << 16)  // the lower half of the fraction is 0
    }
  // Swift rounds to nearest, ties to even.
  case .f64: convert(start, bytes.count / 8, to: target) { Float(Double(bitPattern: $0)) }
  default: break
  }
}

@inline(__always)
private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ start: UnsafeRawPointer, _ count: Int, to target: UnsafeMutablePointer<Float>,
  _ number: (Bits) -> Float
) {
  // Bits are read, not floats: an address in a file need not be a multiple of their size.
  let size = MemoryLayout<Bits>.size
  for index in 0..<count {
    target[index] = number(start.loadUnaligned(fromByteOffset: index * size, as: Bits.self))
  }
}

extension Float {
  /// A half-precision number.
  ///
  /// With its exponent and fraction moved into place, the number is too small by 2¹¹², the
  /// difference of the two exponents' biases: 127 − 15. A multiplication puts that right, for
  /// subnormal numbers too. What then is 2¹⁶ or more was an infinity or NaN and gets float32's
  /// largest exponent.
  @inline(__always)
  package init(f16 half: UInt16) {
    // 0x7FFF takes the sign away. The fraction's 10 bits go to the top of float32's 23: 13 places
    // up.
    let small = Float(bitPattern: UInt32(half & 0x7FFF) << 13) * 0x1p112
    // Only 31, F16's largest exponent, gives 2¹⁶ or more: the largest finite number is 65,504. The
    // fraction stays as it is, so an infinity stays one and a NaN keeps its payload.
    let magnitude = small.bitPattern | (small >= 0x1p16 ? 0x7F80_0000 : 0)
    // The sign, from bit 15 to bit 31.
    self.init(bitPattern: magnitude | UInt32(half & 0x8000) << 16)
  }
}
