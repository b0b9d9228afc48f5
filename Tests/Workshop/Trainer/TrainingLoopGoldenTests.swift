import FoxFiles
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTrainer
@testable import FoxTraining

/// The chapter's loop needs a model to be compared with PyTorch's, and the chapter knows none: so it is
/// compared here.
@Suite("The chapter's loop against the reference, and against the trainer", .counted)
struct TrainingLoopGoldenTests {
  /// A GPT-2 through 40 steps in 4 epochs, with dropout, warm-up, decay and clipping.
  private let run: RecordedRun

  init() throws { run = try RecordedRun.named("forty-steps") }

  /// The losses of all batches, and the model at the end.
  private func train() throws -> (losses: [Float], task: LanguageModelTask) {
    let task = try run.task()
    let arguments = try run.arguments(folder: "/nowhere")
    var loop = try TrainingLoop(
      task, samples: task.trainingSamples, batchSize: arguments.trainingBatchSize, epochs: 4,
      learningRate: arguments.learningRate, warmupSteps: arguments.warmupSteps,
      weightDecay: arguments.weightDecay, maximumNorm: arguments.maximumGradientNorm,
      seed: arguments.seed)
    var losses: [Float] = []
    for _ in 0..<4 {
      losses += try loop.epoch()
      // The reference evaluates after each epoch, and its loader draws a seed for that too.
      _ = loop.generator.nextInt64()
    }
    #expect(loop.generator.drawn == run.golden["drawn"]?.integer)
    return (losses, task)
  }

  @Test(arguments: Computing.allCases)
  func `TRAIN-1 TRAIN-2 the losses are the reference's`(computing: Computing) throws {
    let golden = try #require(run.golden["batches"]?.array).compactMap { $0["loss"]?.double }
    let ours = try computing { try train().losses }
    #expect(ours.count == golden.count && golden.count == 40)
    for (step, (loss, golden)) in zip(ours, golden).enumerated() {
      #expect(abs(Double(loss) - golden) <= 1e-5 * golden, "step \(step + 1)")
    }
  }

  @Test(arguments: Computing.allCases)
  func `TRAIN-13 the weights are the trainer's, bit by bit`(computing: Computing) throws {
    func bits(_ parameters: Parameters) -> [UInt32] {
      (0..<parameters.count).map { parameters.values.pointer[$0].bitPattern }
    }
    try computing {
      try Places.withTemporaryFolder { folder in
        let trainer = try run.trainer(folder: folder.path)
        _ = try trainer.train()
        expectSame(
          bits(try train().task.parameters), bits(trainer.task.parameters), "weights")
      }
    }
  }
}
