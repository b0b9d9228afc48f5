import Foundation
import FoxDecoding
import FoxFiles
import FoxKernels
import FoxModels
import FoxTraining

/// # The trainer
///
/// Adds to the chapter's loop everything a long run needs: steps of several batches, callbacks,
/// evaluations, logs, and checkpoints from which a run goes on bit by bit. Optimizer, schedule,
/// clipping and order are the chapter's own.
///
/// Everything happens in the order of transformers 4.17.0's `Trainer`.
/// A run of the same seed draws the same random numbers in the same order as the reference on a CPU,
/// so that its masks and batches are equal and its losses differ only by rounding. The loop is in
/// `TrainerLoop.swift`, evaluation and logs in `TrainerEvaluation.swift`, checkpoints in
/// `TrainerCheckpoints.swift`. One owner, one thread. SPEC `TRAIN-1` to `TRAIN-9`.
package final class Trainer {
  /// What is trained.
  package let task: any TrainableTask
  /// How it is trained.
  package let arguments: TrainingArguments
  /// How far the run has come.
  package internal(set) var state = TrainerState()
  /// PyTorch's global generator.
  package internal(set) var generator: TorchGenerator
  /// Takes sentences for the user, when something happens.
  package var note: (String) -> Void = { _ in }
  /// Whether the user wants the run to end: asked between batches.
  package var isInterrupted: () -> Bool = { false }

  /// The processes that train together.
  package let ranks: any Ranks
  /// Whether samples are taken as ranks take them: one process may go on where several ended.
  var isShared: Bool
  let plan: TrainingPlan?
  let countedParameters: Int
  /// What moves the parameters: ``adamW``, or a ``Muon`` that leaves it some of them.
  let optimizer: any Optimizer
  /// The moments, of both optimizers.
  let adamW: AdamW
  let schedule: TrainerSchedule
  let callbacks: [any TrainerCallback]
  var control = TrainerControl()
  var progress = Progress()
  var step = StepSoFar()
  /// What tells that the loss grew out of all measure (`TRAIN-20`).
  var growth = LossGrowth()
  /// The batches of the run; `nil` before it begins.
  var order: SampleOrder?
  /// Checkpoints in the output folder that are not of this run, until it has one of its own.
  var staleCheckpoints: [String] = []
  /// When this process began to train.
  var start = ContinuousClock.now

  /// Where a run is, beside its ``TrainerState``: what a checkpoint needs to go on bit by bit.
  struct Progress: Equatable {
    /// The current epoch, from 0.
    var epoch = 0
    /// Batches done in it.
    var batch = 0
    /// Batches since the last step, whose gradients are kept.
    var leftOver = 0
    /// The sum of losses since the last log, as the reference keeps it: in float32.
    var runningLoss: Float = 0
    /// The sum of losses before that.
    var totalLoss = 0.0
    /// The step of the last log.
    var loggedStep = 0
    /// Floating-point operations that the state does not count yet.
    var operations = 0.0
    /// Seconds of earlier processes of this run.
    var seconds = 0.0
    /// The newest checkpoint that this run wrote or went on from.
    var checkpoint: String?
  }

  /// A trainer whose generator is seeded, as `Trainer.__init__` does.
  ///
  /// - Parameters:
  ///   - task: A model with its samples.
  ///   - arguments: Checked together with the number of samples.
  ///   - callbacks: Asked in order, after the default flow.
  /// - Throws: `Fault`.
  package convenience init(
    _ task: any TrainableTask, _ arguments: TrainingArguments,
    callbacks: [any TrainerCallback] = []
  ) throws(Fault) {
    try self.init(task, arguments, callbacks: callbacks, ranks: SingleRank())
  }

  /// A trainer that is one of several, each in a process of its own.
  package init(
    _ task: any TrainableTask, _ arguments: TrainingArguments,
    callbacks: [any TrainerCallback] = [], ranks: any Ranks
  ) throws(Fault) {
    (self.task, self.ranks) = (task, ranks)
    isShared = ranks.areMany
    self.arguments = arguments
    countedParameters = task.countedParameters
    self.callbacks =
      [FlowCallback(arguments)] + EarlyStoppingCallback.asked(for: arguments) + callbacks
    generator = TorchGenerator(seed: arguments.seed)
    plan =
      arguments.trains
      ? try TrainingPlan(arguments, samples: task.trainingSamples, ranks: ranks.count) : nil
    if arguments.evaluates, task.evaluationSamples == 0 {
      throw Fault.nothing(in: "the evaluation data")
    }
    if arguments.evaluates { try Self.checkEvaluation(task, arguments) }
    try task.batchMemory.check(
      arguments, training: task.trainingSamples, evaluation: task.evaluationSamples)
    let steps = plan?.steps ?? 0
    schedule = try TrainerSchedule(
      arguments.schedule, learningRate: arguments.learningRate,
      warmupSteps: TrainerSchedule.warmupSteps(
        arguments.warmupSteps, ratio: arguments.warmupRatio, totalSteps: steps),
      totalSteps: steps)
    if arguments.optimizer == .muon {
      adamW = try AdamW(task.parameters, arguments.adamW) { !Muon.moves($0) }
      optimizer = Muon(task.parameters, beside: adamW)
    } else {
      adamW = try AdamW(task.parameters, arguments.adamW)
      optimizer = adamW
    }
  }

  /// Trains, from the beginning or from a checkpoint, to the end.
  ///
  /// - Parameter checkpoint: The folder of a checkpoint of the same run.
  /// - Returns: The metrics of the run: runtime, speed, operations, loss, epoch.
  /// - Throws: `Fault`, and what the task, files and callbacks throw. A checkpoint that was
  ///   written is then still there, and the run can go on from it.
  package func train(resumingFrom checkpoint: String? = nil) throws -> JSON.Object {
    guard let plan else { throw Fault.nothing(in: "the training data") }
    start = .now
    try ranks.requireSame(identity + settings + (ranks.areMany ? shared : []))
    begin(plan)
    if let checkpoint { try resume(from: checkpoint) }
    findStaleCheckpoints(from: checkpoint == nil ? nil : state.step)
    try emit(.trainBegin)
    // After the last epoch's end there is nothing left; in the middle of it, its end is.
    while progress.epoch < plan.epochs, !(control.stopsTraining && progress.batch == 0) {
      try runEpoch(plan)
    }
    try loadBest()
    let metrics = try finish(plan)
    try emit(.trainEnd)
    return metrics
  }

  private func begin(_ plan: TrainingPlan) {
    state = TrainerState()
    state.epoch = 0
    (state.maximumSteps, state.epochs) = (plan.steps, plan.epochs)
    (control, progress, step) = (TrainerControl(), Progress(), StepSoFar())
    task.parameters.clearGradients()
    let (samples, size) = (task.trainingSamples, arguments.trainingBatchSize)
    // Ranks must draw the same permutations: they seed their samplers by the run's seed.
    let order =
      ranks.areMany
      ? BatchOrder(samples: samples, batchSize: size, sampler: generator)
      : BatchOrder(samples: samples, batchSize: size, generator: &generator)
    self.order = SampleOrder(order, grouping: grouping, share: share)
  }

  /// Which samples this rank takes; `nil` for all.
  var share: SampleOrder.Share? {
    isShared ? .init(rank: ranks.rank, ranks: ranks.count, seed: arguments.seed) : nil
  }

  /// How samples are grouped; `nil` when they are not.
  var grouping: SampleOrder.Grouping? {
    if !arguments.groupsByLength { return nil }
    return .init(
      lengths: task.trainingLengths, batchSize: arguments.trainingBatchSize,
      accumulation: arguments.accumulation)
  }

  private func finish(_ plan: TrainingPlan) throws -> JSON.Object {
    let total = progress.totalLoss + Double(progress.runningLoss)
    storeOperations()
    var metrics = speed("train", seconds: seconds, samples: plan.samples, steps: plan.steps)
    metrics["total_flos"] = .number(state.floatingPointOperations)
    metrics["train_loss"] = .number(total / Double(max(state.step, 1)))
    try log(&metrics)
    return metrics
  }

  /// Seconds of the run so far, in all its processes.
  var seconds: Double { progress.seconds + (ContinuousClock.now - start) / .seconds(1) }

  /// Tells every callback.
  func emit(_ event: TrainerEvent) throws {
    for callback in callbacks { try callback.handle(event, state, &control) }
  }

  func storeOperations() {
    state.floatingPointOperations += progress.operations
    progress.operations = 0
  }

  /// Runtime and speeds, rounded as the reference does.
  func speed(_ split: String, seconds: Double, samples: Double, steps: Int) -> JSON.Object {
    let seconds = max(seconds, 1e-9)
    return JSON.Object([
      ("\(split)_runtime", .number(Python.round(seconds, 4))),
      ("\(split)_samples_per_second", .number(Python.round(samples / seconds, 3))),
      ("\(split)_steps_per_second", .number(Python.round(Double(steps) / seconds, 3))),
    ])
  }
}
