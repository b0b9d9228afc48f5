import Foundation
import FoxFiles
import FoxKernels
import FoxModels
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
    let scale = 1 / Float(channels / configuration.heads).squareRoot()
    let attention = Attention(
      (0..<rows).map { $0 * tokens..<($0 + 1) * tokens }, heads: configuration.heads,
      isCausal: true)
    let arena = Arena()
    let input = arena.matrix(rows * tokens, 3 * channels)
    input.fill(0.1)
    let (out, back) = (
      arena.matrix(rows * tokens, channels), arena.matrix(rows * tokens, 3 * channels)
    )
    let probabilities = arena.matrix(1, attention.probabilityCount)
    func once() {
      var generator: TorchGenerator? = TorchGenerator(seed: 1)
      let inner = Arena()
      let kept = Dropout.draw(
        Region(all: attention.probabilityCount), dropping: 0.1, from: &generator, inner)
      attention.forward(
        .init([input]), scale: scale, kept: kept, keeping: probabilities, into: out, arena)
      attention.backward(
        out, .init([input]), scale: scale, kept: kept, probabilities: probabilities,
        into: .init([back]), arena)
    }
    once()
    return seconds { for _ in 0..<configuration.layers { once() } }
  }
}
