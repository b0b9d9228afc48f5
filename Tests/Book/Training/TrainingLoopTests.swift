import FoxDecoding
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTraining

/// The least that can be trained: a straight line `a x + b`, and the four points it should go through.
/// They lie on `2 x + 1`.
///
///     loss = mean (a x + b − y)²        ∂a = mean 2 (a x + b − y) x        ∂b = mean 2 (a x + b − y)
private final class Line: Trainable {
  static let points: [(x: Float, y: Float)] = [(0, 1), (1, 3), (2, 5), (3, 7)]
  let parameters: Parameters
  private(set) var batches: [[Int]] = []

  init() throws { parameters = try Parameters([("a", [1]), ("b", [1])]) }

  var a: Float { parameters.values.pointer[0] }
  var b: Float { parameters.values.pointer[1] }

  func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float {
    batches.append(Array(samples))
    let gradients = parameters.gradients.pointer
    var loss: Float = 0
    for (x, y) in samples.map({ Self.points[$0] }) {
      let error = a * x + b - y
      let part = scale * 2 * error / Float(samples.count)
      gradients[0] += part * x
      gradients[1] += part
      loss += error * error / Float(samples.count)
    }
    return loss
  }
}

@Suite("The training loop", .counted)
struct TrainingLoopTests {
  @Test
  func `OPT-1 TRAIN-2 one step on all four points, by hand`() throws {
    let line = try Line()
    var loop = try TrainingLoop(line, samples: 4, batchSize: 4, learningRate: 0.1)
    // a = b = 0: the errors are −1, −3, −5, −7, and the mean of their squares is 84 / 4.
    #expect(try loop.epoch() == [21])
    // ∂a = −17 and ∂b = −8 differ, and both parameters move by the learning rate.
    #expect(abs(line.a - 0.1) < 1e-6 && abs(line.b - 0.1) < 1e-6)
    // The step has used the gradients up.
    #expect(line.parameters.gradients.pointer[0] == 0)
  }

  @Test(arguments: Computing.allCases)
  func `OPT-1 OPT-6 many epochs find the line`(computing: Computing) throws {
    try computing {
      let line = try Line()
      var loop = try TrainingLoop(
        line, samples: 4, batchSize: 2, epochs: 200, learningRate: 0.1)
      let losses = try (0..<200).map { _ in try loop.epoch().reduce(0, +) }
      #expect(losses[199] < 1e-4 && losses[199] < losses[0])
      #expect(abs(line.a - 2) < 0.01 && abs(line.b - 1) < 0.01, "\(line.a) x + \(line.b)")
    }
  }

  @Test
  func `TRAIN-2 each epoch takes every sample once, in an order of its own`() throws {
    let line = try Line()
    var loop = try TrainingLoop(line, samples: 4, batchSize: 3, epochs: 3)
    for _ in 0..<3 { _ = try loop.epoch() }
    // Three samples and one, three times; the short batch is kept.
    #expect(line.batches.map(\.count) == [3, 1, 3, 1, 3, 1])
    let epochs = stride(from: 0, to: 6, by: 2).map { line.batches[$0] + line.batches[$0 + 1] }
    #expect(epochs.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    #expect(Set(epochs).count > 1)
    // Two words for the sampler's seed, two for each epoch.
    #expect(loop.generator.drawn == 8)
  }

  @Test
  func `TRAIN-9 a gradient that is not finite changes nothing`() throws {
    let line = try Line()
    line.parameters.values.pointer[1] = 3e38
    var loop = try TrainingLoop(line, samples: 4, batchSize: 4, learningRate: 0.1)
    let fault = try #require(#expect(throws: Fault.self) { try loop.epoch() })
    #expect(fault.subject == "step 1" && fault.expected == "a finite one")
    #expect(line.a == 0 && line.b == 3e38)
  }

  @Test
  func `OPT-4 OPT-7 a run of nothing, and numbers that make no sense`() throws {
    let line = try Line()
    let empty = #expect(throws: Fault.self) { try TrainingLoop(line, samples: 0) }
    #expect(empty?.subject == "the training data")
    let rate = #expect(throws: Fault.self) {
      try TrainingLoop(line, samples: 4, learningRate: .nan)
    }
    #expect(rate?.subject == "learning_rate")
    let size = #expect(throws: Fault.self) { try TrainingLoop(line, samples: 4, batchSize: 0) }
    #expect(size?.subject == "batch size")
  }

  @Test(arguments: [-1, .max])
  func `OPT-7 a number of steps that cannot be counted is refused`(epochs: Int) throws {
    let line = try Line()
    let fault = #expect(throws: Fault.self) {
      try TrainingLoop(line, samples: 4, batchSize: 2, epochs: epochs)
    }
    #expect(fault?.subject == "epochs" && fault?.found == "\(epochs)")
  }
}
