import FoxFiles
import FoxNumbers
import FoxTrainer
import FoxTraining
import TestSupport
import Testing

/// A straight line `a x` through some points.
final class Slope: Trainable {
  let points: [(x: Float, y: Float)] = [(1, 2), (2, 4), (3, 6)]
  let parameters: Parameters

  init() throws { parameters = try Parameters([("a", [1])]) }

  func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float {
    var loss: Float = 0
    for (x, y) in samples.map({ points[$0] }) {
      let error = parameters.values.pointer[0] * x - y
      // Gradients are added: the loop clears them after each step.
      parameters.gradients.pointer[0] += scale * 2 * error * x / Float(samples.count)
      loss += error * error / Float(samples.count)
    }
    return loss
  }
}

/// Ends a run when a step's loss is low enough.
final class StopBelow: TrainerCallback {
  let loss: Float
  init(_ loss: Float) { self.loss = loss }

  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    if case .stepEnd(let report) = event, report.losses.allSatisfy({ $0 < loss }) {
      control.stopsTraining = true
    }
  }
}

@Suite("The guide to Training", .counted)
struct TrainingGuide {
  @Test
  func `BOOK-10 something to train`() throws {
    let slope = try Slope()
    var loop = try TrainingLoop(slope, samples: 3, batchSize: 3, epochs: 300, learningRate: 0.05)
    for _ in 0..<300 { _ = try loop.epoch() }
    #expect(abs(slope.parameters.values.pointer[0] - 2) < 0.05)
  }

  @Test
  func `BOOK-10 a callback that ends a run`() throws {
    try Places.withTemporaryFolder { folder in
      let configuration = try Tiny.languageModel(in: folder.path, settings: ["num_train_epochs=9"])
      let run = try LanguageModelRun(path: configuration)
      let trainer = try Trainer(run.makeTask(), run.training, callbacks: [StopBelow(.infinity)])
      _ = try trainer.train()
      #expect(trainer.state.step == 1)
    }
  }
}
