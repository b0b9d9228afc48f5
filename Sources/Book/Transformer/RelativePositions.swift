import FoxNumbers

/// # Relative positions
///
/// Some BERTs do not learn where a token stands but how far two tokens stand apart. A layer then has
/// a vector for each distance `d`, and a score of attention gets a part of its own:
///
///     s[l][r] = (q[l] · k[r] + q[l] · E[l − r]) · scale                     relative_key
///     s[l][r] = (q[l] · k[r] + q[l] · E[l − r] + k[r] · E[l − r]) · scale   relative_key_query
///
/// Distances go from `1 − P` to `P − 1`, where `P` is the number of positions, so `E` has `2 P − 1`
/// rows. All heads of a layer share it.
///
/// Source: Shaw et al. 2018, arXiv 1803.02155; Huang et al. 2020, arXiv 2009.13658;
/// `BertSelfAttention` of transformers 4.17.0. SPEC `BERT-19`.
///
/// What it does not do: it has no clipping, by which far tokens share a vector.
package struct RelativePositions: Sendable {
  /// `[2 P − 1, C/H]`
  let table: Weight
  /// Whether keys ask for distances, too.
  let hasKeys: Bool

  /// The columns of the queries and of the keys of a part.
  typealias Columns = (queries: ArraySlice<Int32>, keys: ArraySlice<Int32>)

  /// Adds to the scores `[R, S]` of queries `[R, C/H]` and keys `[S, C/H]`.
  func add(to s: Matrix, q: Matrix, k: Matrix, _ columns: Columns, scale: Float) {
    let e = Matrix(reading: table.tensor.pointer, table.shape[0], table.shape[1])
    for (x, isKey) in [(q, false), (k, true)] where hasKeys || !isKey {
      // Every distance, and then those that occur: one product is faster than many vectors.
      Self.withRows(x.rows, e.rows) { all in
        all.product(x, e.t, scale: scale)  // [R, C/H] [C/H, 2P − 1] → [R, 2P − 1]
        each(columns) { l, r, d in s[l][r] += all[isKey ? r : l][d] }
      }
    }
  }

  /// The backward pass of ``add(to:q:k:_:scale:)``, given `ds`, which has the scale in it. Adds to
  /// the gradients of queries, keys and table.
  func backward(
    _ ds: Matrix, q: (x: Matrix, d: Matrix), k: (x: Matrix, d: Matrix), _ columns: Columns,
    addingTo gradient: Matrix
  ) {
    let e = Matrix(reading: table.tensor.pointer, table.shape[0], table.shape[1])
    for (x, isKey) in [(q, false), (k, true)] where hasKeys || !isKey {
      Self.withRows(x.x.rows, e.rows) { all in
        all.fill(0)  // most distances do not occur
        each(columns) { l, r, d in all[isKey ? r : l][d] += ds[l][r] }
        x.d.product(all, e, adding: true)  // [R, 2P − 1] [2P − 1, C/H] → [R, C/H]
        gradient.product(all.t, x.x, adding: true)  // [2P − 1, R] [R, C/H] → [2P − 1, C/H]
      }
    }
  }

  /// Every query and key of a part, and the row of the table for their distance.
  private func each(_ columns: Columns, _ body: (_ l: Int, _ r: Int, _ d: Int) -> Void) {
    let zero = (table.shape[0] - 1) / 2  // P − 1: the row of distance 0
    for (l, query) in columns.queries.enumerated() {
      for (r, key) in columns.keys.enumerated() { body(l, r, Int(query) - Int(key) + zero) }
    }
  }

  private static func withRows(_ rows: Int, _ columns: Int, _ body: (Matrix) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * columns) {
      if let start = $0.baseAddress { body(Matrix(start, rows, columns)) }
    }
  }
}
