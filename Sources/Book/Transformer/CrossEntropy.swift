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
/// What it does not do: it has no weights of classes and no smoothing of labels.
package struct CrossEntropy {
  /// The label of a row that has none.
  package static let ignored: Int32 = -100

  /// Numbers of a chunk: 64 MB, so that passing over the weights once more for each costs little.
  /// With GPT-2's vocabulary these are 333 rows.
  private static let chunk = 16 << 20

  package let head: Linear
  package let arena: Arena
  /// What is done to a chunk of logits before its loss is taken.
  package var adjust: (Matrix) -> Void = { _ in }

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
    return chunked(labels) { rows, logits, labels, losses in
      head.forward(x[rows: rows], into: logits)  // [n, C] [C, V] → [n, V]
      if let predictions {
        operations.ranges(rows.count, 1) { range in  // V numbers are work enough for a thread
          for r in range {
            let best = operations.largest(logits.row(r), logits.columns)
            predictions[rows.lowerBound + r] = Int32(best)
          }
        }
      }
      // After the predictions, which are those of the model as it is.
      adjust(logits)
      // Scale 0: only losses are wanted. The logits are overwritten, and nobody reads them again.
      operations.crossEntropy(logits, labels, 0, losses)
    }
  }

  /// The mean loss and its gradients, multiplied by `scale`.
  ///
  /// - Parameter dx: `[N, C]`, overwritten; 0 where there is no label.
  /// - Returns: The mean loss, not multiplied.
  package func backward(
    _ x: Matrix, labels: [Int32], scale: Float, into dx: Matrix, _ parameters: Parameters
  ) -> Float {
    // Each row has its share in the mean.
    // Without any label it is infinite, but then no row asks for it and all gradients are 0.
    let share = scale / Float(labels.count { $0 != Self.ignored })
    return chunked(labels) { rows, logits, labels, losses in
      head.forward(x[rows: rows], into: logits)  // [n, C] [C, V] → [n, V]
      adjust(logits)
      // The label's own logit is pulled up, every other one pushed down by its probability.
      Operations.current.crossEntropy(logits, labels, share, losses)
      // The logits are now their gradient.
      // dx = dlogits W, [n, V] [V, C] → [n, C]; dW += dlogitsᵀ x, [V, n] [n, C] → [V, C]. Every
      // chunk adds to the same dW.
      head.backward(logits, x: x[rows: rows], into: dx[rows: rows], parameters)
    }
  }

  /// Runs `body` on chunks of rows and takes the mean of the losses it writes.
  private func chunked(
    _ labels: [Int32],
    _ body: (Range<Int>, Matrix, UnsafePointer<Int32>, UnsafeMutablePointer<Float>) -> Void
  ) -> Float {
    // At least one row, however large the vocabulary is.
    let most = max(1, min(labels.count, Self.chunk / max(1, head.outputs)))
    // Chunks of one size: the last is not left with a few rows.
    let chunks = (labels.count + most - 1) / most
    // Of 2,048 rows at most 333 fit: not 6 times 333 and 50, but 6 times 293 and 290.
    let size = chunks == 0 ? 0 : (labels.count + chunks - 1) / chunks
    // One chunk's memory serves all of them: [n, V], and [N] losses.
    let (memory, losses) = (arena.take(size * head.outputs), arena.take(labels.count))
    labels.withUnsafeBufferPointer { labels in
      guard let start = labels.baseAddress else { return }
      // Without rows `size` is 0, and a stride of 0 would trap.
      for first in stride(from: 0, to: labels.count, by: max(1, size)) {
        let rows = first..<min(first + size, labels.count)
        let logits = Matrix(memory, rows.count, head.outputs)  // holds anything; body writes it
        body(rows, logits, start + first, losses + first)
      }
    }
    // In double precision: thousands of losses are added up. Of no labels the mean is 0 / 0, NaN.
    let known = labels.indices.filter { labels[$0] != Self.ignored }
    return Float(known.reduce(0.0) { $0 + Double(losses[$1]) } / Double(known.count))
  }
}
