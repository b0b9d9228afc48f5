/// # Sums
///
/// The small loops that are left: adding, adding up rows, and looking for the greatest number. They
/// are entries of the table because they pass over matrices of millions of numbers, or over a row
/// of 50,257 for each token.
///
///     (1 2)
///     (3 4)  added up over its rows is (4 6); the sum of its squares is 30
///
/// Source: `torch.Tensor.add_`, `sum(0)`, `torch.linalg.vector_norm` and `torch.argmax`.
///
/// What it does not do: it does not look for more than one number; `top` of chapter Decoding does.
extension Plain {
  /// `y += x`
  package static func add(_ x: Matrix, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] += x[r][c] } }  // [N, C] + [N, C]
  }

  /// `y += Σ rows of x`: the gradient of a bias, which was added to every row.
  package static func addColumns(_ x: Matrix, _ y: Writing) {
    // [N, C] → [C]. Row by row, so that memory is read in order; each sum has N terms.
    for r in 0..<x.rows { for c in 0..<x.columns { y[c] += x[r][c] } }
  }

  /// `Σ x²`
  package static func squareSum(_ x: Reading, _ count: Int) -> Double {
    // Squares of float32 numbers are exact in double precision: 24 bits by 24 bits are 48, of 53.
    var sum = 0.0
    for i in 0..<count { sum += Double(x[i]) * Double(x[i]) }
    return sum
  }

  /// The index of the greatest number; of equal ones the first, 0 when all are NaN.
  package static func largest(_ x: Reading, _ count: Int) -> Int {
    // NaN is never greater and is passed over. Only what is greater counts, so of equal numbers the
    // first stays.
    var (best, index) = (-Float.infinity, 0)
    for i in 0..<count where x[i] > best { (best, index) = (x[i], i) }
    return index
  }
}
