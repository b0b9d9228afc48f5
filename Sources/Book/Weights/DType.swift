/// # The kinds of numbers
///
/// A weights file says of every tensor what kind of number it holds; the names here are those of
/// the safetensors format. A model computes in float32, and four of the kinds can be read as that
/// (``widen(_:_:to:)``). The others are known all the same: their tensors stand in a file beside
/// the weights, and without their sizes the reader could not check that every byte has one owner.
///
///     bytes = Π shape · bits / 8
///
/// The order of the cases is that of `Dtype` in safetensors/src/tensor.rs, by alignment: the
/// reference's writer sorts tensors by it (SAFE-10). Quantized kinds of PyTorch are not in the
/// format.
package enum DType: String, CaseIterable, Sendable {
  case bool = "BOOL"  // a whole byte for each; that it is 0 or 1 is not checked
  // Floating point in 4 and 6 bits. E2M3 has 2 bits of exponent and 3 of fraction; F4 is E2M1.
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"
  case i8 = "I8"
  // Floating point in 8 bits. E8M0 is an exponent alone, the scale of a block of smaller numbers.
  // FNUZ stands for "finite, NaN, unsigned zero": no infinities and no negative zero.
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  // Sizes grow from here on. Written from the last kind to the first, tensors lie at multiples of
  // their elements' sizes without padding.
  case i16 = "I16"
  case u16 = "U16"
  /// IEEE 754 half precision: 5 bits of exponent, 10 of fraction.
  case f16 = "F16"
  /// The upper half of a float32: 8 bits of exponent, 7 of fraction.
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  /// Two float32: a complex number.
  case c64 = "C64"
  case f64 = "F64"  // what Python and NumPy compute in unless told otherwise
  case i64 = "I64"
  case u64 = "U64"

  /// Bits of one element.
  package var bits: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }

  /// Whether elements can be read as float32.
  package var readsAsFloat: Bool {
    // In fewer bits numbers mean nothing without a scale, which each program that quantizes keeps in
    // its own way.
    [.f16, .bf16, .f32, .f64].contains(self)
  }

  /// Whether elements are floating point, readable here or not. Every such name begins with F but
  /// that of BF16, "brain floating point", from Google Brain.
  package var isFloatingPoint: Bool { rawValue.hasPrefix("F") || self == .bf16 }

  /// How many bytes elements of a shape take.
  ///
  /// The product is taken in the order of the shape and must not overflow on the way, not even
  /// where a later size is 0: [2^40, 2^40, 0] has no size (SAFE-6).
  package func byteCount(of shape: [Int]) -> Size {
    var count: UInt = 1  // of bits at the end; as bytes, `Int` holds it again
    for size in shape + [bits] {
      guard size >= 0 else { return .overflow }  // `UInt(size)` would stop the program
      // A product that wraps around could be small again: a huge shape with a few bytes of data.
      let (product, overflow) = count.multipliedReportingOverflow(by: UInt(size))
      if overflow { return .overflow }
      count = product
    }
    // Seven numbers of 4 bits would share their last byte with the next tensor.
    if count % 8 != 0 { return .partOfByte(bits: count) }
    return .bytes(Int(count / 8))
  }

  /// How large a tensor is.
  package enum Size: Equatable {
    // Zero is a size too: that of every shape with a 0 in it.
    case bytes(Int)
    case overflow
    case partOfByte(bits: UInt)
  }
}

/// What a file says of one tensor.
package struct TensorInfo: Equatable, Sendable {
  /// Two names are the same when their bytes are: ``UTF8Key``.
  package let name: String
  package let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  package let shape: [Int]
  /// Its bytes. In safetensors they count from the start of the data, after the header. In formats
  /// whose tensors can share bytes, be compressed or be views, the range begins at 0 and only its
  /// size counts.
  package let byteRange: Range<Int>

  package init(name: String, dtype: DType, shape: [Int], byteRange: Range<Int>) {
    (self.name, self.dtype, self.shape, self.byteRange) = (name, dtype, shape, byteRange)
  }

  /// How many elements there are. The size was checked, so the division leaves no remainder.
  package var count: Int { byteRange.count * 8 / dtype.bits }

  /// Kind and shape in the words of a fault: `F32 [2, 3]`.
  package var words: String { "\(dtype.rawValue) \(shown(shape))" }
}
