/// # Sums and scans
///
/// The small loops that are left: adding, adding up rows, and looking for the greatest number.
extension Plain {
  package static func add(_ x: Matrix, _ y: Matrix) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] += x[r][c] } }
  }

  /// The gradient of a bias: it was added to every row.
  package static func addColumns(_ x: Matrix, _ y: UnsafeMutablePointer<Float>) {
    for r in 0..<x.rows { for c in 0..<x.columns { y[c] += x[r][c] } }
  }

  /// Squares of float32 numbers are exact in double precision.
  package static func squareSum(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += Double(x[i]) * Double(x[i]) }
    return sum
  }

  package static func largest(_ x: UnsafePointer<Float>, _ count: Int) -> Int {
    var (best, index) = (-Float.infinity, 0)
    for i in 0..<count where x[i] > best { (best, index) = (x[i], i) }
    return index
  }

  package static func firstAbove(
    _ x: UnsafePointer<Float>, _ offset: Float, _ threshold: Float, _ count: Int
  ) -> Int {
    // Written so that NaN, which compares false, ends the search.
    (0..<count).first { !(x[$0] + offset <= threshold) } ?? count
  }
}
