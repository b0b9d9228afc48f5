import CFoxKernels

/// How the numbers of a matrix of weights are held. Sums are always taken in float32.
public enum Precision: String, CaseIterable, Sendable {
  /// Four bytes each, as trained.
  case f32
  /// Two bytes each, the upper half of a float32, rounded to nearest, ties to even: half the memory,
  /// and half the time of what has to read every weight once.
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
  private let base: UnsafeRawPointer

  /// The numbers of a tensor, shared with it.
  public init(_ tensor: Tensor) {
    shape = tensor.shape
    precision = .f32
    storage = tensor.storage
    base = UnsafeRawPointer(tensor.pointer)
  }

  /// The numbers of a tensor, rounded to BF16.
  ///
  /// - Complexity: O(*n*).
  public init(rounding tensor: Tensor) {
    // Two to a float32.
    let buffer = FloatBuffer(uninitialized: (tensor.count + 1) / 2)
    let halves = UnsafeMutableRawPointer(buffer.pointer)
      .bindMemory(to: UInt16.self, capacity: 2 * buffer.count)
    tensor.withPointer { elements in
      guard let from = elements.baseAddress else { return }
      Parallel.ranges(tensor.count, grain: 1 << 16) { range in
        fox_f32_to_bf16(from + range.lowerBound, halves + range.lowerBound, range.count)
      }
    }
    shape = tensor.shape
    precision = .bf16
    storage = Storage(buffer)
    base = storage.base
  }

  /// The BF16 numbers at byte `offset` of `storage`.
  ///
  /// - Throws: ``TensorError/outside(shape:bytes:)`` when the shape does not fit the storage, and
  ///   ``TensorError/misaligned(offset:)`` when the first is at an odd address.
  public init(bf16 storage: Storage, byteOffset offset: Int, shape: [Int]) throws(TensorError) {
    let count = try Tensor.count(of: shape)
    let (size, overflow) = count.multipliedReportingOverflow(by: 2)
    guard !overflow, offset >= 0, offset <= storage.byteCount, size <= storage.byteCount - offset
    else { throw .outside(shape: shape, bytes: storage.byteCount) }
    guard UInt(bitPattern: storage.base + offset) % 2 == 0 else {
      throw .misaligned(offset: offset)
    }
    self.shape = shape
    precision = .bf16
    self.storage = storage
    base = storage.base + offset
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
    switch precision {
    case .f32: .f32(base.assumingMemoryBound(to: Float.self))
    case .bf16: .bf16(base.assumingMemoryBound(to: UInt16.self))
    }
  }

  /// Writes `count` numbers, from number `start` on, to `target` as float32.
  package func copy(from start: Int, count: Int, to target: UnsafeMutablePointer<Float>) {
    switch stored {
    case .f32(let pointer): target.update(from: pointer + start, count: count)
    case .bf16(let pointer): fox_bf16_to_f32(pointer + start, target, count)
    }
  }

  /// A copy of the numbers as float32.
  public var elements: [Float] { tensor.elements }

  /// The numbers as a tensor: the same memory for float32, a widened copy for BF16.
  public var tensor: Tensor {
    if precision == .f32,
      let shared = try? Tensor(storage: storage, byteOffset: base - storage.base, shape: shape)
    {
      return shared
    }
    return Tensor(shape: shape) { copy(from: 0, count: count, to: $0) }
  }
}
