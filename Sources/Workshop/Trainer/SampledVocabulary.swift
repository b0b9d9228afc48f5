import Foundation
import FoxKernels
import FoxModels

/// Stands a few words for a whole vocabulary while a narrow model learns: most of its work is else the
/// product with words that hardly ever come.
///
/// A batch is scored over the most frequent words, its own labels and a random sample of the rest, whose
/// logits are raised by `log(rest / sample)`: in the sum of the softmax each drawn word stands for the
/// `rest / sample` words it was drawn from. Source: Jean et al. 2015, section 3, with that correction of
/// sampling from Bengio and Senécal 2008. SPEC `LAYER-12`.
package final class SampledVocabulary {
  /// The words of one batch.
  struct Candidates {
    /// Ids: the certain ones in ascending order, then those drawn, which may repeat.
    let ids: [Int32]
    /// How many are certain.
    let certain: Int
    /// What the logits of the drawn ones are raised by.
    let lift: Float
    /// The labels as indices into ``ids``; −100 stays.
    let labels: [Int32]
  }

  /// How many words are always there.
  package let frequent: Int
  /// How many are drawn of the rest.
  package let sample: Int
  private let isFrequent: [Bool]
  private var rows: Parameters?
  private let arena = Arena()

  /// The most frequent words of some ids, of equally frequent ones the lower ids.
  ///
  /// - Parameters:
  ///   - ids: All ids of the training data, below `vocabulary`; others do not count.
  ///   - vocabulary: How many words there are.
  ///   - frequent: How many words are always there, at least 0; all of them if there are fewer.
  ///   - sample: How many are drawn of the rest, at least 1.
  package init(of ids: [Int32], vocabulary: Int, frequent: Int, sample: Int) {
    var counts = [Int](repeating: 0, count: max(0, vocabulary))
    for id in ids where counts.indices.contains(Int(id)) { counts[Int(id)] += 1 }
    let order = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
    var isFrequent = [Bool](repeating: false, count: counts.count)
    for id in order.prefix(max(0, frequent)) { isFrequent[id] = true }
    self.isFrequent = isFrequent
    self.frequent = min(max(0, frequent), counts.count)
    self.sample = max(1, sample)
  }

  /// The words of a batch. Takes `sample` draws of `torch.randint(rest, (sample,))`, none when there is
  /// no rest.
  func candidates(for labels: [Int32], generator: inout TorchGenerator) -> Candidates {
    var isCertain = isFrequent
    for label in labels where label != CrossEntropy.ignored { isCertain[Int(label)] = true }
    var (ids, rest): ([Int32], [Int32]) = ([], [])
    var places = [Int32](repeating: CrossEntropy.ignored, count: isCertain.count)
    for (id, isCertain) in isCertain.enumerated() {
      if isCertain {
        places[id] = Int32(ids.count)
        ids.append(Int32(id))
      } else {
        rest.append(Int32(id))
      }
    }
    let certain = ids.count
    if !rest.isEmpty {
      for _ in 0..<sample { ids.append(rest[Int(generator.nextInt64(in: 0..<Int64(rest.count)))]) }
    }
    let lift = rest.isEmpty ? 0 : Float(log(Double(rest.count) / Double(sample)))
    return Candidates(
      ids: ids, certain: certain, lift: lift,
      labels: labels.map { $0 == CrossEntropy.ignored ? $0 : places[Int($0)] })
  }

  /// Room for the weights and gradients of `count` words, kept from step to step.
  private func table(_ count: Int, channels: Int) throws(Fault) -> Parameters {
    if let rows, rows.entries[0].shape[0] >= count { return rows }
    let room = count + count / 8
    let new = try Parameters([("rows", [room, channels]), ("lifts", [room])])
    rows = new
    return new
  }

  /// What each logit is raised by: a bias, for each word that was drawn stands for several.
  private func lifts(_ chosen: Candidates, _ rows: Parameters) throws(Fault) -> Tensor {
    let (start, count) = (rows.values.pointer + rows.entries[1].range.lowerBound, chosen.ids.count)
    start.update(repeating: 0, count: chosen.certain)
    (start + chosen.certain).update(repeating: chosen.lift, count: count - chosen.certain)
    return try Tensor(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: start, count: count)), of: rows.values,
      shape: [count])
  }
}

extension GPT2Trainable {
  /// As ``train(_:labels:scale:generator:)``, with the loss over the words of a sample when there is a
  /// vocabulary to draw it from.
  ///
  /// - Parameters:
  ///   - vocabulary: Which words; all when there is none.
  ///   - generator: Draws the sample after the flags of dropout.
  /// - Returns: The mean loss over those words: an estimate of that over all.
  package func train(
    _ ids: [[Int32]], labels: [[Int32]], scale: Float, generator: inout TorchGenerator,
    over vocabulary: SampledVocabulary?
  ) throws(Fault) -> Float {
    guard let vocabulary else {
      return try train(ids, labels: labels, scale: scale, generator: &generator)
    }
    let (head, parameters) = (model.head, parameters)
    return try train(ids, labels: labels, generator: &generator) { x, labels, dx, generator in
      vocabulary.loss(
        x, labels: labels, scale: scale, into: dx, head: head, parameters, generator: &generator)
    }
  }
}

extension SampledVocabulary {
  /// The loss over the words of a sample, and its gradients; see ``CrossEntropy``.
  func loss(
    _ x: Matrix, labels: [Int32], scale: Float, into dx: Matrix, head: Linear,
    _ parameters: Parameters, generator: inout TorchGenerator
  ) -> Float {
    let chosen = candidates(for: labels, generator: &generator)
    let channels = head.inputs
    let count = chosen.ids.count
    guard case .f32(let weights) = head.weight.stored,
      let rows = try? table(count, channels: channels),
      let part = try? Linear(
        Weight(Tensor(shape: [count, channels], taking: rows.values)),
        bias: chosen.lift == 0 ? nil : lifts(chosen, rows), isTransposed: true)
    else { return .nan }
    Parallel.ranges(count, grain: 512) { range in
      for row in range {
        (rows.values.pointer + row * channels).update(
          from: weights + Int(chosen.ids[row]) * channels, count: channels)
        (rows.gradients.pointer + row * channels).update(repeating: 0, count: channels)
      }
    }
    let loss = CrossEntropy.loss(
      x, labels: chosen.labels, head: part, (scale, dx, rows), arena)
    Embedding.backward(
      chosen.ids, Matrix(rows.gradients, count, channels),
      addingTo: parameters.gradient(of: head.weight))
    return loss
  }
}
