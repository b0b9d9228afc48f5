/// The kinds of numbers that a weights file can hold, with the names of the safetensors format.
///
/// The order is the reference's, by alignment: its writer sorts tensors by it, so the order is part of
/// the format's practice (SAFE-10).
package enum DType: String, CaseIterable, Sendable {
  case bool = "BOOL"
  // Floating point in 4 and 6 bits; the digits are those of exponent and fraction.
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"
  case i8 = "I8"
  // In 8 bits; FNUZ has no infinities and no negative zero.
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
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
  case f64 = "F64"
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
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Whether elements are floating point, readable here or not.
  package var isFloatingPoint: Bool { rawValue.hasPrefix("F") || self == .bf16 }

  /// How many bytes elements of a shape take.
  ///
  /// The product is taken in the order of the shape and must not overflow on the way, not even where a
  /// later size is 0: [2^40, 2^40, 0] has no size (SAFE-6).
  package func byteCount(of shape: [Int]) -> Size {
    var count: UInt = 1
    for size in shape + [bits] {
      guard size >= 0 else { return .overflow }
      let (product, overflow) = count.multipliedReportingOverflow(by: UInt(size))
      if overflow { return .overflow }
      count = product
    }
    if count % 8 != 0 { return .partOfByte(bits: count) }
    return .bytes(Int(count / 8))
  }

  /// How large a tensor is.
  package enum Size: Equatable {
    case bytes(Int)
    case overflow
    case partOfByte(bits: UInt)
  }
}

/// What a file says of one tensor.
package struct TensorInfo: Equatable, Sendable {
  /// Compare by bytes: ``UTF8Key``.
  package let name: String
  package let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  package let shape: [Int]
  /// Its bytes, from the start of the data, which in safetensors follows the header. Where tensors can
  /// share bytes, be compressed or be views, they are counted from 0.
  package let byteRange: Range<Int>

  package init(name: String, dtype: DType, shape: [Int], byteRange: Range<Int>) {
    (self.name, self.dtype, self.shape, self.byteRange) = (name, dtype, shape, byteRange)
  }

  /// How many elements there are.
  package var count: Int { byteRange.count * 8 / dtype.bits }

  /// Kind and shape in the words of a fault: `F32 [2, 3]`.
  package var words: String { "\(dtype.rawValue) \(shown(shape))" }
}
