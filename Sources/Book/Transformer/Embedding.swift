import FoxNumbers

/// # Embeddings
///
/// A table of vectors, one for each token, position or type. Looking up row `i` is the product with a
/// vector that is 1 at `i` and 0 elsewhere; nobody computes it that way.
///
/// Source: `torch.nn.Embedding`. SPEC `LAYER-6`.
package enum Embedding {
  /// `x[r] = Σ table[ids[r]]` over several tables.
  package static func forward(_ tables: [(table: Weight, ids: [Int32])], into x: Matrix) {
    let operations = Operations.current
    operations.ranges(x.rows, 64) { rows in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: x.columns) { memory in
        guard let start = memory.baseAddress else { return }
        let vector = Matrix(start, 1, x.columns)
        for r in rows {
          for (index, (table, ids)) in tables.enumerated() {
            let place = Int(ids[r]) * x.columns
            // BF16 is widened on the way.
            table.copy(from: place, count: x.columns, to: index == 0 ? x.row(r) : start)
            if index > 0 { operations.add(vector, x[rows: r..<r + 1]) }
          }
        }
      }
    }
  }

  /// `dW[ids[r]] += dy[r]`, row after row.
  ///
  /// - Parameter skipped: An id whose vector is not learned (`padding_idx`).
  package static func backward(
    _ ids: [Int32], _ dy: Matrix, addingTo gradient: Matrix, skipping skipped: Int32? = nil
  ) {
    let operations = Operations.current
    // Threads share columns, not rows: two rows may have one id.
    operations.ranges(dy.columns, 64) { columns in
      let (dy, gradient) = (dy[columns: columns], gradient[columns: columns])
      for (r, id) in ids.enumerated() where id != skipped {
        operations.add(dy[rows: r..<r + 1], gradient[rows: Int(id)..<Int(id) + 1])
      }
    }
  }
}
