import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("Matrices", .counted, .plain)
struct MatrixTests {
  @Test
  func `TENS-1 rows, columns and transposes are views of the same numbers`() {
    let buffer = FloatBuffer(count: 12)
    for i in 0..<12 { buffer.pointer[i] = Float(i) }
    let m = Matrix(buffer, 3, 4)
    #expect(Array(m[1]) == [4, 5, 6, 7])
    let part = m[rows: 1..<3][columns: 1..<3]
    #expect(part.elements == [5, 6, 9, 10] && part.stride == 4 && !part.isContiguous)
    part[1][0] = 90
    #expect(buffer.pointer[9] == 90)
    part.fill(1)
    #expect(m.elements == [0, 1, 2, 3, 4, 1, 1, 7, 8, 1, 1, 11])
    part[rows: 0..<1].copy(m[rows: 0..<1][columns: 2..<4])
    #expect(part.elements == [2, 3, 1, 1])
    part.add(part)
    #expect(Array(m[2]) == [8, 2, 2, 11])
  }

  @Test(arguments: Computing.allCases)
  func `BLAS-2 TENS-2 a product by hand`(computing: Computing) throws {
    // [1 2]   [5 6]   [19 22]
    // [3 4] · [7 8] = [43 50]
    let (a, b, y) = (FloatBuffer(count: 4), FloatBuffer(count: 4), FloatBuffer(count: 4))
    a.pointer.update(from: [1, 2, 3, 4], count: 4)
    b.pointer.update(from: [5, 6, 7, 8], count: 4)
    let (ma, mb, my) = (Matrix(a, 2, 2), Matrix(b, 2, 2), Matrix(y, 2, 2))
    computing {
      my.product(ma, mb)
      #expect(my.elements == [19, 22, 43, 50])
      my.product(ma, mb, scale: 2, adding: true)
      #expect(my.elements == [57, 66, 129, 150])
      my.product(ma.t, mb)
      #expect(my.elements == [26, 30, 38, 44])
      my.product(ma, mb.t)
      #expect(my.elements == [17, 23, 39, 53])
      my.product(ma.t, mb.t)
      #expect(my.elements == [23, 31, 34, 46])
    }
    // These numbers have BF16's 8 bits.
    let rounded = Weight(rounding: try Tensor(shape: [2, 2], [5, 6, 7, 8]))
    computing {
      my.product(ma.t, rounded.factor.t)
      #expect(my.elements == [23, 31, 34, 46])
      let bias: [Float] = [100, 200]
      Operations.current.linear(ma, rounded.factor, bias, my)
      #expect(my.elements == [119, 222, 143, 250])
    }
    withExtendedLifetime((a, b, y)) {}
  }
}
