/// # Matrices
///
/// A matrix is a *view*: where its numbers begin, how many rows and columns it has, and how far one
/// row is from the next. Some rows of a matrix, some of its columns, or one head of attention are
/// again matrices over the same numbers; nothing is copied to take a part.
///
///     let heads = x[columns: 0..<64]       // [T, 768] → [T, 64]
///     scores.product(q, k.t)               // [T, 64] [64, T] → [T, T]
///
/// Source: the leading dimension of BLAS (Dongarra et al. 1990), which PyTorch calls a stride.
///
/// What it does not do: it does not own memory (an ``Arena`` or a ``FloatBuffer`` does, and must
/// live as long as the view is used), and it does not broadcast.
package struct Matrix {
  package let start: UnsafeMutablePointer<Float>  // the first number
  package let rows: Int
  package let columns: Int
  package let stride: Int  // from the start of one row to the start of the next

  /// A view of rows that are `stride` apart, by default without gaps.
  package init(
    _ start: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil
  ) {
    (self.start, self.rows, self.columns, self.stride) = (start, rows, columns, stride ?? columns)
  }

  /// A view of a whole buffer or of its beginning.
  package init(_ buffer: FloatBuffer, _ rows: Int, _ columns: Int) {
    self.init(buffer.pointer, rows, columns)
  }

  /// A view for reading: whoever writes to it breaks the promise of ``Tensor``.
  package init(reading start: UnsafePointer<Float>, _ rows: Int, _ columns: Int) {
    // One type of view for reading and writing keeps the formulas short. The price is this cast.
    self.init(UnsafeMutablePointer(mutating: start), rows, columns)
  }

  /// Row `r`.
  package subscript(r: Int) -> UnsafeMutableBufferPointer<Float> {
    // The gap between two rows is not part of either of them.
    UnsafeMutableBufferPointer(start: start + r * stride, count: columns)
  }

  // The same without a count, which debug builds would check at each number.
  package func row(_ r: Int) -> UnsafeMutablePointer<Float> { start + r * stride }

  /// Some rows.
  package subscript(rows range: Range<Int>) -> Matrix {
    // [N, C] → [range.count, C]: starts further down, and everything else stays.
    Matrix(start + range.lowerBound * stride, range.count, columns, stride: stride)
  }

  /// Some columns of every row: `x[columns: 0..<C]` of `[T, 3C]` is `[T, C]`.
  package subscript(columns range: Range<Int>) -> Matrix {
    // [N, C] → [N, range.count]: starts further right. A row is shorter now, but the next one is as
    // far away as before.
    Matrix(start + range.lowerBound, rows, range.count, stride: stride)
  }

  /// The transpose, as a factor of a product: nothing is moved.
  package var t: Factor { Factor(self).t }

  /// Whether the rows follow each other without gaps, so that one loop can run over all of them.
  package var isContiguous: Bool { stride == columns || rows <= 1 }  // a single row has no gap

  /// A copy of the numbers, row by row.
  package var elements: [Float] { (0..<rows).flatMap { Array(self[$0]) } }  // [rows · columns]

  /// Sets every number to `value`.
  package func fill(_ value: Float) {
    // One long loop where there are no gaps; else row by row, as the gaps belong to others.
    if isContiguous { return start.update(repeating: value, count: rows * columns) }
    for r in 0..<rows { self[r].update(repeating: value) }
  }

  /// Copies the numbers of a matrix of the same shape.
  package func copy(_ x: Matrix) {
    // This and `x` may have different strides, so no single copy will do.
    for r in 0..<rows { row(r).update(from: x.row(r), count: columns) }
  }

  /// `self += x`
  package func add(_ x: Matrix) { Operations.current.add(x, self) }  // [N, C] + [N, C]
}

/// A factor of a product: a matrix or its transpose, in float32 or in BF16 (see ``Weight``).
///
/// A transpose only says that rows and columns have changed places. Moving the numbers would cost a
/// pass over memory, and a product can read them in either order:
///
///     row i, column k      start[i · stride + k]
///     transposed           start[k · stride + i]
package struct Factor {
  package let start: Weight.Stored  // the first number, in the precision it is held in
  package let rows: Int  // as the product sees them, after a transposition
  package let columns: Int
  package let stride: Int  // from one row to the next *in memory*
  package let isTransposed: Bool  // whether a row in memory is a column of the factor

  package init(
    _ start: Weight.Stored, _ rows: Int, _ columns: Int, stride: Int, isTransposed: Bool
  ) {
    (self.start, self.rows, self.columns) = (start, rows, columns)
    (self.stride, self.isTransposed) = (stride, isTransposed)
  }

  /// The matrix itself.
  package init(_ x: Matrix) {
    let start = Weight.Stored.f32(UnsafePointer(x.start))
    self.init(start, x.rows, x.columns, stride: x.stride, isTransposed: false)
  }

  /// The transpose.
  package var t: Factor {
    // Only the names change places: [N, C] → [C, N], and two transposes are none.
    Factor(start, columns, rows, stride: stride, isTransposed: !isTransposed)
  }

  /// How far the next row and the next column are from a number. One of them is always 1.
  package var steps: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }
}

extension Matrix {
  /// `self = scale · a b`, or `self += scale · a b` when `adding`.
  package func product(_ a: Factor, _ b: Factor, scale: Float = 1, adding: Bool = false) {
    // [N, K] [K, M] → [N, M]. A wrong shape is a mistake of the programmer, which tests find in
    // debug builds. A release build does not check again in every product.
    assert(a.rows == rows && b.columns == columns && a.columns == b.rows, "shapes do not fit")
    // There is nothing to compute, and BLAS refuses the stride of 0 of a matrix without columns.
    if rows > 0, columns > 0 { Operations.current.product(a, b, scale, adding, self) }
  }

  // The same for matrices that are not transposed, so that a product reads as its formula: q kᵀ,
  // then x W or dy Wᵀ, where W is a factor, then xᵀ dy.
  package func product(_ a: Matrix, _ b: Matrix, scale: Float = 1, adding: Bool = false) {
    product(Factor(a), Factor(b), scale: scale, adding: adding)
  }

  package func product(_ a: Matrix, _ b: Factor, scale: Float = 1, adding: Bool = false) {
    product(Factor(a), b, scale: scale, adding: adding)
  }

  package func product(_ a: Factor, _ b: Matrix, scale: Float = 1, adding: Bool = false) {
    product(a, Factor(b), scale: scale, adding: adding)
  }
}
