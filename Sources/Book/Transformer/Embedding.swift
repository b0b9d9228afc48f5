import FoxNumbers

/// # Embeddings
///
/// A table of vectors, one for each token, position or type. Looking up row `i` is the product with a
/// vector that is 1 at `i` and 0 elsewhere; nobody computes it that way. The backward pass is the
/// other way round: a row's gradient is the sum over all places where its id stood.
///
///     x[r] = Σ table[ids[r]]        dtable[ids[r]] += dx[r]
///
/// Source: `torch.nn.Embedding`. SPEC `LAYER-6`.
///
/// What it does not do: it does not check ids. Whoever makes a batch has done so.
package enum Embedding {
  /// `x[r] = Σ table[ids[r]]` over several tables.
  package static func forward(_ tables: [(table: Weight, ids: [Int32])], into x: Matrix) {
    let operations = Operations.current
    operations.ranges(x.rows, 64) { rows in  // 64 rows at least: less is not worth a thread
      // Room for one vector, [1, C], for the second table and the third.
      withUnsafeTemporaryAllocation(of: Float.self, capacity: x.columns) { memory in
        guard let start = memory.baseAddress else { return }
        let vector = Matrix(start, 1, x.columns)
        for r in rows {
          // The order of the tables is the reference's: float sums depend on it in the last bit.
          for (index, (table, ids)) in tables.enumerated() {
            let place = Int(ids[r]) * x.columns  // row ids[r] of [V, C]
            // BF16 is widened on the way.
            // The first table writes to x, so that x need not be cleared.
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
    // The order of rows is then fixed too, and sums do not depend on the number of threads.
    operations.ranges(dy.columns, 64) { columns in
      let (dy, gradient) = (dy[columns: columns], gradient[columns: columns])
      // A frequent id gets many terms; the gradient of an absent one stays what it is.
      for (r, id) in ids.enumerated() where id != skipped {
        operations.add(dy[rows: r..<r + 1], gradient[rows: Int(id)..<Int(id) + 1])
      }
    }
  }
}
