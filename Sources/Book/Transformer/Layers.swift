import FoxDecoding
import FoxNumbers

/// # Layers
///
/// Layers come in pairs of functions. The forward function computes `y` from `x`. The backward
/// function is given `dy`, the gradient of the loss with respect to `y`, and computes `dx`.
/// Gradients of parameters are *added* to what is there, because a parameter may be used twice:
/// GPT-2's token embedding is its head too.
///
///     linear map    y = x W + b                 dx = dy Wᵀ,  dW += xᵀ dy,  db += Σ rows of dy
///     norm          y = (x − μ) / σ · w + b     see `Normalization.swift` of chapter Numbers
///     embedding     x[r] = Σ table[ids[r]]      dtable[ids[r]] += dx[r]
///     activation    y = f(x)                    dx = dy · f′(x)
///
/// Shapes: `N` rows (tokens), `C` channels, `V` words.
///
/// Source: `torch.nn.Linear`, `LayerNorm` (Ba et al. 2016, arXiv 1607.06450) and `Embedding`;
/// `Conv1D` of transformers 4.17.0. SPEC `LAYER-1`, `LAYER-2`, `LAYER-6`.
///
/// What it does not do: layers record nothing. The caller keeps `x` for the backward pass.

/// `y = x W + b`: every output is a weighted sum of all inputs.
package struct Linear: Sendable {
  package let weight: Weight  // as the checkpoint stores it
  let bias: Tensor?  // [out]
  let isTransposed: Bool  // whether W is stored as [out, in]

  package init(_ weight: Weight, bias: Tensor?, isTransposed: Bool) throws(Fault) {
    (self.weight, self.bias, self.isTransposed) = (weight, bias, isTransposed)
    // A file decides these shapes; a product over wrong ones would read outside its memory. Nothing
    // is broadcast: a bias of one number for all outputs is a mistake here.
    guard weight.shape.count == 2, bias == nil || bias?.shape == [outputs] else {
      throw .badShape(
        bias?.shape ?? weight.shape, of: "a linear map", expected: "[in, out] and [out]")
    }
  }

  // BERT stores [out, in], GPT-2 [in, out], but for its head: [V, C] is [out, in] again.
  package var inputs: Int { weight.shape[isTransposed ? 1 : 0] }
  package var outputs: Int { weight.shape[isTransposed ? 0 : 1] }

  /// `W` as the product sees it, `[in, out]`, however it is stored.
  package var w: Factor { isTransposed ? weight.factor.t : weight.factor }

  package func forward(_ x: Matrix, into y: Matrix) {
    // One operation, not two: kernels add the bias while the sums are still in the cache.
    Operations.current.linear(x, w, bias?.pointer, y)  // [N, in] [in, out] → [N, out]
  }

  /// The same, into memory of an arena.
  package func forward(_ x: Matrix, _ arena: Arena) -> Matrix {
    let y = arena.matrix(x.rows, outputs)
    forward(x, into: y)
    return y
  }

  /// `y` is linear in `x`, in `W` and in `b`, so each gradient is a product or a sum. `∂yₙⱼ/∂xₙᵢ` is
  /// `Wᵢⱼ` and `∂yₙⱼ/∂Wᵢⱼ` is `xₙᵢ`, summed over everything that they influence. `dx` is
  /// overwritten, or added to when `adding`, because several maps may have one input.
  package func backward(
    _ dy: Matrix, x: Matrix, into dx: Matrix, adding: Bool = false, _ parameters: Parameters
  ) {
    // Each input influenced every output, by its weight.
    dx.product(dy, w.t, adding: adding)  // [N, out] [out, in] → [N, in]
    // In the shape in which the weight is stored, so that it is laid out like the checkpoint.
    let dw = parameters.gradient(of: weight)
    if isTransposed {
      dw.product(dy.t, x, adding: true)  // (xᵀ dy)ᵀ = dyᵀ x: [out, N] [N, in] → [out, in]
    } else {
      dw.product(x.t, dy, adding: true)  // [in, N] [N, out] → [in, out]
    }
    // The bias went into every row: Σ over N of [N, out] → [out].
    if let bias { Operations.current.addColumns(dy, parameters.gradient(of: bias.pointer)) }
  }
}

