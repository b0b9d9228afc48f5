import FoxKernels
import FoxModels

/// # Label smoothing
///
/// With `label_smoothing_factor` ε a label is right with probability 1 − ε only, and all `V` labels
/// share ε alike. With logits `x` and label `y` the loss is
///
///     (1 − ε) · −log p[y] + ε · mean over v of −log p[v]  =  −log p[y] + ε (x[y] − mean x)
///
/// because `−log p[v] = log Σ exp x − x[v]`. So smoothing adds a term to the cross-entropy that is linear
/// in the logits; its gradient is `ε (onehot(y) − 1/V)`. The logits of a language model are `h Wᵀ`,
/// and the term is `ε h · (W[y] − w)`, where `w` is the mean of the rows of `W`: no logits are needed.
///
/// Rows without a label (−100) do not count. Source: `LabelSmoother` in `trainer_pt_utils.py` of
/// transformers 4.17.0. SPEC `TRAIN-21`.
///
/// What it does not do: 4.17.0 hands over the labels of a language model as they are, so that each
/// token is compared with itself, and the model learns to repeat what it reads. Here it is the next
/// token, as in today's transformers.
package struct LabelSmoothing: Sendable {
  /// What all labels share, 0 to 1.
  package let factor: Float

  /// Smoothing by a factor; none for 0.
  package init?(_ factor: Double) {
    if factor == 0 { return nil }
    self.factor = Float(factor)
  }

  /// What the term adds to the mean loss of a classifier's outputs.
  ///
  /// - Parameter logits: `[B, labels]`.
  func term(_ logits: Matrix, _ labels: [Int32]) -> Float {
    mean(labels) { r, label in
      let row = logits[r]
      return Double(row[label]) - row.reduce(0) { $0 + Double($1) } / Double(row.count)
    }
  }

  /// The mean loss of a classifier; the logits, `[B, labels]`, become its gradient times `scale`.
  func loss(_ logits: Matrix, _ labels: [Int32], scale: Float) -> Float {
    let (term, share) = (term(logits, labels), scale / known(labels))
    let loss = CrossEntropy.backward(logits, labels: labels, scale: scale)
    let smoothed = share * factor
    for (r, label) in labels.enumerated() where label != CrossEntropy.ignored {
      for c in 0..<logits.columns { logits[r][c] -= smoothed / Float(logits.columns) }
      logits[r][Int(label)] += smoothed
    }
    return loss + term
  }

  /// How many rows have a label.
  private func known(_ labels: [Int32]) -> Float {
    Float(labels.count { $0 != CrossEntropy.ignored })
  }

  /// ε times the mean over rows with a label.
  private func mean(_ labels: [Int32], _ value: (_ row: Int, _ label: Int) -> Double) -> Float {
    var sum = 0.0
    for (r, label) in labels.enumerated() where label != CrossEntropy.ignored {
      sum += value(r, Int(label))
    }
    return factor * Float(sum / Double(known(labels)))
  }
}

// MARK: - A language model

extension LabelSmoothing {
  /// What the term adds to the mean loss of a language model.
  ///
  /// - Parameters:
  ///   - x: What the head reads, `[N, C]`.
  ///   - head: Its weights, `[V, C]`.
  func term(_ x: Matrix, _ labels: [Int32], head: Linear) -> Float {
    guard let words = Self.words(head) else { return .nan }
    return term(x, labels, words, center: Self.center(words))
  }

  private func term(_ x: Matrix, _ labels: [Int32], _ words: Matrix, center: [Float]) -> Float {
    mean(labels) { r, label in
      let (row, word) = (x[r], words[label])
      return row.indices.reduce(0) { $0 + Double(row[$1]) * Double(word[$1] - center[$1]) }
    }
  }

  /// The term, whose gradients are added to those of the cross-entropy.
  ///
  /// - Parameter dx: `[N, C]`.
  func addGradients(
    _ x: Matrix, _ labels: [Int32], scale: Float, to dx: Matrix, head: Linear,
    _ parameters: Parameters
  ) -> Float {
    guard let words = Self.words(head) else { return .nan }
    let center = Self.center(words)
    let share = scale * factor / known(labels)
    let gradient = parameters.gradient(of: head.weight)  // [V, C]
    var sum = [Float](repeating: 0, count: x.columns)  // of what each word is moved away from
    for (r, label) in labels.enumerated() where label != CrossEntropy.ignored {
      let (row, word) = (x[r], words[Int(label)])
      for c in row.indices {
        dx[r][c] += share * (word[c] - center[c])
        gradient[Int(label)][c] += share * row[c]
        sum[c] -= share * row[c] / Float(words.rows)
      }
    }
    Operations.current.ranges(words.rows, 512) { rows in
      for word in rows { for c in sum.indices { gradient[word][c] += sum[c] } }
    }
    return term(x, labels, words, center: center)
  }

  /// The rows of the head, one for each word. A model in training has them in float32.
  private static func words(_ head: Linear) -> Matrix? {
    guard case .f32(let start) = head.weight.stored else { return nil }
    return Matrix(reading: start, head.outputs, head.inputs)
  }

  /// The mean of all rows.
  private static func center(_ words: Matrix) -> [Float] {
    var sum = [Float](repeating: 0, count: words.columns)
    sum.withUnsafeMutableBufferPointer { sum in
      if let start = sum.baseAddress { Operations.current.addColumns(words, start) }
    }
    return sum.map { $0 / Float(words.rows) }
  }
}

extension GPT2Trainable {
  /// As ``train(_:labels:scale:generator:)``, with smoothed labels.
  func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator,
    smoothing: LabelSmoothing, _ arena: Arena
  ) throws(Fault) -> Float {
    let (head, parameters) = (model.head, parameters)
    return try train(ids, labels: labels, generator: &generator) { x, labels, dx, _ in
      arena.reset()
      let loss = CrossEntropy.loss(x, labels: labels, head: head, (scale, dx, parameters), arena)
      return loss
        + smoothing.addGradients(x, labels, scale: scale, to: dx, head: head, parameters)
    }
  }
}
