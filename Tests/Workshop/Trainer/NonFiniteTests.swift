import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

/// Two parameters that a test makes misbehave.
private final class FakeTask: TrainableTask {
  let parameters: Parameters
  let trainingSamples = 6
  let evaluationSamples = 2
  let countedParameters = 5
  let identity: [(key: String, value: JSON)] = [("fake", true)]
  var spoil: (_ batch: Int, Parameters) -> Float = { _, _ in 1 }
  var evaluationLoss: Float = 1
  private var batches = 0

  init() throws { parameters = try Parameters([("first", [2]), ("second", [3])]) }

  func tokens(in samples: ArraySlice<Int>) -> Int { samples.count }

  func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float {
    batches += 1
    for index in 0..<parameters.count { parameters.gradients.pointer[index] += scale }
    return spoil(batches, parameters)
  }

  func makeEvaluation(lossOnly: Bool) -> any TaskEvaluation { FakeEvaluation(evaluationLoss) }
  func saveCompanions(to folder: String) {}
}

private final class FakeEvaluation: TaskEvaluation {
  var results: [Float] = []
  let loss: Float
  init(_ loss: Float) { self.loss = loss }
  func add(_ samples: Range<Int>) -> Float { loss }
  func metrics() -> [(key: String, value: Double)] { [("score", 0.5)] }
}

/// Changes a weight after a step.
private final class Vandal: TrainerCallback {
  let body: (Int) -> Void
  init(_ body: @escaping (Int) -> Void) { self.body = body }
  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    if case .stepEnd = event { body(state.step) }
  }
}

@Suite("Numbers that are not finite", .counted)
struct NonFiniteTests {
  /// Trains until it fails; 3 batches of 2 samples, a checkpoint after each step.
  private func failure(
    _ task: FakeTask, callbacks: [any TrainerCallback] = [],
    _ change: (inout TrainingArguments) -> Void = { _ in },
    check: (NonFinite, _ folder: String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      var arguments = TrainingArguments(outputFolder: folder.path)
      (arguments.trainingBatchSize, arguments.saveSteps) = (2, 1)
      change(&arguments)
      do {
        _ = try Trainer(task, arguments, callbacks: callbacks).train()
        Issue.record("trained to the end")
      } catch let what as NonFinite { try check(what, folder.path) }
    }
  }

