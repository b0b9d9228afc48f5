import FoxDecoding

/// # Tensors
///
/// What a checkpoint holds and what a model gives: numbers and a shape. Loops do not run over
/// tensors but over views of their numbers (``Matrix``).
///
///     shape [2, 3]:   a b c        in memory:   a b c d e f        [i, j] is at 3 i + j
///                     d e f
///
/// Source: `torch.Tensor`, as far as a contiguous one on the CPU goes. SPEC `TENS-1`.
///
/// What it does not do: it does not compute, and there are no strides and no gradients.

/// Float32 numbers in a row-major shape. A value: it never changes, and copies share memory.
///
/// The last dimension is contiguous: element `[i, j]` of a `[rows, columns]` tensor is at
/// `i · columns + j`. There are no strides and no broadcasting; what needs them says so in loops.
public struct Tensor: @unchecked Sendable {
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  /// How many elements there are.
  public let count: Int  // counted once, when the tensor is made
  /// The first element. Valid while this tensor, or another that shares its memory, lives; use
  /// ``withPointer(_:)`` where the compiler might end its life early.
  public let pointer: UnsafePointer<Float>
  let storage: Storage  // keeps the memory alive

  /// A tensor that shows `storage` from byte `offset` on.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the storage, or the first element is not
  ///   4-byte aligned.
  public init(storage: Storage, byteOffset offset: Int, shape: [Int]) throws(Fault) {
    // Shape and offset come from a file, which must neither stop the program nor lead it to memory
    // outside the storage. So every step is checked.
    let count = try Self.count(of: shape)
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    // Not `offset + size <= byteCount`: that sum could overflow, and overflow stops the program.
    guard !overflow, offset >= 0, offset <= storage.byteCount, size <= storage.byteCount - offset
    else { throw .outside(shape, bytes: storage.byteCount) }
    // Swift assumes that a float32 is at a multiple of 4, and so do vector instructions.
    let start = storage.base + offset
    guard UInt(bitPattern: start) % UInt(MemoryLayout<Float>.alignment) == 0 else {
      throw .misaligned(offset, to: 4)
    }
    self.shape = shape
    self.count = count
    self.storage = storage
    // Nobody reads the storage as anything else, so its bytes can be taken for float32 numbers.
    pointer = start.assumingMemoryBound(to: Float.self)
  }

  /// A tensor whose elements `fill` writes; they are 0 before.
  ///
  /// - Parameter shape: Sizes, none negative.
  public init(
    shape: [Int], fill: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    // Not `count(of:)`: this shape is the program's own, and a wrong one stops the program.
    let count = shape.reduce(1, *)
    let buffer = FloatBuffer(count: count)
    // If `fill` throws, the buffer is freed and there is no tensor.
    try fill(buffer.pointer)
    self.shape = shape
    self.count = count
    // From here on nobody writes: the pointer for writing does not leave this initializer.
    storage = Storage(buffer)
    pointer = UnsafePointer(buffer.pointer)
  }

  /// A tensor over a buffer that nobody writes any more, and that holds as many numbers or more.
  package init(shape: [Int], taking buffer: FloatBuffer) {
    self.shape = shape
    // The buffer may have been made for more: only its beginning is shown.
    count = shape.reduce(1, *)
    storage = Storage(buffer)
    pointer = UnsafePointer(buffer.pointer)
  }

  /// A view of numbers that one owner changes between uses: the parameters of a model in training.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the buffer.
  package init(viewing buffer: FloatBuffer, from start: Int, shape: [Int]) throws(Fault) {
    // The one tensor whose numbers change. The buffer lives as long as it, even without the model.
    try self.init(
      storage: Storage(buffer), byteOffset: start * MemoryLayout<Float>.stride, shape: shape)
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Throws: ``Fault`` when their number does not fit the shape.
  public init(shape: [Int], _ elements: [Float]) throws(Fault) {
    // The number first, so that a wrong shape is a `Fault` and not a read past the array.
    guard try Self.count(of: shape) == elements.count else {
      throw Fault(
        "a tensor", found: "\(elements.count) elements",
        expected: "as many as its shape \(shape) has")
    }
    // A copy: the array stays the caller's.
    self.init(shape: shape) { $0.update(from: elements, count: elements.count) }
  }

  /// The number of elements of a shape, with checked arithmetic.
  ///
  /// - Throws: ``Fault`` for a negative size or a product that overflows.
  public static func count(of shape: [Int]) throws(Fault) -> Int {
    var count = 1  // of nothing: the shape [] is one number
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      // Two negative sizes would make a product that looks sound: [−2, −3] is not 6 numbers. And a
      // file may say [2³², 2³²], whose 2⁶⁴ numbers would be counted as 0.
      if size < 0 || overflow { throw .badShape(shape) }
      // An empty dimension makes 0 numbers, which is allowed.
      count = product
    }
    return count
  }

  /// The number of elements of several shapes together; `nil` when they cannot be counted.
  public static func count(ofAll shapes: [[Int]]) -> Int? {
    // A whole model at once: configurations are refused here, before memory is asked for.
    var total = 0
    for shape in shapes {
      guard let count = try? count(of: shape) else { return nil }
      // Each count may pass and their sum may not.
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
    // The compiler may free a value after its last use. Here that would be before `body` runs, as
    // only the pointer is used in it.
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: pointer, count: count))
    }
  }

  /// A copy of the elements in row-major order.
  public var elements: [Float] { withPointer { Array($0) } }  // [count]

  /// The index and value of the first element that is NaN or infinite.
  ///
  /// - Complexity: O(*n*).
  public var firstNonFinite: (index: Int, value: Float)? {
    // One NaN in a model makes all of its results NaN, so the index is worth reporting.
    withPointer { elements in
      elements.firstIndex { !$0.isFinite }.map { ($0, elements[$0]) }  // NaN and ±∞
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
