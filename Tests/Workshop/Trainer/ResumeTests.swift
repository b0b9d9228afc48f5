import Foundation
import FoxDecoding
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

/// What must be the same, to the last bit, however often a run was stopped.
struct Outcome: Equatable {
  let weights: [UInt32]
  let moments: [UInt32]
  let generator: TorchGenerator
  let state: String

  init(_ trainer: Trainer) {
    func bits(_ buffer: FloatBuffer) -> [UInt32] {
      UnsafeBufferPointer(start: buffer.pointer, count: buffer.count).map(\.bitPattern)
    }
    weights = bits(trainer.task.parameters.values)
    moments = bits(trainer.adamW.firstMoments) + bits(trainer.adamW.secondMoments)
    generator = trainer.generator
    var state = trainer.state
    // Times are those of the clock.
    state.history = state.history.map { entry in
      JSON.Object(
        entry.members.filter { !$0.key.hasSuffix("_runtime") && !$0.key.hasSuffix("_per_second") })
    }
    state.bestCheckpoint = state.bestCheckpoint.map { ($0 as NSString).lastPathComponent }
    self.state = state.json.text(.indented)
  }
}

@Suite("Stopped and resumed", .counted)
struct ResumeTests {
  /// A run with everything that has to be remembered.
  static func arguments(
    _ folder: String, _ change: (inout TrainingArguments) -> Void = { _ in }
  ) -> TrainingArguments {
    var arguments = TrainingArguments(outputFolder: folder)
    // 8 batches an epoch: 2 steps, 2 batches left over.
    (arguments.trainingBatchSize, arguments.accumulation) = (3, 3)
    (arguments.epochs, arguments.learningRate, arguments.warmupSteps) = (3.5, 3e-3, 2)
    (arguments.weightDecay, arguments.maximumGradientNorm) = (0.01, 0.5)
    (arguments.evaluates, arguments.evaluationStrategy, arguments.evaluationSteps) = (
      true, .steps, 2
    )
    (arguments.loggingSteps, arguments.logsFirstStep, arguments.saveSteps) = (3, true, 2)
    change(&arguments)
    return arguments
  }

  static func trainer(_ arguments: TrainingArguments) throws -> Trainer {
    var arguments = arguments
    if arguments.loadsBestModel { arguments.earlyStopping = .init(evaluations: 3) }
    return try Trainer(TestModel.task(), arguments)
  }

  /// Runs to the end, in pieces of `batches`; `nil` for one piece.
  static func outcome(
    _ arguments: TrainingArguments, stoppingAfter batches: Int?, once: Bool = false
  ) throws -> Outcome {
    var isLast = batches == nil
    while true {
      let trainer = try trainer(arguments)
      var rest = isLast ? Int.max : batches ?? Int.max
      trainer.isInterrupted = {
        rest -= 1
        return rest < 0
      }
      do {
        _ = try trainer.train(
          resumingFrom: RunFolder.prepare(arguments, resumes: true))
        return Outcome(trainer)
      } catch is Interrupted {
        if once { isLast = true }
      }
    }
  }

  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try Places.withTemporaryFolder { try body($0.appendingPathComponent("out").path) }
  }

  @Test
  func `CKPT-1 CKPT-5 stopped anywhere, a run ends with the same bits`() throws {
    let whole = try Self.withFolder { try Self.outcome(Self.arguments($0), stoppingAfter: nil) }
    #expect(whole.state.contains("\"global_step\": 7"))
    for batches in 0..<32 {
      let pieces = try Self.withFolder {
        try Self.outcome(Self.arguments($0), stoppingAfter: batches, once: true)
      }
      #expect(pieces == whole, "stopped after \(batches) batches")
    }
  }

  @Test(arguments: [TrainingArguments.Strategy.steps, .epoch])
  func `CKPT-1 CKPT-5 TRAIN-3 stopped again and again, with gradients left over`(
    strategy: TrainingArguments.Strategy
  ) throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) {
        ($0.saveStrategy, $0.evaluationStrategy, $0.loggingStrategy) = (
          strategy, strategy, strategy
        )
        ($0.saveSteps, $0.checkpointLimit) = (1, 1)
      }
    }
    let whole = try Self.withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let pieces = try Self.withFolder { folder in
      let result = try Self.outcome(arguments(folder), stoppingAfter: 12)
      #expect(CheckpointFolders(folder).all().count == 1)
      return result
    }
    #expect(pieces == whole)
  }

  @Test
  func `CKPT-5 OPT-8 TRAIN-22 Muon's momentum and groups of like length survive a stop`() throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) { ($0.optimizer, $0.groupsByLength) = (.muon, true) }
    }
    let whole = try Self.withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let plain = try Self.withFolder { try Self.outcome(Self.arguments($0), stoppingAfter: nil) }
    #expect(whole != plain)
    for batches in [1, 8, 13] {
      let pieces = try Self.withFolder {
        try Self.outcome(arguments($0), stoppingAfter: batches, once: true)
      }
      #expect(pieces == whole, "stopped after \(batches) batches")
    }
  }

  @Test
  func `CKPT-1 gradients between steps are in the checkpoint of an epoch's end`() throws {
    try Self.withFolder { folder in
      let arguments = Self.arguments(folder) { ($0.saveStrategy, $0.epochs) = (.epoch, 2) }
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      let file = try SafeTensorsFile(path: "\(folder)/checkpoint-2/optimizer.safetensors")
      #expect(file.tensors.contains { $0.name == "gradient.transformer.wte.weight" })
      #expect(file.tensors.contains { $0.name == "exp_avg.transformer.wte.weight" })
      #expect(file.tensors.contains { $0.name == "exp_avg_sq.transformer.wte.weight" })
      let generators = try SafeTensorsFile(path: "\(folder)/checkpoint-2/rng_state.safetensors")
      #expect(generators.tensors.map(\.name).sorted() == ["sampler", "torch"])
      #expect(generators.tensors.allSatisfy { $0.shape == [5056] })
    }
  }

  @Test
  func `CKPT-5 TRAIN-6 stopping early and the best model survive a stop`() throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) {
        ($0.loadsBestModel, $0.bestMetric, $0.greaterIsBetter) = (true, "loss", false)
        ($0.learningRate, $0.epochs, $0.saveSteps, $0.accumulation) = (3e-2, 12, 2, 1)
        ($0.warmupSteps, $0.checkpointLimit) = (0, 1)
      }
    }
    let whole = try Self.withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let state = try JSON.parse(Array(whole.state.utf8))
    let (steps, all) = (state["global_step"]?.integer ?? 0, state["max_steps"]?.integer ?? 0)
    #expect(steps < all, "the run should stop early: \(steps) of \(all)")
    for batches in [5, 7, 11] {
      let pieces = try Self.withFolder { try Self.outcome(arguments($0), stoppingAfter: batches) }
      #expect(pieces == whole, "in pieces of \(batches)")
    }
  }

  @Test
  func `CKPT-5 a run that was done is done again with the same result`() throws {
    try Self.withFolder { folder in
      let arguments = Self.arguments(folder) { $0.saveSteps = 1 }
      let first = try Self.outcome(arguments, stoppingAfter: nil)
      #expect(try Self.outcome(arguments, stoppingAfter: nil) == first)
    }
  }
}
