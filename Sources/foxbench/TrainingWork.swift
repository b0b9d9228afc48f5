import Foundation
import GPT2
import Tensors

/// A training step: forward and backward pass with dropout, as the homework has it.
struct TrainingWork: TimedWork {
  let unit = "step"
  private let trainable: GPT2Trainable
  private let ids: [[Int32]]
  private var generator = TorchGenerator(seed: 42)
  private var loss: Float = 0

  init(_ model: GPT2Model, batch: Int, tokens: Int) throws {
    trainable = try GPT2Trainable(model)
    let vocabulary = model.configuration.vocabularySize
    ids = (0..<batch).map { row in
      (0..<tokens).map { Int32((($0 + row * tokens) * 7919 + 13) % vocabulary) }
    }
  }

  var bytes: Int { 4 * trainable.parameters.count }

  mutating func run() throws -> Double {
    trainable.parameters.clearGradients()
    return try seconds {
      loss = try trainable.train(ids, labels: ids, scale: 1, generator: &generator)
    }
  }

  func result() -> [Int] { [Int(loss * 1e4)] }
}
