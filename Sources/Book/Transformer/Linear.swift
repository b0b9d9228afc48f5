import FoxDecoding
import FoxNumbers

/// # Linear maps
///
/// `y = x W + b`: every output is a weighted sum of all inputs. Layers here come in pairs. The forward
/// function computes `y` from `x`; the backward function is given `dy`, the gradient of the loss with
/// respect to `y`, and computes `dx`. Gradients of parameters are *added* to what is there, because a
/// parameter may be used twice: GPT-2's token embedding is its head too.
///
/// Shapes: `N` rows (tokens), `C` channels.
///
/// Source: `torch.nn.Linear`, which stores `[out, in]`, and transformers' `Conv1D`
/// (`modeling_utils.py`), which stores `[in, out]`. SPEC `LAYER-1`, `LAYER-6`.
///
/// What it does not do: it records nothing. The caller keeps `x` for the backward pass.
public struct Linear: Sendable {
  /// The weights, as the checkpoint stores them.
  package let weight: Weight
  /// The bias, `[out]`.
  package let bias: Tensor?
  /// Whether the weights are stored as `[out, in]`.
  package let isTransposed: Bool

  /// A linear map of the given weights.
  ///
  /// - Throws: ``Fault`` when the weight is not a matrix, or the bias is not one number for each output.
  package init(_ weight: Weight, bias: Tensor?, isTransposed: Bool) throws(Fault) {
    (self.weight, self.bias, self.isTransposed) = (weight, bias, isTransposed)
    // A file decides these shapes; a product over wrong ones would read outside its memory.
    guard weight.shape.count == 2 else {
      throw .badShape(weight.shape, of: "the weight of a linear map", expected: "two sizes")
    }
    // No broadcasting: a bias of one number for all outputs is a mistake here.
    if let bias, bias.shape != [outputs] {
      throw .badShape(bias.shape, of: "the bias of a linear map", expected: "[\(outputs)]")
    }
  }

  // BERT stores [out, in], GPT-2 [in, out], but for its head: [V, C] is [out, in] again.
  package var inputs: Int { weight.shape[isTransposed ? 1 : 0] }
  package var outputs: Int { weight.shape[isTransposed ? 0 : 1] }

  /// `W` as the product sees it, `[in, out]`, however it is stored.
  package var w: Factor { isTransposed ? weight.factor.t : weight.factor }

  /// `y = x W + b`
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

  /// `y` is linear in `x`, in `W` and in `b`, so each gradient is a product or a sum. Element by element,
  /// `∂yₙⱼ/∂xₙᵢ = Wᵢⱼ` and `∂yₙⱼ/∂Wᵢⱼ = xₙᵢ`, which summed over everything that `y` influences gives:
  ///
  ///     dx = dy Wᵀ        dW += xᵀ dy        db += Σ rows of dy
  ///
  /// - Parameters:
  ///   - dx: Overwritten, or added to when `adding`, because several maps may have one input.
  ///   - parameters: What the weights are views of.
  package func backward(
    _ dy: Matrix, x: Matrix, into dx: Matrix?, adding: Bool = false, _ parameters: Parameters
  ) {
    // Each input influenced every output, by its weight.
    dx?.product(dy, w.t, adding: adding)  // [N, out] [out, in] → [N, in]
    // In the shape in which the weight is stored, so that it is laid out like the checkpoint.
    let dw = parameters.gradient(of: weight)
    if isTransposed {
      // (xᵀ dy)ᵀ = dyᵀ x
      dw.product(dy.t, x, adding: true)  // [out, N] [N, in] → [out, in]
    } else {
      dw.product(x.t, dy, adding: true)  // [in, N] [N, out] → [in, out]
    }
    // The bias went into every row: Σ over N of [N, out] → [out].
    if let bias { Operations.current.addColumns(dy, parameters.gradient(of: bias.pointer)) }
  }
}
