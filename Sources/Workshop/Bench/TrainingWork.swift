import Foundation
import FoxFiles
import FoxGPT2
import FoxKernels
import FoxLayers
import FoxTrainer

/// A training step as the homework has it: forward and backward pass with dropout, clipping, AdamW.
struct TrainingWork: TimedWork {
  let unit = "step"
  private let trainable: GPT2Trainable
  private let optimizer: AdamW
  private let ids: [[Int32]]
  private var generator = TorchGenerator(seed: 42)
  private var losses: [Float] = []

  init(_ model: GPT2Model, batch: Int, tokens: Int) throws {
    trainable = try GPT2Trainable(model)
    optimizer = try AdamW(trainable.parameters)
    let vocabulary = model.configuration.vocabularySize
    ids = (0..<batch).map { row in
      (0..<tokens).map { Int32((($0 + row * tokens) * 7919 + 13) % vocabulary) }
    }
  }

  var bytes: Int { 4 * trainable.parameters.count }

  mutating func run() throws -> Double {
    try seconds {
      losses.append(
        try trainable.train(ids, labels: ids, scale: 1, generator: &generator))
      _ = optimizer.update(trainable.parameters, learningRate: 5e-5, maximumNorm: 1)
    }
  }

  func result() -> [Int] { [] }

  func details() -> [(String, JSON)] {
    [
      ("losses", .array(losses.map { .number(Double($0)) })),
      ("attention", .number(attentionSeconds())),
    ]
  }

  /// What attention alone takes in a step, forwards and backwards in all blocks.
  private func attentionSeconds() -> Double {
    let (rows, tokens) = (ids.count, ids[0].count)
    let configuration = trainable.configuration
    let channels = configuration.channels
    let shape = AttentionShape(
      channels: channels, heads: configuration.heads,
      scale: 1 / Float(channels / configuration.heads).squareRoot())
    let attention = SequenceAttention(
      (0..<rows).map { .init(firstRow: $0 * tokens, count: tokens) }, shape: shape,
      isCausal: true)
    let arena = Arena()
    let input = arena.take(rows * tokens * 3 * channels)
    input.update(repeating: 0.1, count: rows * tokens * 3 * channels)
    let (out, back) = (
      arena.take(rows * tokens * channels), arena.take(rows * tokens * 3 * channels)
    )
    let (probabilities, scratch) = (
      arena.take(attention.probabilityCount), arena.take(attention.scratchCount)
    )
    func split<Pointer: Strideable>(
      _ start: Pointer
    ) -> SequenceAttention.Projections<Pointer> where Pointer.Stride == Int {
      .init(
        queries: start, keys: start.advanced(by: channels),
        values: start.advanced(by: 2 * channels), stride: 3 * channels)
    }
    func once() {
      var generator: TorchGenerator? = TorchGenerator(seed: 1)
      let inner = Arena()
      let kept = Dropout(0.1).draw(
        rows * configuration.heads * tokens * tokens, from: &generator, arena: inner)
      attention.forward(
        split(UnsafePointer(input)), kept: kept, probabilities: probabilities, scratch: scratch,
        into: out)
      attention.backward(
        out, split(UnsafePointer(input)), kept: kept, probabilities: probabilities,
        scratch: scratch, into: split(back))
    }
    once()
    return seconds { for _ in 0..<configuration.layers { once() } }
  }
}
