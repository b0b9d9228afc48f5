/// # Sums and scans
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
/// What it does not do: it does not look for more than one number; ``TopK`` does.
extension Plain {
  package static func add(_ x: Matrix, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] += x[r][c] } }  // [N, C] + [N, C]
  }

  /// The gradient of a bias: it was added to every row.
  package static func addColumns(_ x: Matrix, _ y: UnsafeMutablePointer<Float>) {
    // [N, C] → [C]. Row by row, so that memory is read in order; each sum has N terms.
    for r in 0..<x.rows { for c in 0..<x.columns { y[c] += x[r][c] } }
  }

  /// Squares of float32 numbers are exact in double precision: 24 bits by 24 bits are 48, of 53.
  package static func squareSum(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += Double(x[i]) * Double(x[i]) }
    return sum
  }

  package static func largest(_ x: UnsafePointer<Float>, _ count: Int) -> Int {
    // −∞ to begin with: NaN is never greater and is passed over, as −∞ is, so index 0 is what is
    // left when there is nothing else.
    var (best, index) = (-Float.infinity, 0)
    // Only what is greater counts, so the first of equal numbers stays.
    for i in 0..<count where x[i] > best { (best, index) = (x[i], i) }
    return index
  }

  package static func firstAbove(
    _ x: UnsafePointer<Float>, _ offset: Float, _ threshold: Float, _ count: Int
  ) -> Int {
    // Written so that NaN, which compares false, ends the search, on either side: with a threshold
    // of NaN the first number does.
    (0..<count).first { !(x[$0] + offset <= threshold) } ?? count
  }
}
