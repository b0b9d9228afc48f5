import FoxDecoding

/// # Views
///
/// PyTorch saves a tensor as a storage — numbers in a row — and a view of it: where the first element
/// is, and for each dimension how far it is to the next element. Element [i, j] is number
///
///     offset + i · strides[0] + j · strides[1]
///
/// of the storage. A transposed matrix is the same storage with its strides swapped, one head of many
/// is an offset, and a row that is repeated has stride 0. NumPy's column-major arrays are views too.
///
/// Clauses VIEW-1 and VIEW-2. A view comes from a file: it is checked with arithmetic that cannot
/// overflow before a number is read. What is row-major and little-endian is shown where it lies;
/// everything else is put into that order in a copy.
package struct StridedView: Equatable, Sendable {
  package let dtype: DType
  package let shape: [Int]
  /// Elements from one to the next, for each dimension.
  package let strides: [Int]
  /// Elements before the first.
  package let offset: Int
  /// Whether the bytes of each number are in big-endian order.
  package let isBigEndian: Bool

  /// Elements that a view may have beyond those of its storage: 48 MiB as F32. With strides of 0 a file
  /// of a few bytes could ask for all memory.
  static let maximumRepeats = 12 << 20

  package init(
    dtype: DType, shape: [Int], strides: [Int], offset: Int = 0, isBigEndian: Bool = false
  ) {
    (self.dtype, self.shape, self.strides) = (dtype, shape, strides)
    (self.offset, self.isBigEndian) = (offset, isBigEndian)
  }

  /// Checks that every element of the view is one of `elements` in the storage.
  package func check(elements: Int, tensor: String, file: String) throws(Fault) {
    func fault(_ found: String, _ expected: String) -> Fault {
      Fault(file, at: "tensor \(shown(tensor))", found: found, expected: expected)
    }
    guard shape.count == strides.count, shape.count <= PickleReader.Limit.dimensions else {
      throw fault(
        "\(shape.count) sizes and \(strides.count) strides", "a stride for each of up to 64 sizes")
    }
    if offset < 0 || (shape + strides).contains(where: { $0 < 0 }) {
      throw fault("a negative size, stride or offset", "none")
    }
    func uncountable() -> Fault {
      fault("more elements, or longer strides, than 64 bits can count", "fewer")
    }
    guard case .bytes(let bytes) = dtype.byteCount(of: shape) else { throw uncountable() }
    if bytes == 0 { return }
    // No stride is negative, so the element that is last in every dimension is the farthest.
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (distance, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = last.addingReportingOverflow(distance)
      if tooFar || overflow { throw uncountable() }
      last = sum
    }
    if last >= elements { throw fault("element \(last)", "one of the storage's \(elements)") }
    let count = bytes / (dtype.bits / 8)
    if count - elements > Self.maximumRepeats {
      throw fault(
        "\(count) elements of a storage of \(elements)",
        "at most \(Self.maximumRepeats) repeated ones")
    }
  }

  /// Strides of a row-major shape whose number of bytes can be counted.
  package static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides: [Int] = []
    var step = 1
    for size in shape.reversed() {
      strides.append(step)
      step = step.multipliedReportingOverflow(by: max(size, 1)).partialValue
    }
    return strides.reversed()
  }

  /// Whether the elements lie one after the other in row-major order.
  private var isRowMajor: Bool {
    let expected = Self.rowMajor(shape)
    return shape.contains(0)
      || shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == expected[$0] }
  }

  /// The elements in row-major order, little-endian: where they lie if they lie so, else in a copy.
  ///
  /// - Parameter bytes: Whole elements; the view was checked against their number.
  package func elements(of bytes: StoredBytes) -> StoredBytes {
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
      default: gather(source, target, as: UInt64.self)
      }
    }
    if isBigEndian { swap(buffer.bytes) }
    return buffer.stored
  }

  /// Copies row by row; `index` counts up like an odometer.
  private func gather<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as type: Element.Type
  ) {
    let size = dtype.bits / 8
    let (columns, step) = (shape.last ?? 1, strides.last ?? 1)
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
    // A complex number is two, each with its own order of bytes.
    let size = dtype == .c64 ? 4 : dtype.bits / 8
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<start + size].reverse()
    }
  }
}
