import FoxDecoding

/// # Tensors
///
/// What a checkpoint holds and what a model gives: numbers and a shape. Loops do not run over tensors
/// but over views of their numbers (``Matrix``).

/// Float32 numbers in a row-major shape. A value: it never changes, and copies share memory.
///
/// The last dimension is contiguous: element `[i, j]` of a `[rows, columns]` tensor is at
/// `i · columns + j`. There are no strides and no broadcasting; what needs them says so in loops.
public struct Tensor: @unchecked Sendable {
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  /// How many elements there are.
  public let count: Int
  /// The first element. Valid while this tensor, or another that shares its memory, lives; use
  /// ``withPointer(_:)`` where the compiler might end its life early.
  public let pointer: UnsafePointer<Float>
  let storage: Storage

  /// A tensor that shows `storage` from byte `offset` on.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the storage, or the first element is not 4-byte
  ///   aligned.
  public init(storage: Storage, byteOffset offset: Int, shape: [Int]) throws(Fault) {
    let count = try Self.count(of: shape)
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, offset >= 0, offset <= storage.byteCount, size <= storage.byteCount - offset
    else { throw .outside(shape, bytes: storage.byteCount) }
    let start = storage.base + offset
    guard UInt(bitPattern: start) % UInt(MemoryLayout<Float>.alignment) == 0 else {
      throw .misaligned(offset, to: 4)
    }
    self.shape = shape
    self.count = count
    self.storage = storage
    pointer = start.assumingMemoryBound(to: Float.self)
  }

  /// A tensor whose elements `fill` writes; they are 0 before.
  ///
  /// - Parameter shape: Sizes, none negative.
  public init(
    shape: [Int], fill: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    let count = shape.reduce(1, *)
    let buffer = FloatBuffer(count: count)
    try fill(buffer.pointer)
    self.shape = shape
    self.count = count
    storage = Storage(buffer)
    pointer = UnsafePointer(buffer.pointer)
  }

  /// A tensor over a buffer that nobody writes any more, and that holds as many numbers or more.
  package init(shape: [Int], taking buffer: FloatBuffer) {
    self.shape = shape
    count = shape.reduce(1, *)
    storage = Storage(buffer)
    pointer = UnsafePointer(buffer.pointer)
  }

  /// A view of numbers that one owner changes between uses: the parameters of a model in training.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the buffer.
  package init(viewing buffer: FloatBuffer, from start: Int, shape: [Int]) throws(Fault) {
    try self.init(
      storage: Storage(buffer), byteOffset: start * MemoryLayout<Float>.stride, shape: shape)
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Throws: ``Fault`` when their number does not fit the shape.
  public init(shape: [Int], _ elements: [Float]) throws(Fault) {
    guard try Self.count(of: shape) == elements.count else {
      throw Fault(
        "a tensor", found: "\(elements.count) elements",
        expected: "as many as its shape \(shape) has")
    }
    self.init(shape: shape) { $0.update(from: elements, count: elements.count) }
  }

  /// The number of elements of a shape, with checked arithmetic.
  ///
  /// - Throws: ``Fault`` for a negative size or a product that overflows.
  public static func count(of shape: [Int]) throws(Fault) -> Int {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if size < 0 || overflow { throw .badShape(shape) }
      count = product
    }
    return count
  }

  /// The number of elements of several shapes together; `nil` when they cannot be counted.
  public static func count(ofAll shapes: [[Int]]) -> Int? {
    var total = 0
    for shape in shapes {
      guard let count = try? count(of: shape) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(count)
      if overflow { return nil }
      total = sum
    }
    return total
  }

  /// Calls `body` with the elements, which stay alive during the call.
  public func withPointer<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: pointer, count: count))
    }
  }

  /// A copy of the elements in row-major order.
  public var elements: [Float] { withPointer { Array($0) } }

  /// The index and value of the first element that is NaN or infinite.
  ///
  /// - Complexity: O(*n*).
  public var firstNonFinite: (index: Int, value: Float)? {
    withPointer { elements in
      elements.firstIndex { !$0.isFinite }.map { ($0, elements[$0]) }
    }
  }
}

extension Fault {
  /// A shape that no tensor, or not this one, can have.
  package static func badShape(
    _ shape: [Int], of subject: String = "a tensor",
    expected: String = "sizes of at least 0 whose product can be counted"
  ) -> Fault {
    Fault(subject, at: "shape", found: "\(shape)", expected: expected)
  }

  static func outside(_ shape: [Int], bytes: Int) -> Fault {
    Fault("a tensor", at: "shape", found: "\(shape)", expected: "a shape that fits \(bytes) bytes")
  }

  static func misaligned(_ offset: Int, to size: Int) -> Fault {
    Fault("a tensor", found: "numbers from byte \(offset) on", expected: "a multiple of \(size)")
  }
}
