import FoxDecoding

/// # Tensors
///
/// What a checkpoint holds and what a model gives: numbers and a shape. Loops run over views of
/// their numbers (``Matrix``).
///
///     shape [2, 3]:   a b c        in memory:   a b c d e f        [i, j] is at 3 i + j
///                     d e f
///
/// A tensor is a value: it never changes, and copies share memory.
///
/// Source: `torch.Tensor`, as far as a contiguous float32 one on the CPU goes. SPEC `TENS-1`. It
/// does not compute, and there are no strides and no gradients.
public struct Tensor: @unchecked Sendable {
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  /// How many elements there are.
  package let count: Int  // counted once, when the tensor is made
  /// The first element. Valid while this tensor, or another that shares its memory, lives; use
  /// ``withPointer(_:)`` where the compiler might end its life early.
  package let pointer: UnsafePointer<Float>
  // Nobody reads this: it keeps the memory alive. A mapped file, say, is unmapped by its deinit.
  let owner: AnyObject

  // The shape was checked.
  init(_ start: UnsafePointer<Float>, of owner: AnyObject, shape: [Int]) {
    (pointer, self.owner, self.shape) = (start, owner, shape)
    count = shape.reduce(1, *)
  }

  /// Memory which `owner` keeps alive: a part of a mapped file, or parameters, the only numbers of a
  /// tensor that somebody still changes.
  ///
  /// - Throws: ``Fault`` when ``check(_:of:in:)`` does.
  package init(
    _ bytes: UnsafeRawBufferPointer, of owner: AnyObject, shape: [Int]
  ) throws(Fault) {
    try Self.check(shape, of: MemoryLayout<Float>.size, in: bytes)
    if let start = bytes.baseAddress {
      self.init(start.assumingMemoryBound(to: Float.self), of: owner, shape: shape)
    } else {
      self.init(shape: shape) { _ in }  // an empty file has no address to show
    }
  }

  /// A tensor over a buffer that nobody writes any more, and that holds as many numbers or more.
  package init(shape: [Int], taking buffer: FloatBuffer) {
    self.init(UnsafePointer(buffer.pointer), of: buffer, shape: shape)
  }

  /// A tensor whose elements `fill` writes; they are 0 before.
  ///
  /// - Parameter shape: Sizes, none negative: the program's own, so a wrong one stops it.
  package init(
    shape: [Int], fill: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    let buffer = FloatBuffer(count: shape.reduce(1, *))  // zeros
    try fill(buffer.pointer)
    self.init(shape: shape, taking: buffer)  // from here on nobody writes
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Throws: ``Fault`` when their number does not fit the shape.
  package init(shape: [Int], _ elements: [Float]) throws(Fault) {
    // The number first, so that a wrong shape is a `Fault` and not a read past the array.
    guard try Self.count(of: shape) == elements.count else {
      throw Fault(
        "a tensor", found: "\(elements.count) elements",
        expected: "as many as its shape \(shape) has")
    }
    self.init(shape: shape) { $0.update(from: elements, count: elements.count) }
  }

  /// Refuses numbers of `size` bytes each that do not lie in `bytes`, or not at a multiple of their
  /// size.
  package static func check(
    _ shape: [Int], of size: Int, in bytes: UnsafeRawBufferPointer
  ) throws(Fault) {
    // Shapes come from files, which must neither stop the program nor lead it to other memory. So
    // every step is checked.
    let (needed, overflow) = try count(of: shape).multipliedReportingOverflow(by: size)
    guard !overflow, needed <= bytes.count else {
      throw .badShape(shape, expected: "a shape that fits \(bytes.count) bytes")
    }
    // Swift assumes that a float32 is at a multiple of 4, and so do vector instructions.
    let rest = UInt(bitPattern: bytes.baseAddress) % UInt(size)
    if rest != 0 {
      throw Fault(
        "a tensor", at: "address", found: "\(rest) bytes after a multiple of \(size)",
        expected: "a multiple of \(size)")
    }
  }

  /// The number of elements of a shape, with checked arithmetic.
  ///
  /// - Throws: ``Fault`` for a negative size or a product that overflows.
  package static func count(of shape: [Int]) throws(Fault) -> Int {
    var count = 1  // of nothing: the shape [] is one number
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      // Two negative sizes would make a product that looks sound: [−2, −3] is not 6 numbers. And a
      // file may say [2³², 2³²], whose 2⁶⁴ numbers would be counted as 0.
      if size < 0 || overflow { throw .badShape(shape) }
      count = product  // an empty dimension makes 0 numbers, which is allowed
    }
    return count  // 1 for [], 6 for [2, 3], 0 for [3, 0]
  }

  /// Calls `body` with the elements, which stay alive during the call.
  package func withPointer<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    // The compiler may free a value after its last use. Here that would be before `body` runs, as
    // only the pointer is used in it.
    try withExtendedLifetime(owner) {
      try body(UnsafeBufferPointer(start: pointer, count: count))
    }
  }

  /// A copy of the elements in row-major order.
  public var elements: [Float] { withPointer { Array($0) } }  // [count]
}

extension Fault {
  /// A shape that no tensor, or not this one, can have.
  package static func badShape(
    _ shape: [Int], of subject: String = "a tensor",
    expected: String = "sizes of at least 0 whose product can be counted"
  ) -> Fault {
    Fault(subject, at: "shape", found: "\(shape)", expected: expected)
  }
}
