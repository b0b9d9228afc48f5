import Foundation

/// # Shorter and longer numbers as float32
///
/// A float is a sign, an exponent and a fraction. The kinds differ in how many bits these have:
///
///     F64    1 · 11 · 52       BF16   1 · 8 ·  7
///     F32    1 ·  8 · 23       F16    1 · 5 · 10
///
/// BF16 and F16 fit float32, so widening them is exact. F64 is rounded to the nearest float32.

/// Writes stored numbers as float32.
///
/// - Parameters:
///   - bytes: As they are in a file, at any address.
///   - dtype: F16, BF16, F32 or F64; of another kind nothing is written.
///   - target: Room for every element.
package func widen(
  _ bytes: UnsafeRawBufferPointer, _ dtype: DType, to target: UnsafeMutablePointer<Float>
) {
  guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
  switch dtype {
  case .f32: memcpy(target, start, bytes.count)
  case .f16: convert(start, bytes.count / 2, to: target) { Float(f16: $0) }
  case .bf16:
    convert(start, bytes.count / 2, to: target) { (half: UInt16) in
      Float(bitPattern: UInt32(half) << 16)  // the lower half of the fraction is 0
    }
  case .f64: convert(start, bytes.count / 8, to: target) { Float(Double(bitPattern: $0)) }
  default: break
  }
}

@inline(__always)
private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ start: UnsafeRawPointer, _ count: Int, to target: UnsafeMutablePointer<Float>,
  _ number: (Bits) -> Float
) {
  let size = MemoryLayout<Bits>.size
  for index in 0..<count {
    target[index] = number(start.loadUnaligned(fromByteOffset: index * size, as: Bits.self))
  }
}

extension Float {
  /// A half-precision number.
  ///
  /// With its exponent and fraction moved into place, the number is too small by 2¹¹², the difference
  /// of the two exponents' biases: 127 − 15. A multiplication puts that right, for subnormal numbers
  /// too. What then is 2¹⁶ or more was an infinity or NaN and gets float32's largest exponent.
  @inline(__always)
  package init(f16 half: UInt16) {
    let small = Float(bitPattern: UInt32(half & 0x7FFF) << 13) * 0x1p112
    let magnitude = small.bitPattern | (small >= 0x1p16 ? 0x7F80_0000 : 0)
    self.init(bitPattern: magnitude | UInt32(half & 0x8000) << 16)
  }
}
