import FoxFiles

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
  /// - Throws: ``TensorError/outside(shape:bytes:)`` when the shape does not fit the storage, and
  ///   ``TensorError/misaligned(offset:)`` when the first element is not 4-byte aligned.
  public init(storage: Storage, byteOffset offset: Int, shape: [Int]) throws(TensorError) {
    let count = try Self.count(of: shape)
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, offset >= 0, offset <= storage.byteCount, size <= storage.byteCount - offset
    else { throw .outside(shape: shape, bytes: storage.byteCount) }
    let start = storage.base + offset
    guard UInt(bitPattern: start) % UInt(MemoryLayout<Float>.alignment) == 0 else {
      throw .misaligned(offset: offset)
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
  /// - Throws: ``TensorError/outside(shape:bytes:)`` when the shape does not fit the buffer.
  package init(viewing buffer: FloatBuffer, from start: Int, shape: [Int]) throws(TensorError) {
    try self.init(
      storage: Storage(buffer), byteOffset: start * MemoryLayout<Float>.stride, shape: shape)
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Throws: ``TensorError/elements(shape:found:)`` when their number does not fit the shape.
  public init(shape: [Int], _ elements: [Float]) throws(TensorError) {
    guard try Self.count(of: shape) == elements.count else {
      throw .elements(shape: shape, found: elements.count)
    }
    self.init(shape: shape) { $0.update(from: elements, count: elements.count) }
  }

  /// The number of elements of a shape, with checked arithmetic.
  ///
  /// - Throws: ``TensorError/badShape(_:)`` for a negative size or a product that overflows.
  public static func count(of shape: [Int]) throws(TensorError) -> Int {
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

/// What can go wrong with shapes and with saved random numbers.
public enum TensorError: Error, Equatable, Sendable {
  /// A size is negative, or the sizes multiply to more than can be counted.
  case badShape([Int])
  /// The number of elements does not fit the shape.
  case elements(shape: [Int], found: Int)
  /// The tensor would end behind its storage.
  case outside(shape: [Int], bytes: Int)
  /// Float32 numbers must start at a multiple of 4 bytes.
  case misaligned(offset: Int)
  /// Bytes are no state of a random generator.
  case randomState(field: String, found: String, expected: String)
}

extension TensorError: CustomStringConvertible {
  /// One sentence.
  public var description: String {
    switch self {
    case .badShape(let shape): "the shape \(shape) has a negative size or too many elements"
    case .elements(let shape, let found):
      "the shape \(shape) does not hold \(found) elements"
    case .outside(let shape, let bytes):
      "a tensor of shape \(shape) does not fit \(bytes) bytes"
    case .misaligned(let offset):
      "the float32 elements start at byte \(offset), not at a multiple of 4"
    case .randomState(let field, let found, let expected):
      """
      this is no state of PyTorch's CPU generator: \(field) is \(found), expected \(expected); \
      save it anew with torch.get_rng_state()
      """
    }
  }
}
