import FoxDecoding
import FoxWeights

/// # Views
///
/// PyTorch saves a tensor as a storage — numbers in a row — and a view of it: where the first
/// element is, and for each dimension how far it is to the next element. Element [i, j] is number
///
///     offset + i · strides[0] + j · strides[1]
///
/// of the storage. A transposed matrix is the same storage with its strides swapped, one head of
/// many is an offset, and a row that is repeated has stride 0. NumPy's column-major arrays are
/// views too.
///
/// `torch.Tensor.as_strided` in PyTorch; clauses VIEW-1 and VIEW-2. A view comes from a file: it is
/// checked with arithmetic that cannot overflow before a number is read. What is row-major and
/// little-endian is shown where it lies; everything else is put into that order in a copy. Does not
/// read negative strides, which NumPy has and PyTorch has not.
package struct StridedView: Equatable, Sendable {
  package let dtype: DType
  package let shape: [Int]  // [rows, columns] for a matrix, [] for one number
  /// Elements from one to the next, for each dimension: [columns, 1] in row-major order, [1, rows]
  /// for the transpose.
  package let strides: [Int]
  /// Elements before the first: k · columns for row k of a larger matrix.
  package let offset: Int
  /// Whether the bytes of each number are in big-endian order, as NumPy's `>f4` has them.
  package let isBigEndian: Bool

  static let maximumDimensions = 64  // PyTorch's own bound

  /// Elements that a view may have beyond those of its storage: 48 MiB as F32. With strides of 0 a
  /// file of a few bytes could ask for all memory.
  static let maximumRepeats = 12 << 20

  package init(
    dtype: DType, shape: [Int], strides: [Int], offset: Int = 0, isBigEndian: Bool = false
  ) {
    (self.dtype, self.shape, self.strides) = (dtype, shape, strides)
    (self.offset, self.isBigEndian) = (offset, isBigEndian)
  }

  /// Checks that every element of the view is one of `elements` in the storage.
  package func check(elements: Int, tensor: String, file: String) throws(Fault) {
    // Every fault here is about the one tensor.
    func fault(_ found: String, _ expected: String) -> Fault {
      Fault(file, at: "tensor \(shown(tensor))", found: found, expected: expected)
    }
    // Below, sizes and strides are walked through in pairs.
    guard shape.count == strides.count, shape.count <= Self.maximumDimensions else {
      throw fault(
        "\(shape.count) sizes and \(strides.count) strides", "a stride for each of up to 64 sizes")
    }
    // PyTorch has no negative strides; with one, "last" below would not be the farthest element.
    if offset < 0 || (shape + strides).contains(where: { $0 < 0 }) {
      throw fault("a negative size, stride or offset", "none")
    }
    // A size of 2⁴⁰ by 2⁴⁰ with strides of 0 needs a storage of one element only.
    func uncountable() -> Fault {
      fault("more elements, or longer strides, than 64 bits can count", "fewer")
    }
    guard let bits = dtype.bitCount(of: shape) else { throw uncountable() }
    let bytes = Int(bits / 8)  // no kind in a storage has fewer than 8 bits
    if bytes == 0 { return }  // no element, so nothing can be outside
    // No stride is negative, so the element that is last in every dimension is the farthest.
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (distance, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)  // size ≥ 1 here
      let (sum, overflow) = last.addingReportingOverflow(distance)
      if tooFar || overflow { throw uncountable() }
      last = sum
    }
    // `last` is a place, `elements` a count: the greatest place is one less.
    if last >= elements { throw fault("element \(last)", "one of the storage's \(elements)") }
    let count = bytes / (dtype.bits / 8)
    // Only strides of 0, or smaller than they should be, repeat elements: the tensor is then larger
    // than the storage, and a copy of it larger than the file.
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
    // From the inside out: the last dimension has neighbors, each other one a whole block of those
    // inside it.
    for size in shape.reversed() {
      strides.append(step)
      // With a 0 among the sizes the others may be anything, and this may overflow; but then there
      // is no element to stride to.
      step = step.multipliedReportingOverflow(by: max(size, 1)).partialValue
    }
    return strides.reversed()
  }

  /// Whether the elements lie one after the other in row-major order.
  private var isRowMajor: Bool {
    let expected = Self.rowMajor(shape)
    // A stride along one element is never taken, so it may be anything; PyTorch leaves what it had.
    return shape.contains(0)
      || shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == expected[$0] }
  }

  /// The elements in row-major order, little-endian: where they lie if they lie so, else in a copy.
  ///
  /// - Parameter bytes: Whole elements; the view was checked against their number.
  package func elements(of bytes: StoredBytes) -> StoredBytes {
    let size = dtype.bits / 8  // bytes of one element
    if shape.contains(0) { return bytes.part(0..<0) }
    let count = shape.reduce(1, *)
    // The way of nearly every tensor. Single bytes have no order to swap.
    if isRowMajor, !isBigEndian || size == 1 {
      // Only the view's own part of the storage.
      return bytes.part(offset * size..<(offset + count) * size)
    }
    // [shape], row-major: what every other part of this package expects.
    let buffer = ByteBuffer(count: count * size)
    bytes.withBytes { source in
      guard let source = source.baseAddress, let target = buffer.bytes.baseAddress else { return }
      // By width only: a copy does not care whether four bytes are a float or an integer.
      switch size {
      case 1: gather(source, target, as: UInt8.self)
      case 2: gather(source, target, as: UInt16.self)
      case 4: gather(source, target, as: UInt32.self)
      default: gather(source, target, as: UInt64.self)
      }
    }
    if isBigEndian { swap(buffer.bytes) }  // after gathering, in our own copy
    return buffer.stored
  }

  /// Copies row by row; `index` counts up like an odometer.
  private func gather<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as type: Element.Type
  ) {
    let size = dtype.bits / 8
    // The last dimension is the inner loop; all others together count the rows.
    let (columns, step) = (shape.last ?? 1, strides.last ?? 1)
    let rows = shape.dropLast().reduce(1, *)
    var index = [Int](repeating: 0, count: max(shape.count - 1, 0))  // [shape without the last]
    var start = offset  // of the row, in elements of the storage
    for row in 0..<rows {
      // One row: [columns] from `start` on, `step` apart, to a place where they are neighbors.
      for column in 0..<columns {
        let element = source.loadUnaligned(
          fromByteOffset: (start + column * step) * size, as: Element.self)
        target.storeBytes(
          of: element, toByteOffset: (row * columns + column) * size, as: Element.self)
      }
      // On to the next row: the last of the outer dimensions first, with carry.
      for dimension in index.indices.reversed() {
        // A dimension of one element may have any stride, even one that cannot be added.
        if index[dimension] + 1 < shape[dimension] {
          index[dimension] += 1
          start += strides[dimension]
          break
        }
        // This digit is at its end: back to its 0, and the next one to the left goes up.
        start -= index[dimension] * strides[dimension]
        index[dimension] = 0
      }
    }
  }

  private func swap(_ bytes: UnsafeMutableRawBufferPointer) {
    // A complex number is two, each with its own order of bytes.
    let size = dtype == .c64 ? 4 : dtype.bits / 8
    // One after the other is slow, but files in big-endian order are rare.
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<start + size].reverse()
    }
  }
}
