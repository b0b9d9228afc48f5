import FoxNumbers

/// # The loss of a language model
///
/// How surprised the model is by the token that came, on average over `n` rows with a label:
///
///     loss = −1/n Σ log softmax(x Wᵀ)[label]        dlogits = (softmax(x Wᵀ) − onehot(label)) / n
///
/// The logits are the largest matrix of all: 2,048 rows of 50,257 numbers are 400 MB. So they are
/// never all there. The product with the vocabulary goes in chunks of rows; the backward pass of a
/// chunk runs while its logits are there, and the gradient takes their place.
///
/// Source: `torch.nn.CrossEntropyLoss` with `ignore_index` −100. SPEC `LAYER-9`.
///
/// What it does not do: it does not check labels. Whoever makes a batch has done so.
package enum CrossEntropy {
  /// The label of a row that has none.
  package static let ignored: Int32 = -100

  // Numbers of a chunk: 64 MB, so that passing over the weights once more for each costs little.
  // With GPT-2's vocabulary these are 333 rows.
  private static let chunk = 16 << 20

  /// Where gradients go, times `scale`: over `dx`, `[N, C]`, and added to those of the parameters.
  package typealias Gradients = (scale: Float, dx: Matrix, parameters: Parameters)

  /// The mean loss over rows with a label, not multiplied; NaN when no row has one.
  ///
  /// - Parameters:
  ///   - x: What the head reads, `[N, C]`.
  ///   - watch: Is shown the logits of some rows, `[n, V]`, before they are gone.
  package static func loss(
    _ x: Matrix, labels: [Int32], head: Linear, _ gradients: Gradients? = nil, _ arena: Arena,
    watch: (_ rows: Range<Int>, _ logits: Matrix) -> Void = { _, _ in }
  ) -> Float {
    // At least one row, however large the vocabulary is. One chunk's memory serves all of them.
    let size = max(1, min(labels.count, chunk / max(1, head.outputs)))
    let memory = arena.take(size * head.outputs)
    let known = labels.count { $0 != ignored }
    var sum = 0.0
    for first in stride(from: 0, to: labels.count, by: size) {
      let rows = first..<min(first + size, labels.count)
      let logits = Matrix(memory, rows.count, head.outputs)
      head.forward(x[rows: rows], into: logits)  // [n, C] [C, V] → [n, V]
      watch(rows, logits)
      sum += Self.sum(logits, Array(labels[rows]), (gradients?.scale ?? 0) / Float(known))
      // dx = dlogits W, [n, V] [V, C] → [n, C]; dW += dlogitsᵀ x, [V, n] [n, C] → [V, C]. Every
      // chunk adds to the same dW.
      if let (_, dx, parameters) = gradients {
        head.backward(logits, x: x[rows: rows], into: dx[rows: rows], parameters)
      }
    }
    return Float(sum / Double(known))  // of no labels 0 / 0, NaN
  }

  /// The mean loss of a classifier's logits, `[N, V]`, which become their gradient.
  package static func backward(_ logits: Matrix, labels: [Int32], scale: Float) -> Float {
    let known = labels.count { $0 != ignored }
    return Float(sum(logits, labels, scale / Float(known)) / Double(known))
  }

  private static func sum(_ logits: Matrix, _ labels: [Int32], _ share: Float) -> Double {
    // The share is what each row has in the mean. Without any label it is infinite, but then no row
    // asks for it.
    var losses = [Float](repeating: 0, count: labels.count)  // 0 stays where there is no label
    // The label's own logit is pulled up, every other one pushed down by its probability.
    Operations.current.crossEntropy(logits, labels, share, &losses)
    return losses.reduce(0) { $0 + Double($1) }  // in double precision: thousands are added up
  }
}