  @Test
  func `TRAIN-9 a loss: values are blamed before gradients`() throws {
    let task = try FakeTask()
    task.spoil = { batch, parameters in
      guard batch == 3 else { return 1 }
      parameters.gradients.pointer[0] = .nan
      parameters.values.pointer[4] = -.infinity
      return .nan
    }
    try failure(task) { what, folder in
      #expect(what.quantity == .loss && what.value.isNaN && what.step == 3)
      #expect(what.samples.count == 2 && Set(what.samples).isSubset(of: Set(0..<6)))
      #expect(
        what.tensor == .init(isGradient: false, name: "second", index: 2, value: -.infinity))
      #expect(what.checkpoint == "\(folder)/checkpoint-2")
      #expect(CheckpointFolders(folder).all().map(\.step) == [1, 2])
    }
  }

  @Test
  func `TRAIN-9 the norm of the gradient, over all batches of its step`() throws {
    let task = try FakeTask()
    task.spoil = { batch, parameters in
      if batch == 2 { parameters.gradients.pointer[1] = .infinity }
      return 1
    }
    try failure(task) {
      ($0.accumulation, $0.maximumGradientNorm) = (3, 0)
    } check: { what, folder in
      #expect(what.quantity == .gradientNorm && what.value == .infinity && what.step == 1)
      #expect(what.samples.sorted() == Array(0..<6))
      #expect(what.tensor == .init(isGradient: true, name: "first", index: 1, value: .infinity))
      #expect(what.checkpoint == nil && CheckpointFolders(folder).isEmpty())
    }
  }

  @Test
  func `TRAIN-9 a norm that overflows although every gradient is finite`() throws {
    let task = try FakeTask()
    task.spoil = { _, parameters in
      for index in 0..<5 { parameters.gradients.pointer[index] = .greatestFiniteMagnitude }
      return 1
    }
    try failure(task) { what, _ in
      #expect(what.quantity == .gradientNorm && what.tensor == nil)
      #expect("\(what)".contains("all weights and gradients are finite"))
    }
  }

  @Test
  func `TRAIN-9 a weight is never saved when it is not finite`() throws {
    let task = try FakeTask()
    let vandal = Vandal { if $0 == 2 { task.parameters.values.pointer[3] = .nan } }
    try failure(task, callbacks: [vandal]) { what, folder in
      #expect(what.quantity == .weight && what.step == 2 && what.tensor?.name == "second")
      #expect(CheckpointFolders(folder).all().map(\.step) == [1])
    }
  }

  @Test
  func `TRAIN-9 the loss of an evaluation`() throws {
    let task = try FakeTask()
    task.evaluationLoss = .infinity
    try failure(task) {
      ($0.evaluates, $0.evaluationStrategy) = (true, .epoch)
    } check: { what, _ in
      #expect(what.quantity == .evaluationLoss && what.samples.isEmpty)
    }
  }

  @Test
  func `TRAIN-9 a true model with a damaged weight`() throws {
    let task = try TestModel.task()
    let entry = try #require(task.parameters["transformer.h.0.mlp.c_fc.weight"])
    task.parameters.values.pointer[entry.range.lowerBound + 7] = .nan
    try Places.withTemporaryFolder { folder in
      let trainer = try Trainer(task, TrainingArguments(outputFolder: folder.path))
      do {
        _ = try trainer.train()
        Issue.record("trained to the end")
      } catch {
        #expect(
          "\(error)".contains("element 7 of transformer.h.0.mlp.c_fc.weight is nan"), "\(error)")
        #expect("\(error)".hasPrefix("step 1: the loss is nan on samples "))
      }
    }
  }

  @Test
  func `TRAIN-6 an unknown metric of the best model is refused at the first evaluation`() throws {
    try Places.withTemporaryFolder { folder in
      var arguments = TrainingArguments(outputFolder: folder.path)
      (arguments.evaluates, arguments.evaluationStrategy) = (true, .epoch)
      (arguments.loadsBestModel, arguments.bestMetric) = (true, "f1")
      do {
        _ = try Trainer(FakeTask(), arguments).train()
        Issue.record("accepted")
      } catch {
        #expect(
          "\(error)".contains("metric_for_best_model: found \"f1\", expected one of eval_score"))
      }
    }
  }

  @Test
  func `TRAIN-6 events come in the reference's order`() throws {
    try Places.withTemporaryFolder { folder in
      var arguments = TrainingArguments(outputFolder: folder.path)
      (arguments.trainingBatchSize, arguments.accumulation, arguments.epochs) = (2, 2, 1)
      (arguments.evaluates, arguments.evaluationStrategy) = (true, .epoch)
      (arguments.loggingSteps, arguments.saveStrategy) = (1, .epoch)
      let recorder = Recorder()
      _ = try Trainer(FakeTask(), arguments, callbacks: [recorder]).train()
      expectSame(
        recorder.names,
        [
          "trainBegin", "epochBegin", "stepBegin", "substepEnd", "stepEnd", "log", "epochEnd",
          "predictionStep", "log", "evaluate", "save", "log", "trainEnd",
        ], "events")
    }
  }

  @Test
  func `TRAIN-20 a loss that grows a thousandfold is said once`() {
    var growth = LossGrowth()
    func words(_ loss: Float) -> String? { growth.warning(loss, step: 2, rate: 10) }
    #expect(words(3) == nil && words(2999) == nil)
    #expect(words(3001)?.hasPrefix("step 2: the loss is 3001.0, a thousand times") == true)
    #expect(words(9000) == nil)
    var small = LossGrowth()
    #expect(small.warning(0, step: 1, rate: 1) == nil && small.warning(9, step: 2, rate: 1) == nil)
  }
}
