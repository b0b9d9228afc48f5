/// # What dropout keeps
///
/// Dropout sets each number of a matrix to 0 with probability `p` during training, so that no part
/// of the model can rely on one other part alone. Numbers that are kept are multiplied by a scale,
/// so that sums stay as large on average:
///
///     y = x · flag / (1 − p)        with p = 0.1, nine of ten are kept and multiplied by 1.11
///
/// Source: Srivastava et al. 2014; `torch.nn.functional.dropout`. The flags are drawn elsewhere
/// (``TorchGenerator/fillKept(_:count:dropping:)``) and lie in an ``Arena``.
package struct Kept {
  package let flags: UnsafePointer<UInt8>  // a byte for each number, 1 where it is kept, else 0
  package let stride: Int  // from the flags of one row to those of the next
  package let scale: Float  // 1 / (1 − p)

  package init(flags: UnsafePointer<UInt8>, stride: Int, scale: Float) {
    (self.flags, self.stride, self.scale) = (flags, stride, scale)
  }

  /// The flags from number `offset` on, in rows of another length.
  package func from(_ offset: Int, stride: Int) -> Kept {
    // Flags of attention are drawn for [batch, heads, T, T] at once; each head looks at its part.
    Kept(flags: flags + offset, stride: stride, scale: scale)
  }

  /// What a number is multiplied by: 0, or the scale.
  fileprivate func factor(_ row: Int, _ column: Int) -> Float {
    // A product instead of a branch: which flags are set is random, and no processor guesses that.
    Float(flags[row * stride + column]) * scale
  }
}

extension Plain {
  /// `y = x · factor`; `y` may be `x`.
  package static func keep(_ x: Matrix, _ kept: Kept, _ y: Matrix) {
    // Backwards it is the same function: what was multiplied by a factor has its gradient
    // multiplied by it. So the flags [N, C] are kept, to drop the same numbers.
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] = x[r][c] * kept.factor(r, c) } }
  }

  /// `y = sum + x · factor`, or `sum + x` without flags; `y` may be `sum`.
  package static func addKept(_ sum: Matrix, _ x: Matrix, _ kept: Kept?, _ y: Matrix) {
    // A residual connection and its dropout, which always come together, in one pass over memory.
    for r in 0..<x.rows {
      for c in 0..<x.columns { y[r][c] = sum[r][c] + x[r][c] * (kept?.factor(r, c) ?? 1) }
    }
  }
}
