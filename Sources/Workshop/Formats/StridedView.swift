import Foundation

/// Elements somewhere in a storage: where the first is, and how far apart the others are.
///
/// PyTorch and NumPy save views. What is not row-major and little-endian already is made so in a
/// copy; every index is checked before, with arithmetic that cannot overflow (`VIEW-1`, `VIEW-2`).
struct StridedView: Equatable, Sendable {
  let dtype: DType
  let shape: [Int]
  /// Elements from one to the next, for each dimension.
  let strides: [Int]
  /// Elements before the first.
  let offset: Int
  /// Whether the bytes of each number are in big-endian order.
  let isBigEndian: Bool

  /// Elements that a view may have beyond those of its storage, which `expand` makes: 48 MiB as F32.
  static let maximumRepeats = 12 << 20

  /// What is wrong with a view; `nil` when nothing is. It is wrong when it shows what is not among `elements`.
  static func problem(
    dtype: DType, shape: [Int], strides: [Int], offset: Int, elements: Int
  ) -> ViewProblem? {
    guard shape.count == strides.count, shape.count <= 64 else {
      return .dimensions(sizes: shape.count, strides: strides.count)
    }
    if offset < 0 || shape.contains(where: { $0 < 0 }) || strides.contains(where: { $0 < 0 }) {
      return .negative
    }
    guard case .bytes(let bytes) = dtype.byteCount(of: shape) else { return .tooMany }
    if bytes == 0 { return nil }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (distance, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = last.addingReportingOverflow(distance)
      if tooFar || overflow { return .tooMany }
      last = sum
    }
    if last >= elements { return .outside(last: last, elements: elements) }
    let count = bytes / (dtype.bits / 8)
    if count - elements > maximumRepeats { return .repeats(elements: count, of: elements) }
    return nil
  }

  /// Strides of a row-major shape whose number of bytes can be counted.
  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides: [Int] = []
    var step = 1
    for size in shape.reversed() {
      strides.append(step)
      step = step.multipliedReportingOverflow(by: max(size, 1)).partialValue
    }
    return strides.reversed()
  }

  /// Strides of a column-major shape, as Fortran has it.
  static func columnMajor(_ shape: [Int]) -> [Int] {
    rowMajor(shape.reversed()).reversed()
  }

  /// Whether the elements lie one behind the other in row-major order.
  var isRowMajor: Bool {
    let expected = Self.rowMajor(shape)
    return shape.contains(0)
      || shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == expected[$0] }
  }

  /// The elements in row-major order, little-endian: where they are if they are so, else copied.
  ///
  /// - Parameter bytes: Whole elements; the view was checked against their number.
  func elements(of bytes: StoredBytes) -> StoredBytes {
    let size = dtype.bits / 8
    if shape.contains(0) { return bytes.part(0..<0) }
    let count = shape.reduce(1, *)
    if isRowMajor, !isBigEndian || size == 1 {
      return bytes.part(offset * size..<(offset + count) * size)
    }
    let buffer = ByteBuffer(count: count * size)
    bytes.withBytes { source in
      guard let source = source.baseAddress, let target = buffer.bytes.baseAddress else { return }
      switch size {
      case 1: gather(source, target, as: UInt8.self)
      case 2: gather(source, target, as: UInt16.self)
      case 4: gather(source, target, as: UInt32.self)
      // A complex number is two, each with its own order of bytes.
      case 8 where dtype == .c64: gather(source, target, as: SIMD2<UInt32>.self)
      default: gather(source, target, as: UInt64.self)
      }
      if isBigEndian { swap(UnsafeMutableRawBufferPointer(start: target, count: count * size)) }
    }
    return buffer.stored
  }

  /// Copies row by row; the index counts up like an odometer.
  private func gather<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as type: Element.Type
  ) {
    let size = dtype.bits / 8
    let columns = shape.last ?? 1
    let step = strides.last ?? 1
    let rows = shape.dropLast().reduce(1, *)
    var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
    var start = offset
    for row in 0..<rows {
      for column in 0..<columns {
        let element = source.loadUnaligned(
          fromByteOffset: (start + column * step) * size, as: Element.self)
        target.storeBytes(
          of: element, toByteOffset: (row * columns + column) * size, as: Element.self)
      }
      for dimension in index.indices.reversed() {
        // A dimension of one element may have any stride, even one that cannot be added.
        if index[dimension] + 1 < shape[dimension] {
          index[dimension] += 1
          start += strides[dimension]
          break
        }
        start -= index[dimension] * strides[dimension]
        index[dimension] = 0
      }
    }
  }

  private func swap(_ bytes: UnsafeMutableRawBufferPointer) {
    let size = dtype == .c64 ? 4 : dtype.bits / 8
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<start + size].reverse()
    }
  }
}
