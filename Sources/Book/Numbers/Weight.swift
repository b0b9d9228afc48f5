import FoxDecoding

/// # Weights in two precisions
///
/// Writing one word means reading every weight once: the time of a step is the size of the model
/// over the speed of memory. BF16 halves the size. It is the upper half of a float32, with the same
/// range and 8 bits of precision instead of 24:
///
///     float32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm
///     BF16      s eeeeeeee mmmmmmm
///
/// so that widening is a shift by 16 bits. Sums are always taken in float32. For example
/// 1.01 = 0x3F8147AE becomes 0x3F81, which is 1.0078125.
///
/// Source: Kalamkar et al. 2019, arXiv 1905.12322; `torch.bfloat16`, and `round_to_nearest_even` in
/// `c10/util/BFloat16.h`.
///
/// What it does not do: nothing is trained in BF16.

/// How the numbers of a matrix of weights are held. Sums are always taken in float32.
public enum Precision: String, CaseIterable, Sendable {
  /// Four bytes each, as trained.
  case f32
  /// Two bytes each, the upper half of a float32, rounded to nearest, ties to even: half the
  /// memory, and half the time of what has to read every weight once.
  case bf16
}

/// Parameters of a model, in the precision they are computed with. A value, as ``Tensor``. SPEC
/// `TENS-8`.
public struct Weight: @unchecked Sendable {
  /// The size of each dimension.
  public let shape: [Int]
  /// How the numbers are held.
  public let precision: Precision
  private let storage: Storage
  // A start without a type: `stored` gives it the type that `precision` says. A type parameter
  // instead would go through every layer of the model.
  private let base: UnsafeRawPointer

  /// The numbers of a tensor, shared with it.
  public init(_ tensor: Tensor) {
    shape = tensor.shape
    precision = .f32
    storage = tensor.storage
    base = UnsafeRawPointer(tensor.pointer)  // no copy
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
    shape = tensor.shape
    precision = .bf16
    storage = Storage(buffer)
    base = storage.base
  }

  /// The BF16 numbers at byte `offset` of `storage`.
  ///
  /// - Throws: ``Fault`` when the shape does not fit the storage, or the first is at an odd
  ///   address.
  public init(bf16 storage: Storage, byteOffset offset: Int, shape: [Int]) throws(Fault) {
    // From a file: the checks of a tensor, for two bytes to a number instead of four.
    let count = try Tensor.count(of: shape)
    let (size, overflow) = count.multipliedReportingOverflow(by: 2)  // bytes
    guard !overflow, offset >= 0, offset <= storage.byteCount, size <= storage.byteCount - offset
    else { throw .outside(shape, bytes: storage.byteCount) }
    // A file may place numbers anywhere; a processor reads two bytes at an even address.
    guard UInt(bitPattern: storage.base + offset) % 2 == 0 else {
      throw .misaligned(offset, to: 2)
    }
    self.shape = shape
    precision = .bf16
    self.storage = storage
    base = storage.base + offset  // the file itself: BF16 weights are not copied
  }

  /// How many numbers there are.
  public var count: Int { shape.reduce(1, *) }

  /// How many bytes they take.
  public var byteCount: Int { count * (precision == .f32 ? 4 : 2) }

  /// Where the numbers are.
  package enum Stored {
    case f32(UnsafePointer<Float>)
    case bf16(UnsafePointer<UInt16>)
  }

  /// The first number. Valid while this weight, or another that shares its memory, lives.
  package var stored: Stored {
    // An enum, so that whoever computes with a weight cannot forget one of the two.
    switch precision {
    case .f32: .f32(base.assumingMemoryBound(to: Float.self))
    case .bf16: .bf16(base.assumingMemoryBound(to: UInt16.self))
    }
  }

  /// Writes `count` numbers, from number `start` on, to `target` as float32.
  package func copy(from start: Int, count: Int, to target: UnsafeMutablePointer<Float>) {
    switch stored {
    // Embeddings use this: one row [C] of a vocabulary of 50,257, and not the whole table.
    case .f32(let pointer): target.update(from: pointer + start, count: count)
    // Widening is exact: every BF16 number is a float32 number.
    case .bf16(let pointer): Operations.current.widen(pointer + start, target, count)
    }
  }

  /// A copy of the numbers as float32.
  public var elements: [Float] { tensor.elements }

  /// The numbers as a tensor: the same memory for float32, a widened copy for BF16.
  public var tensor: Tensor {
    // This cannot fail: shape and start were checked when the weight was made.
    if precision == .f32,
      let shared = try? Tensor(storage: storage, byteOffset: base - storage.base, shape: shape)
    {
      return shared
    }
    // This takes twice the memory of the weight.
    return Tensor(shape: shape) { copy(from: 0, count: count, to: $0) }
  }
}

extension Weight {
  /// This matrix as a factor of a product.
  package var factor: Factor {
    // [rows, columns] without gaps, so one row is as far from the next as it is long. Weights with
    // another number of dimensions than two are not factors.
    Factor(stored, rows: shape[0], columns: shape[1], stride: shape[1])
  }
}

extension Float {
  /// The number whose upper half is `half`.
  init(bf16 half: UInt16) { self.init(bitPattern: UInt32(half) << 16) }  // the lower half is 0
}

extension Plain {
  package static func widen(
    _ x: UnsafePointer<UInt16>, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // [count] → [count]; nothing is lost.
    for i in 0..<count { y[i] = Float(bf16: x[i]) }
  }

  /// Adding just under half of the last place that stays rounds to nearest; a tie goes to the even
  /// neighbour because the last bit that stays is added too.
  package static func round(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<UInt16>, _ count: Int
  ) {
    for i in 0..<count {
      // The upper 16 bits stay. By hand: 0x3F8147AE + 0x7FFF + 1 = 0x3F81C7AE, whose upper half is
      // 0x3F81.
      let bits = x[i].bitPattern
      // Rounding could make an infinity of a NaN: its quiet bit is set instead. (PyTorch makes
      // every NaN 0x7FC0, and keeps neither its sign nor its other bits.) The sum carries into the
      // exponent where it should: the greatest float32 becomes ∞. It wraps for no number, because
      // those with all bits set are NaN.
      let rounded = x[i].isNaN ? bits | 0x40_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
      y[i] = UInt16(rounded >> 16)
    }
  }
}
