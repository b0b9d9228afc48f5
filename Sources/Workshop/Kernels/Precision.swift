import CFoxKernels
import FoxDecoding

/// How the numbers of a matrix of weights are held.
public enum Precision: String, CaseIterable, Sendable {
  /// Four bytes each, as trained.
  case f32
  /// Two bytes each, the upper half of a float32, rounded to nearest, ties to even.
  case bf16
  /// One byte each: how many steps of its output's own size a number is. Loading makes them.
  case int8
}

extension Weight {
  /// How the numbers are held.
  package var precision: Precision {
    switch stored {
    case .f32: .f32
    case .bf16: .bf16
    case .packed: .int8
    }
  }

  /// How many bytes they take.
  package var byteCount: Int {
    if case .packed(let packed) = stored { return packed.byteCount }
    return count * (precision == .f32 ? 4 : 2)
  }

  /// The numbers of a tensor, rounded to BF16. SPEC `TENS-8`.
  ///
  /// - Complexity: O(*n*), shared among threads.
  package init(rounding tensor: Tensor) {
    // Two to a float32, because a `FloatBuffer` is the memory that is aligned and in huge pages.
    let buffer = FloatBuffer(uninitialized: (tensor.count + 1) / 2)
    let halves = UnsafeMutableRawPointer(buffer.pointer)
      .bindMemory(to: UInt16.self, capacity: 2 * buffer.count)
    tensor.withPointer { elements in
      guard let from = elements.baseAddress else { return }
      Parallel.ranges(tensor.count, grain: 1 << 16) { range in
        fox_f32_to_bf16(from + range.lowerBound, halves + range.lowerBound, range.count)
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
}
