import FoxNumbers
import Testing

/// `y = x · s`, one learned number for each channel.
struct Scale {
  let weight: Tensor  // [C], a view of the parameters

  func forward(_ x: Matrix, into y: Matrix) {
    weight.withPointer { s in
      for r in 0..<x.rows { for c in 0..<x.columns { y[r][c] = x[r][c] * s[c] } }
    }
  }

  /// `dx = dy · s`, and `ds += Σ rows of dy · x`.
  func backward(_ dy: Matrix, x: Matrix, into dx: Matrix, _ parameters: Parameters) {
    let ds = parameters.gradient(of: weight.pointer)
    weight.withPointer { s in
      for r in 0..<x.rows {
        for c in 0..<x.columns {
          ds[c] += dy[r][c] * x[r][c]
          dx[r][c] = dy[r][c] * s[c]
        }
      }
    }
  }
}

@Suite("The guide to the Transformer", .counted)
struct TransformerGuide {
  @Test
  func `BOOK-10 a layer, and its gradient against differences`() throws {
    let parameters = try Parameters([("scale", [3])])
    let entry = try #require(parameters["scale"])
    let layer = Scale(weight: try parameters.tensor(entry))
    for c in 0..<3 { parameters.values.pointer[c] = Float(c) + 1 }
    let arena = Arena()
    func matrix() -> Matrix { arena.matrix(2, 3) }
    let (x, y, dy, dx) = (matrix(), matrix(), matrix(), matrix())
    for r in 0..<2 { for c in 0..<3 { x[r][c] = Float(r * 3 + c) / 4 } }
    dy.fill(1)  // the loss is the sum of all outputs

    layer.backward(dy, x: x, into: dx, parameters)
    for c in 0..<3 {
      func loss(at value: Float) -> Float {
        parameters.values.pointer[c] = value
        layer.forward(x, into: y)
        return y.elements.reduce(0, +)
      }
      let (value, h) = (parameters.values.pointer[c], Float(0.0625))
      let slope = (loss(at: value + h) - loss(at: value - h)) / (2 * h)
      parameters.values.pointer[c] = value
      #expect(abs(slope - parameters.gradients.pointer[c]) < 1e-4)
    }

    #expect(dx.elements == [1, 2, 3, 1, 2, 3])
    withExtendedLifetime((arena, parameters)) {}
  }
}
