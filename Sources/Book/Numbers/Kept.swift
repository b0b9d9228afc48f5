/// # What dropout keeps
///
/// A flag for each number of a matrix, 1 where it is kept and 0 where it is dropped, and what kept
/// numbers are multiplied by so that sums stay as large on average: `1 / (1 − p)`.
///
/// Source: Srivastava et al. 2014; `torch.nn.functional.dropout`, which draws the flags in the order
/// of memory (``TorchGenerator/fillKept(_:count:dropping:)``).
package struct Kept {
  /// The first flag.
  package let flags: UnsafePointer<UInt8>
  /// From the flags of one row to those of the next.
  package let stride: Int
  /// `1 / (1 − p)`
  package let scale: Float

  package init(flags: UnsafePointer<UInt8>, stride: Int, scale: Float) {
    (self.flags, self.stride, self.scale) = (flags, stride, scale)
  }

  /// The flags from number `offset` on, in rows of another length.
  package func from(_ offset: Int, stride: Int) -> Kept {
    Kept(flags: flags + offset, stride: stride, scale: scale)
  }

  /// What a number is multiplied by: 0, or the scale.
  package func factor(_ row: Int, _ column: Int) -> Float {
    Float(flags[row * stride + column]) * scale
  }
}

extension Plain {
  /// Backwards it is the same function: what was multiplied by a factor has its gradient multiplied
  /// by it.
  package static func keep(_ x: Matrix, _ kept: Kept, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] = x[r][c] * kept.factor(r, c) } }
  }

  package static func addKept(_ sum: Matrix, _ x: Matrix, _ kept: Kept?, _ y: Matrix) {
    for r in 0..<x.rows {
      for c in 0..<x.columns { y[r][c] = sum[r][c] + x[r][c] * (kept?.factor(r, c) ?? 1) }
    }
  }
}
