import FoxDecoding

/// # Weights in fewer bits
///
/// Writing one word means reading every weight once: the time of a step is the size of the model
/// over the speed of memory. BF16 halves the size. It is the upper half of a float32, with the same
/// range and 8 bits of precision instead of 24:
///
///     float32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm
///     BF16      s eeeeeeee mmmmmmm
///
/// so that widening is a shift by 16 bits. For example 1.01 = 0x3F8147AE becomes 0x3F81, which is
/// 1.0078125. Sums are always taken in float32.
///
/// Source: Kalamkar et al. 2019, arXiv 1905.12322; `torch.bfloat16`, and `round_to_nearest_even` in
/// `c10/util/BFloat16.h`.
///
/// What it does not do: nothing is trained in BF16. Eight bits are in `Int8Weight.swift` of the Workshop.

/// How the numbers of a matrix of weights are held.
public enum Precision: String, CaseIterable, Sendable {
  /// Four bytes each, as trained.
  case f32
  /// Two bytes each, the upper half of a float32, rounded to nearest, ties to even.
  case bf16
  /// One byte each: how many steps of its output's own size a number is. Loading makes them.
  case int8
}

/// A matrix of weights in another form, which brings its own product.
package protocol PackedWeight: AnyObject, Sendable {
  var precision: Precision { get }
  var byteCount: Int { get }
  /// A number, counted as the checkpoint stores the matrix.
  subscript(index: Int) -> Float { get }
  /// `y = x w`
  func product(_ x: Matrix, into y: Matrix)
}

/// Parameters of a model, in the precision they are computed with. A value, as ``Tensor``. SPEC
/// `TENS-8`.
public struct Weight: @unchecked Sendable {
  // An enum, so that whoever computes with a weight cannot forget one of them.
  package enum Stored {
    case f32(UnsafePointer<Float>)
    case bf16(UnsafePointer<UInt16>)
    case packed(any PackedWeight)
  }

  /// The size of each dimension.
  public let shape: [Int]
  /// The first number. Valid while this weight, or another that shares its memory, lives.
  package let stored: Stored
  private let owner: AnyObject  // keeps the memory alive

  /// The numbers of a tensor, shared with it.
  public init(_ tensor: Tensor) {
    self.init(.f32(tensor.pointer), of: tensor.owner, shape: tensor.shape)
  }

  private init(_ stored: Stored, of owner: AnyObject, shape: [Int]) {
    (self.stored, self.owner, self.shape) = (stored, owner, shape)
  }

  /// A matrix that is packed already.
  package init(_ packed: any PackedWeight, shape: [Int]) {
    self.init(.packed(packed), of: packed, shape: shape)
  }

  /// The numbers of a tensor, rounded to BF16.
  ///
  /// - Complexity: O(*n*).
  public init(rounding tensor: Tensor) {
    // Two to a float32, because a `FloatBuffer` is the memory that is aligned and in huge pages.
    let buffer = FloatBuffer(uninitialized: (tensor.count + 1) / 2)
    // The same memory, taken for numbers of two bytes.
    let halves = UnsafeMutableRawPointer(buffer.pointer)
      .bindMemory(to: UInt16.self, capacity: 2 * buffer.count)
    let operations = Operations.current
    tensor.withPointer { elements in
      guard let from = elements.baseAddress else { return }
      // Threads round a part each; no number depends on another.
      operations.ranges(tensor.count, 1 << 16) { range in
        operations.round(from + range.lowerBound, halves + range.lowerBound, range.count)
      }
    }
    self.init(.bf16(halves), of: buffer, shape: tensor.shape)
  }

  /// BF16 numbers as they lie in a file, which `owner` keeps mapped.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the bytes, or they begin at an odd address.
  package init(
    bf16 bytes: UnsafeRawBufferPointer, of owner: AnyObject, shape: [Int]
  ) throws(Fault) {
    try Tensor.check(shape, of: 2, in: bytes)
    if let start = bytes.baseAddress {
      self.init(.bf16(start.assumingMemoryBound(to: UInt16.self)), of: owner, shape: shape)
    } else {
      self.init(rounding: Tensor(shape: shape) { _ in })  // an empty file has no address to show
    }
  }

  /// How the numbers are held.
  public var precision: Precision {
    switch stored {
    case .f32: .f32
    case .bf16: .bf16
    case .packed(let packed): packed.precision
    }
  }

  /// How many numbers there are.
  public var count: Int { shape.reduce(1, *) }

  /// How many bytes they take.
  public var byteCount: Int {
    if case .packed(let packed) = stored { return packed.byteCount }
    return count * (precision == .f32 ? 4 : 2)
  }

  /// Writes `count` numbers, from number `start` on, to `target` as float32.
  package func copy(from start: Int, count: Int, to target: UnsafeMutablePointer<Float>) {
    switch stored {
    // Embeddings use this: one row [C] of a vocabulary of 50,257, and not the whole table.
    case .f32(let pointer): target.update(from: pointer + start, count: count)
    // Exact: every BF16 number is a float32 number.
    case .bf16(let pointer): Operations.current.widen(pointer + start, target, count)
    case .packed(let packed): for i in 0..<count { target[i] = packed[start + i] }
    }
  }

  /// A copy of the numbers as float32.
  public var elements: [Float] { tensor.elements }

  /// The numbers as a tensor: the same memory for float32, else a copy.
  public var tensor: Tensor {
    if case .f32(let start) = stored { return Tensor(start, of: owner, shape: shape) }
    // Twice the memory of the weight.
    return Tensor(shape: shape) { copy(from: 0, count: count, to: $0) }
  }

  /// This matrix as a factor of a product.
  package var factor: Factor {
    // [rows, columns] without gaps, so one row is as far from the next as it is long.
    Factor(stored, shape[0], shape[1], stride: shape[1], isTransposed: false)
  }
}

extension Float {
  /// The number whose upper half is `half`; its lower half is 0.
  init(bf16 half: UInt16) { self.init(bitPattern: UInt32(half) << 16) }
}

extension Plain {
  /// BF16 to float32.
  package static func widen(_ x: UnsafePointer<UInt16>, _ y: Writing, _ count: Int) {
    // [count] → [count]; nothing is lost.
    for i in 0..<count { y[i] = Float(bf16: x[i]) }
  }

  /// Float32 to BF16, to nearest, ties to even.
  package static func round(_ x: Reading, _ y: UnsafeMutablePointer<UInt16>, _ count: Int) {
    // Adding just under half of the last place that stays rounds to nearest. A tie goes to the even
    // neighbor because the last bit that stays is added too.
    for i in 0..<count {
      // By hand: 0x3F8147AE + 0x7FFF + 1 = 0x3F81C7AE, whose upper half is 0x3F81.
      let bits = x[i].bitPattern
      // The sum carries into the exponent where it should: the greatest float32 becomes ∞. Only a
      // NaN could become an infinity, or wrap around; its quiet bit is set instead. (PyTorch makes
      // every NaN 0x7FC0, and keeps neither its sign nor its other bits.)
      let rounded = x[i].isNaN ? bits | 0x40_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
      y[i] = UInt16(rounded >> 16)
    }
  }
}
