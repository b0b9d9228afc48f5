/// # Weights in fewer bits
///
/// Writing one word means reading every weight once: the time of a step is the size of the model
/// over the speed of memory. BF16 halves the size. It is the upper half of a float32, with the same
/// range and 8 bits of precision instead of 24:
///
///     float32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm        1.01      = 0x3F8147AE
///     BF16      s eeeeeeee mmmmmmm                         1.0078125 = 0x3F81
///
/// so that widening is a shift by 16 bits. Sums are always taken in float32.
///
/// Source: Kalamkar et al. 2019, arXiv 1905.12322; `torch.bfloat16`. SPEC `TENS-8`. Rounding to
/// BF16 is the Workshop's, and so are eight bits (`Int8Weight.swift`); nothing is trained in them.
package struct Weight: @unchecked Sendable, Multiplied {
  // An enum, so that whoever computes with a weight cannot forget one of them.
  package enum Stored {
    case f32(UnsafePointer<Float>)
    case bf16(UnsafePointer<UInt16>)
    case packed(any PackedWeight)
  }

  /// The size of each dimension.
  package let shape: [Int]
  /// The first number. Valid while this weight, or another that shares its memory, lives.
  package let stored: Stored
  private let owner: AnyObject  // keeps the memory alive

  /// Numbers in memory that `owner` keeps alive, as many as the shape has.
  package init(_ stored: Stored, of owner: AnyObject, shape: [Int]) {
    (self.stored, self.owner, self.shape) = (stored, owner, shape)
  }

  /// The numbers of a tensor, shared with it.
  package init(_ tensor: Tensor) {
    self.init(.f32(tensor.pointer), of: tensor.owner, shape: tensor.shape)
  }

  /// How many numbers there are.
  package var count: Int { shape.reduce(1, *) }

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

  /// The numbers as a tensor: the same memory for float32, else a copy.
  package var tensor: Tensor {
    if case .f32(let start) = stored { return Tensor(start, of: owner, shape: shape) }
    return Tensor(shape: shape) { copy(from: 0, count: count, to: $0) }  // twice the memory
  }

  /// This matrix as a factor of a product.
  package var factor: Factor {
    // [rows, columns] without gaps, so one row is as far from the next as it is long.
    Factor(stored, shape[0], shape[1], stride: shape[1], isTransposed: false)
  }
}

/// A matrix of weights in another form, which brings its own product.
package protocol PackedWeight: AnyObject, Sendable {
  var byteCount: Int { get }
  /// A number, counted as the checkpoint stores the matrix.
  subscript(index: Int) -> Float { get }
  /// `y = x w`
  func product(_ x: Matrix, into y: Matrix)
}

extension Float {
  /// The number whose upper half is `half`; its lower half is 0.
  init(bf16 half: UInt16) { self.init(bitPattern: UInt32(half) << 16) }
}

extension Plain {
  /// BF16 to float32; nothing is lost.
  package static func widen(_ x: UnsafePointer<UInt16>, _ y: Writing, _ count: Int) {
    for i in 0..<count { y[i] = Float(bf16: x[i]) }  // [count] → [count]
  }
}
