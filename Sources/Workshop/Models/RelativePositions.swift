import FoxKernels

/// # Positions that are counted from token to token
///
/// Adds to a BERT what its configuration calls `relative_key`. No vector is added for a token's place
/// in the text. There is one for each *distance*, E, and a query is also matched with the distance to
/// the key; with `relative_key_query` the key is too:
///
///     s[i, j] = (q[i] · k[j] + q[i] · E[i − j] + k[j] · E[i − j]) · scale
///
/// With P positions distances go from 1 − P to P − 1: E has 2 P − 1 rows, that of i − j at i − j + P − 1.
///
/// Source: Shaw et al. 2018, arXiv 1803.02155; Huang et al. 2020, arXiv 2009.13658;
/// `BertSelfAttention` of transformers 4.17.0. SPEC `BERT-19`.
///
/// What it does not do: it has no kernels, and its backward pass runs on one thread.
extension RelativePositions {
  /// Those that can be had.
  package static let all: [RelativePositions] = [
    .init(name: "relative_key") { DistanceBias(distances: $0, matchesKeys: false) },
    .init(name: "relative_key_query") { DistanceBias(distances: $0, matchesKeys: true) },
  ]
}

/// The two terms with E.
private struct DistanceBias: ScoreBias {
  let distances: Weight  // [2 P − 1, C/H]
  let matchesKeys: Bool

  func add(_ q: Matrix, _ k: Matrix, first: Int, scale: Float, to scores: Matrix) {
    for i in 0..<q.rows {
      for j in 0..<k.rows {
        let vector = vector(row(first + i, j))
        var sum: Float = 0
        // Both terms have the same vector: q · E + k · E = (q + k) · E.
        for c in 0..<q.columns { sum += (q[i][c] + (matchesKeys ? k[j][c] : 0)) * vector[c] }
        scores[i][j] += scale * sum
      }
    }
  }

  /// From `(q + k) · E`: `dq += ds E`, `dk += ds E`, `dE += ds (q + k)`.
  func backward(
    _ ds: Matrix, _ q: Matrix, _ k: Matrix, first: Int, addingTo dq: Matrix, _ dk: Matrix,
    _ parameters: Parameters
  ) {
    let de = parameters.gradient(of: distances)
    for i in 0..<q.rows {
      for j in 0..<k.rows {
        let (row, d) = (row(first + i, j), ds[i][j])
        let vector = vector(row)
        for c in 0..<q.columns {
          dq[i][c] += d * vector[c]
          if matchesKeys { dk[j][c] += d * vector[c] }
          de[row][c] += d * (q[i][c] + (matchesKeys ? k[j][c] : 0))
        }
      }
    }
  }

  private func vector(_ row: Int) -> UnsafePointer<Float> {
    distances.tensor.pointer + row * distances.shape[1]
  }

  /// The row of E for a query and a key by their places in the text.
  private func row(_ query: Int, _ key: Int) -> Int { query - key + distances.shape[0] / 2 }
}
