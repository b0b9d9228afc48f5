/// # Matrices
///
/// A matrix is a *view*: where its numbers begin, how many rows and columns it has, and how far one
/// row is from the next. Some rows of a matrix, some of its columns, or one head of attention are
/// again matrices over the same numbers; nothing is copied to take a part.
///
///     let heads = x[columns: 0..<64]       // [T, 768] → [T, 64]
///     scores.product(q, k.t)               // [T, 64] [64, T] → [T, T]
///
/// Source: the leading dimension of BLAS (Dongarra et al. 1990), which PyTorch calls a stride. A
/// matrix does not own memory: an ``Arena`` or a ``FloatBuffer`` does, and must live as long as it.
package struct Matrix {
  package let start: UnsafeMutablePointer<Float>  // the first number
  package let rows, columns: Int  // [rows, columns]
  package let stride: Int  // from the start of one row to the start of the next

  /// A view of rows that are `stride` apart, by default without gaps.
  package init(
    _ start: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil
  ) {
    (self.start, self.rows, self.columns, self.stride) = (start, rows, columns, stride ?? columns)
  }

  /// A view of the beginning of a buffer.
  package init(_ buffer: FloatBuffer, _ rows: Int, _ columns: Int) {
    self.init(buffer.pointer, rows, columns)  // without gaps
  }

  /// A view for reading: whoever writes to it breaks the promise of ``Tensor``.
  package init(reading start: UnsafePointer<Float>, _ rows: Int, _ columns: Int) {
    // One type of view for reading and writing keeps the formulas short. The price is this cast.
    self.init(UnsafeMutablePointer(mutating: start), rows, columns)
  }

  /// Row `r`. The gap after it is not a part of it.
  package subscript(r: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: row(r), count: columns)  // [columns]
  }

  // The same without a count, which debug builds would check at each number.
  package func row(_ r: Int) -> UnsafeMutablePointer<Float> { start + r * stride }

  /// Some rows.
  package subscript(rows range: Range<Int>) -> Matrix {
    // [N, C] → [range.count, C]: starts further down, and everything else stays.
    Matrix(row(range.lowerBound), range.count, columns, stride: stride)
  }

  /// Some columns of every row.
  package subscript(columns range: Range<Int>) -> Matrix {
    // [N, C] → [N, range.count]: starts further right. A row is shorter now, but the next one is as
    // far away as before.
    Matrix(start + range.lowerBound, rows, range.count, stride: stride)
  }

  /// Whether the rows follow each other without gaps, so that one loop can run over all of them.
  package var isContiguous: Bool { stride == columns || rows <= 1 }  // a single row has no gap

  /// A copy of the numbers, row by row.
  package var elements: [Float] { (0..<rows).flatMap { Array(self[$0]) } }  // [rows · columns]

  /// Sets every number to `value`; the gaps belong to others.
  package func fill(_ value: Float) { for r in 0..<rows { self[r].update(repeating: value) } }

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
package struct Factor: Multiplied {
  package let start: Weight.Stored  // the first number, in the precision it is held in
  package let rows, columns: Int  // as the product sees them, after a transposition
  package let stride: Int  // from one row to the next *in memory*
  package let isTransposed: Bool  // whether a row in memory is a column of the factor

  package init(
    _ start: Weight.Stored, _ rows: Int, _ columns: Int, stride: Int, isTransposed: Bool
  ) {
    (self.start, self.rows, self.columns) = (start, rows, columns)
    (self.stride, self.isTransposed) = (stride, isTransposed)
  }

  package var factor: Factor { self }  // so that a product takes x or x.t

  /// How far the next row and the next column are from a number. One of them is always 1.
  package var steps: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }
}

/// What a product can take: a ``Matrix``, a ``Weight``, or the transpose of one.
package protocol Multiplied {
  var factor: Factor { get }
}

extension Multiplied {
  /// The transpose: nothing is moved.
  package var t: Factor {
    // Only the names change places: [N, C] → [C, N], and two transposes are none.
    let f = factor
    return Factor(f.start, f.columns, f.rows, stride: f.stride, isTransposed: !f.isTransposed)
  }
}

extension Matrix: Multiplied {
  package var factor: Factor {
    Factor(.f32(UnsafePointer(start)), rows, columns, stride: stride, isTransposed: false)
  }

  /// `self = scale · a b`, or `self += scale · a b` when `adding`.
  package func product(
    _ a: some Multiplied, _ b: some Multiplied, scale: Float = 1, adding: Bool = false
  ) {
    let (a, b) = (a.factor, b.factor)  // [N, K] [K, M] → [N, M]
    // A wrong shape is a mistake of the programmer, which tests find in debug builds. A release
    // build does not check again in every product.
    assert(a.rows == rows && b.columns == columns && a.columns == b.rows, "shapes do not fit")
    // There is nothing to compute, and BLAS refuses the stride of 0 of a matrix without columns.
    if rows > 0, columns > 0 { Operations.current.product(a, b, scale, adding, self) }
  }
}
