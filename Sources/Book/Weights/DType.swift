import Foundation

/// # The kinds of numbers
///
/// A weights file says of every tensor what kind of number it holds; the names here are those of
/// the safetensors format. A model computes in float32, and four of the kinds can be read as that.
/// A float is a sign, an exponent and a fraction, and the four differ in how many bits these have:
///
///     F64    1 · 11 · 52       BF16   1 · 8 ·  7
///     F32    1 ·  8 · 23       F16    1 · 5 · 10
///
/// The other kinds are known by their sizes: their tensors stand in a file beside the weights, and
/// the reader checks that every byte has one owner.
///
/// Source: `Dtype` in safetensors/src/tensor.rs, in its order, by which the reference's writer
/// sorts tensors; IEEE 754; `Tensor.to(torch.float32)` in PyTorch. Clauses SAFE-6, SAFE-9 and
/// SAFE-10. Does not read integers, quantized numbers or floats of 8 bits and fewer.
package enum DType: String, CaseIterable, Sendable {
  case bool = "BOOL"  // a whole byte for each; that it is 0 or 1 is not checked
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"  // E2M3: 2 bits of exponent, 3 of fraction
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"  // what PyTorch's byte tensors are
  case i8 = "I8"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"  // an exponent alone: the scale of a block of smaller numbers
  case f8e4m3fnuz = "F8_E4M3FNUZ"  // finite, NaN, unsigned zero: no infinities, no negative zero
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  // Sizes grow from here on. Written from the last kind to the first, tensors lie at multiples of
  // their elements' sizes without padding.
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"  // IEEE 754 half precision, up to 65,504
  case bf16 = "BF16"  // the upper half of a float32
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"  // a complex number: two float32
  case f64 = "F64"  // what Python and NumPy compute in unless told otherwise
  case i64 = "I64"  // token ids, and the positions that BERT's files hold
  case u64 = "U64"

  /// Bits of one element: the first number in its name, which BOOL alone has not.
  package var bits: Int {
    Int(rawValue.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 8  // F8_E4M3 → 8, BF16 → 16
  }

  /// Whether elements can be read as float32. In fewer bits numbers mean nothing without a scale,
  /// which each program keeps in its own way.
  package var readsAsFloat: Bool { [.f16, .bf16, .f32, .f64].contains(self) }

  /// How many bits elements of a shape take; `nil` when 64 bits cannot count them. The product must
  /// not overflow on the way, not even where a later size is 0: [2^40, 2^40, 0] has no size
  /// (SAFE-6).
  package func bitCount(of shape: [Int]) -> UInt? {
    var count: UInt = 1  // of nothing: [] is one number
    for size in shape + [bits] {  // in this order: a 0 in front makes room for any sizes after it
      guard size >= 0 else { return nil }  // `UInt(size)` would stop the program
      // A product that wraps around could be small again: a huge shape with a few bytes of data.
      let (product, overflow) = count.multipliedReportingOverflow(by: UInt(size))
      if overflow { return nil }
      count = product
    }
    return count
  }
}

/// What a file says of one tensor.
package struct TensorInfo: Equatable, Sendable {
  package let name: String  // two names are the same when their bytes are: `UTF8Key`
  package let dtype: DType
  package let shape: [Int]  // the size of each dimension; `[]` is a scalar
  /// Its bytes. In safetensors they count from the start of the data; where tensors share bytes,
  /// are compressed or are views, only the size counts.
  package let byteRange: Range<Int>

  package init(name: String, dtype: DType, shape: [Int], byteRange: Range<Int>) {
    (self.name, self.dtype, self.shape, self.byteRange) = (name, dtype, shape, byteRange)
  }

  /// How many elements there are.
  package var count: Int { byteRange.count * 8 / dtype.bits }  // no remainder: the size was checked

  /// Kind and shape in the words of a fault: `F32 [2, 3]`.
  package var words: String { "\(dtype.rawValue) \(shown(shape))" }
}

/// Writes stored numbers, at any address, as float32 (SAFE-9): F16 and BF16 exactly, F64 to the
/// nearest, ties to even, and beyond float32's range to ±∞. NaN stays NaN. Of other kinds nothing
/// is written.
package func widen(
  _ bytes: UnsafeRawBufferPointer, _ dtype: DType, to target: UnsafeMutablePointer<Float>
) {
  guard let start = bytes.baseAddress else { return }  // an empty tensor may have no address
  switch dtype {
  case .f32: memcpy(target, start, bytes.count)  // only the address was wrong
  // By hand, because the processor's own conversion is not in x86-64's common set.
  case .f16: convert(start, bytes.count / 2, to: target) { Float(f16: $0) }
  case .bf16:
    convert(start, bytes.count / 2, to: target) { (half: UInt16) in
      Float(bitPattern: UInt32(half) << 16)  // the lower half of the fraction is 0
    }
  case .f64: convert(start, bytes.count / 8, to: target) { Float(Double(bitPattern: $0)) }
  default: break  // asked for by nobody: `readsAsFloat` is asked first
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
  @inline(__always)
  fileprivate init(f16 half: UInt16) {
    // Without its sign, the 10 bits of fraction go to the top of float32's 23, the exponent above
    // them. The number is then too small by 2¹¹², for the exponents' biases are 127 and 15. A
    // multiplication puts that right, for subnormal numbers too.
    let small = Float(bitPattern: UInt32(half & 0x7FFF) << 13) * 0x1p112
    // The largest finite F16 is 65,504. What is 2¹⁶ or more was an infinity or NaN, and gets
    // float32's largest exponent; the fraction stays, so an infinity stays one.
    let magnitude = small.bitPattern | (small >= 0x1p16 ? 0x7F80_0000 : 0)
    self.init(bitPattern: magnitude | UInt32(half & 0x8000) << 16)  // the sign: bit 15 to bit 31
  }
}
