/// The kinds of numbers a safetensors file can hold, in the reference's order: by alignment.
///
/// The writer sorts by this order (`SAFE-10`), so it is part of the format's practice.
public enum DType: String, CaseIterable, Sendable {
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// Four-bit floating point, two to a byte.
  case f4 = "F4"
  /// Six-bit floating point, 2 bits of exponent.
  case f6e2m3 = "F6_E2M3"
  /// Six-bit floating point, 3 bits of exponent.
  case f6e3m2 = "F6_E3M2"
  /// Unsigned byte.
  case u8 = "U8"
  /// Signed byte.
  case i8 = "I8"
  /// Eight-bit floating point, 5 bits of exponent.
  case f8e5m2 = "F8_E5M2"
  /// Eight-bit floating point, 4 bits of exponent.
  case f8e4m3 = "F8_E4M3"
  /// Eight-bit power of two.
  case f8e8m0 = "F8_E8M0"
  /// Eight-bit floating point, 4 bits of exponent, no negative zero.
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  /// Eight-bit floating point, 5 bits of exponent, no negative zero.
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  /// Signed 16-bit integer.
  case i16 = "I16"
  /// Unsigned 16-bit integer.
  case u16 = "U16"
  /// IEEE 754 half precision.
  case f16 = "F16"
  /// The upper half of a float32.
  case bf16 = "BF16"
  /// Signed 32-bit integer.
  case i32 = "I32"
  /// Unsigned 32-bit integer.
  case u32 = "U32"
  /// IEEE 754 single precision.
  case f32 = "F32"
  /// Two float32: a complex number.
  case c64 = "C64"
  /// IEEE 754 double precision.
  case f64 = "F64"
  /// Signed 64-bit integer.
  case i64 = "I64"
  /// Unsigned 64-bit integer.
  case u64 = "U64"

  /// Bits of one element.
  public var bits: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }

  /// Whether this room can widen or narrow elements to float32.
  public var readsAsFloat: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Whether elements are floating point, readable here or not.
  public var isFloatingPoint: Bool { rawValue.hasPrefix("F") || self == .bf16 }

  /// The place in the reference's order.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// How many bytes elements of a shape take.
  ///
  /// The product is taken in the order of the shape and must not overflow on the way, not even where
  /// a later size is 0: [2^40, 2^40, 0] has no size (`SAFE-6`).
  func byteCount(of shape: [Int]) -> Size {
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
  enum Size: Equatable {
    case bytes(Int)
    case overflow
    case partOfByte(bits: UInt)
  }
}

/// What a checkpoint says of one tensor.
public struct TensorInfo: Equatable, Sendable {
  /// The name; compare by bytes, with ``UTF8Key``.
  public let name: String
  /// The kind of its elements.
  public let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  /// Its bytes, counted from the start of the file's data, behind the header. In formats whose
  /// tensors can share bytes, be compressed or be views, they are counted from 0.
  public let byteRange: Range<Int>

  /// How many elements there are.
  public var count: Int { byteRange.count * 8 / dtype.bits }
}
