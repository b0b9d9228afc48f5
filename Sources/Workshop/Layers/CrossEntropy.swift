import FoxKernels

/// The cross-entropy of a vocabulary head, without ever holding all logits.
///
/// `loss = mean of −log softmax(x Wᵀ)[label]` over the rows that have a label. The product with the
/// vocabulary and what follows go in chunks of rows; the backward pass of a chunk runs while its logits
/// are there. Source: `torch.nn.CrossEntropyLoss` with `ignore_index` −100. SPEC `LAYER-9`.
public struct CrossEntropy {
  /// The label of a row that has none.
  public static let ignored: Int32 = -100

  /// Numbers of a chunk of logits: 64 MB, so that passing over the weights once more for each chunk
  /// costs little.
  private static let chunkCount = 16 << 20

  /// What some logits are raised by.
  struct Lift {
    /// The first of them; all that follow are raised too.
    let from: Int
    let by: Float
  }

  let head: Linear
  let arena: Arena
  let lift: Lift?

  /// The loss of what `head` makes of its inputs.
  public init(head: Linear, arena: Arena) { self.init(head: head, arena: arena, lift: nil) }

  init(head: Linear, arena: Arena, lift: Lift?) {
    (self.head, self.arena, self.lift) = (head, arena, lift)
  }

  /// The mean loss, without gradients.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`.
  ///   - labels: `[rows]`, −100 for none.
  ///   - predictions: If there is room for them, the likeliest id of each row, with or without label;
  ///     the first of several.
  /// - Returns: The mean over rows with a label; NaN when no row has one, as in the reference.
  public func forward(
    _ x: UnsafePointer<Float>, labels: [Int32], predictions: UnsafeMutablePointer<Int32>? = nil
  ) -> Float {
    chunked(labels) { rows, logits, losses in
      head.forward(x + rows.lowerBound * head.inputs, rows: rows.count, into: logits)
      if let predictions {
        Parallel.ranges(rows.count, grain: 1) { range in
          for row in range {
            predictions[rows.lowerBound + row] = Int32(
              Rows.largest(logits + row * head.outputs, count: head.outputs))
          }
        }
      }
      entropy(labels, rows, logits, scale: 0, losses)
    }
  }

  /// The mean loss and its gradients, multiplied by `scale`.
  ///
  /// - Parameters:
  ///   - dx: `[rows, inputs]`, overwritten; 0 where there is no label.
  ///   - parameters: What holds the head's weight.
  /// - Returns: The mean loss, not multiplied.
  public func backward(
    _ x: UnsafePointer<Float>, labels: [Int32], scale: Float,
    into dx: UnsafeMutablePointer<Float>, parameters: Parameters
  ) -> Float {
    chunked(labels) { rows, logits, losses in
      let start = rows.lowerBound * head.inputs
      head.forward(x + start, rows: rows.count, into: logits)
      let share = scale / Float(labels.count { $0 != Self.ignored })
      entropy(labels, rows, logits, scale: share, losses)
      head.backward(
        logits, x: x + start, rows: rows.count, into: dx + start, parameters: parameters)
    }
  }

  /// Runs `body` on chunks of rows and takes the mean of the losses it writes.
  private func chunked(
    _ labels: [Int32],
    _ body: (Range<Int>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> Float {
    let most = max(1, min(labels.count, Self.chunkCount / max(1, head.outputs)))
    // Chunks of one size: the last is not left with a few rows.
    let chunks = (labels.count + most - 1) / most
    let size = chunks == 0 ? 0 : (labels.count + chunks - 1) / chunks
    let logits = arena.take(size * head.outputs)
    let losses = arena.take(labels.count)
    for chunk in 0..<chunks {
      let first = min(chunk * size, labels.count)
      body(first..<min(first + size, labels.count), logits, losses)
    }
    var (sum, count) = (0.0, 0)
    for (row, label) in labels.enumerated() where label != Self.ignored {
      sum += Double(losses[row])
      count += 1
    }
    return Float(sum / Double(count))
  }

  /// The losses of a chunk; its logits become their gradients.
  private func entropy(
    _ labels: [Int32], _ rows: Range<Int>, _ logits: UnsafeMutablePointer<Float>, scale: Float,
    _ losses: UnsafeMutablePointer<Float>
  ) {
    let vocabulary = head.outputs
    Parallel.ranges(rows.count, grain: max(1, 4096 / max(1, vocabulary))) { range in
      for row in range {
        let (label, row, logits) = (
          labels[rows.lowerBound + row], rows.lowerBound + row, logits + row * vocabulary
        )
        if label == Self.ignored {
          logits.update(repeating: 0, count: vocabulary)
        } else {
          if let lift {
            for index in lift.from..<vocabulary { logits[index] += lift.by }
          }
          losses[row] = Rows.crossEntropy(
            logits, label: Int(label), scale: scale, count: vocabulary)
        }
      }
    }
  }
}
