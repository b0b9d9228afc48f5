import FoxKernels

/// A table of vectors, one for each id: tokens, positions, types.
public enum Embedding {
  /// The backward pass of looking rows up: `dW[ids[r]] += dy[r]`, row after row. SPEC `LAYER-6`.
  ///
  /// - Parameters:
  ///   - ids: `[rows]`, all within the table.
  ///   - dy: `[rows, C]`.
  ///   - gradient: `[ids, C]`, added to.
  ///   - skipped: An id whose vector is not learned (`padding_idx` of `torch.nn.Embedding`).
  /// - Complexity: O(*rows · C*).
  public static func backward(
    _ ids: [Int32], _ dy: UnsafePointer<Float>, channels: Int,
    addingTo gradient: UnsafeMutablePointer<Float>, skipping skipped: Int32? = nil
  ) {
    // Threads share columns: two rows may have one id.
    Parallel.ranges(channels, grain: 64) { range in
      for (row, id) in ids.enumerated() where id != skipped {
        Rows.add(
          dy + row * channels + range.lowerBound,
          to: gradient + Int(id) * channels + range.lowerBound, count: range.count)
      }
    }
  }
}