/// `y = (x − μ) / σ · w + b`, row by row. A norm keeps the numbers of every token in a range that
/// the next layer can work with, however deep the model is.
package struct LayerNorm: Sendable {
  let weight, bias: Tensor  // the learned scale and shift, [C]
  let epsilon: Float  // keeps a row of equal numbers from a division by 0

  package init(weight: Tensor, bias: Tensor, epsilon: Float) throws(Fault) {
    (self.weight, self.bias, self.epsilon) = (weight, bias, epsilon)
    // The kernels take w and b as bare pointers: their lengths are checked here, once.
    for part in [weight, bias] where part.shape != [weight.count] {
      throw .badShape(part.shape, of: "a LayerNorm", expected: "[C], for scale and shift")
    }
  }

  /// `y` may be `x`; `stats`, mean and 1/σ of each row, `[N, 2]`, are for ``backward``.
  package func forward(_ x: Matrix, into y: Matrix, stats: Matrix? = nil) {
    // Over C: a token's norm does not depend on its neighbors.
    Operations.current.layerNorm(x, weight.pointer, bias.pointer, epsilon, y, stats)
  }

  /// The same, into memory of an arena.
  func forward(_ x: Matrix, _ arena: Arena) -> (y: Matrix, stats: Matrix) {
    // The backward pass would need μ and 1/σ anyway; two numbers a row are cheap to keep.
    let (y, stats) = (arena.matrix(x.rows, x.columns), arena.matrix(x.rows, 2))
    forward(x, into: y, stats: stats)
    return (y, stats)
  }

  /// *Adds* to `dx`, since the residual connection has put its own gradient there.
  func backward(
    _ dy: Matrix, x: Matrix, stats: Matrix, addingTo dx: Matrix, _ parameters: Parameters
  ) {
    // Needs x, not y: from y = x̂ w + b, x̂ could not be had back where w is 0.
    Operations.current.layerNormBackward(x, weight.pointer, stats, dy, dx)
    // Sums over rows, [N, C] → [C]: w and b served every token.
    Operations.current.layerNormBackwardColumns(
      x, stats, dy, parameters.gradient(of: weight.pointer), parameters.gradient(of: bias.pointer))
  }
}

/// A table of vectors, one for each token, position or type. Looking up row `i` is the product with
/// a vector that is 1 at `i` and 0 elsewhere; nobody computes it that way. Ids are not checked
/// here: whoever makes a batch has done so.
package enum Embedding {
  /// The sum of one row of each table.
  package static func forward(_ tables: [(table: Weight, ids: [Int32])], into x: Matrix) {
    let operations = Operations.current
    operations.ranges(x.rows, 64) { rows in  // 64 rows at least: less is not worth a thread
      // Room for one vector, [1, C], of the second table and the third.
      withUnsafeTemporaryAllocation(of: Float.self, capacity: x.columns) { memory in
        guard let start = memory.baseAddress else { return }
        for r in rows {
          // The order of the tables is the reference's: float sums depend on it in the last bit.
          for (index, (table, ids)) in tables.enumerated() {
            // Row ids[r] of [V, C]. That of the first table goes right to x.
            table.copy(
              from: Int(ids[r]) * x.columns, count: x.columns, to: index == 0 ? x.row(r) : start)
            if index > 0 { operations.add(Matrix(start, 1, x.columns), x[rows: r..<r + 1]) }
          }
        }
      }
    }
  }

  /// Where an id stood, its vector had a part in the loss: a frequent one gets many terms. That of
  /// `skipped` is not learned (`padding_idx`).
  package static func backward(
    _ ids: [Int32], _ dy: Matrix, addingTo gradient: Matrix, skipping skipped: Int32? = nil
  ) {
    let operations = Operations.current
    // Threads share columns, not rows: two rows may have one id. The order of rows is then fixed
    // too, and sums do not depend on the number of threads.
    operations.ranges(dy.columns, 64) { columns in
      let (dy, gradient) = (dy[columns: columns], gradient[columns: columns])
      for (r, id) in ids.enumerated() where id != skipped {
        operations.add(dy[rows: r..<r + 1], gradient[rows: Int(id)..<Int(id) + 1])
      }
    }
  }
}

/// The function between the two maps of a feed-forward network. Without it two linear maps in a row
/// would amount to one. The Workshop has rare ones, such as ReLU.
package struct Activation: Sendable, Equatable {
  package let name: String  // in transformers' `ACT2FN`
  package let forward: @Sendable (_ x: Matrix, _ y: Matrix) -> Void  // y may be x
  // dy · f′(x), over dy. x is the input: GELU falls before it rises, so its slope cannot be told
  // from its output.
  package let backward: @Sendable (_ dy: Matrix, _ x: Matrix) -> Void

  package init(
    name: String, forward: @escaping @Sendable (_ x: Matrix, _ y: Matrix) -> Void,
    backward: @escaping @Sendable (_ dy: Matrix, _ x: Matrix) -> Void
  ) {
    (self.name, self.forward, self.backward) = (name, forward, backward)
  }

  private init(_ name: String, _ form: GELU) {
    self.init(
      name: name, forward: { x, y in Operations.current.gelu(form, x, y) },
      backward: { dy, x in Operations.current.geluBackward(form, x, dy) })
  }

  package static let gelu = Activation("gelu", .erf)  // x Φ(x): BERT's
  package static let geluTanh = Activation("gelu_new", .tanh)  // the same by tanh: GPT-2's

  package static func == (a: Activation, b: Activation) -> Bool { a.name == b.name }
}
