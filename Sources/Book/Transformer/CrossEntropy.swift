import FoxNumbers

/// # The loss of a language model
///
/// How surprised the model is by the token that came, on average over the `n` rows that have a label:
///
///     loss = −1/n Σ log softmax(x Wᵀ)[label]        dlogits = (softmax(x Wᵀ) − onehot(label)) / n
///
/// The logits are the largest matrix of all: 2,048 rows of 50,257 numbers are 400 MB, and their
/// gradient as much again. So they are never all there. The product with the vocabulary goes in chunks
/// of rows; the backward pass of a chunk runs while its logits are there, and the gradient takes their
/// place.
///
/// Source: `torch.nn.CrossEntropyLoss` with `ignore_index` −100. SPEC `LAYER-9`.
///
/// What it does not do: it has no weights of classes and no smoothing of labels, and does not check
/// labels. Whoever makes a batch has done so.
package struct CrossEntropy {
  /// The label of a row that has none.
  package static let ignored: Int32 = -100

  /// Numbers of a chunk: 64 MB, so that passing over the weights once more for each costs little.
  /// With GPT-2's vocabulary these are 333 rows.
  private static let chunk = 16 << 20

  private let head: Linear
  private let arena: Arena

  package init(head: Linear, arena: Arena) { (self.head, self.arena) = (head, arena) }

  /// The mean loss, without gradients.
  ///
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - labels: `[N]`, −100 for none.
  ///   - predictions: If there is room for them, the likeliest id of each row, with or without label.
  /// - Returns: The mean over rows with a label; NaN when no row has one, as in the reference.
  package func forward(
    _ x: Matrix, labels: [Int32], predictions: UnsafeMutablePointer<Int32>? = nil
  ) -> Float {
    let operations = Operations.current
    return run(x, labels, scale: 0) { rows, logits in
      guard let predictions else { return }
      operations.ranges(rows.count, 1) { range in  // V numbers are work enough for a thread
        for r in range {
          let best = operations.largest(logits.row(r), logits.columns)
          predictions[rows.lowerBound + r] = Int32(best)
        }
      }
    }
  }

  /// The mean loss and its gradients, multiplied by `scale`.
  ///
  /// - Parameter dx: `[N, C]`, overwritten; 0 where there is no label.
  /// - Returns: The mean loss, not multiplied.
  package func backward(
    _ x: Matrix, labels: [Int32], scale: Float, into dx: Matrix, _ parameters: Parameters
  ) -> Float {
    run(x, labels, scale: scale, into: dx, parameters)
  }

  /// The loss of logits that are all there, `[N, V]`: a classifier's. They become their gradient.
  package static func backward(_ logits: Matrix, labels: [Int32], scale: Float) -> Float {
    var losses = [Float](repeating: 0, count: labels.count)
    Operations.current.crossEntropy(logits, labels, share(scale, labels), &losses)
    return mean(&losses, labels)
  }

  private func run(
    _ x: Matrix, _ labels: [Int32], scale: Float, into dx: Matrix? = nil,
    _ parameters: Parameters? = nil,
    watch: (_ rows: Range<Int>, _ logits: Matrix) -> Void = { _, _ in }
  ) -> Float {
    // At least one row, however large the vocabulary is.
    let most = max(1, min(labels.count, Self.chunk / max(1, head.outputs)))
    // Chunks of one size: of 2,048 rows at most 333 fit, but not 6 times 333 and 50 are taken, but 6
    // times 293 and 290.
    let chunks = max(1, (labels.count + most - 1) / most)
    let size = max(1, (labels.count + chunks - 1) / chunks)
    // One chunk's memory serves all of them: [n, V], and [N] losses.
    let (memory, losses) = (arena.take(size * head.outputs), arena.take(labels.count))
    let share = Self.share(scale, labels)
    labels.withUnsafeBufferPointer { labels in
      guard let start = labels.baseAddress else { return }
      for first in stride(from: 0, to: labels.count, by: size) {
        let rows = first..<min(first + size, labels.count)
        let logits = Matrix(memory, rows.count, head.outputs)
        head.forward(x[rows: rows], into: logits)  // [n, C] [C, V] → [n, V]
        watch(rows, logits)
        // The label's own logit is pulled up, every other one pushed down by its probability. With a
        // scale of 0 nobody reads this gradient.
        Operations.current.crossEntropy(logits, start + first, share, losses + first)
        guard let dx, let parameters else { continue }
        // dx = dlogits W, [n, V] [V, C] → [n, C]; dW += dlogitsᵀ x, [V, n] [n, C] → [V, C]. Every
        // chunk adds to the same dW.
        head.backward(logits, x: x[rows: rows], into: dx[rows: rows], parameters)
      }
    }
    return Self.mean(losses, labels)
  }

  /// What each row's gradient is multiplied by: it has its share in the mean.
  private static func share(_ scale: Float, _ labels: [Int32]) -> Float {
    // Without any label it is infinite, but then no row asks for it and all gradients are 0.
    scale / Float(labels.count { $0 != ignored })
  }

  private static func mean(_ losses: UnsafePointer<Float>, _ labels: [Int32]) -> Float {
    // In double precision: thousands of losses are added up. Of no labels the mean is 0 / 0, NaN.
    let known = labels.indices.filter { labels[$0] != ignored }
    return Float(known.reduce(0.0) { $0 + Double(losses[$1]) } / Double(known.count))
  }
}
