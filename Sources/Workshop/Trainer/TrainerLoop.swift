import FoxFiles
import FoxKernels
import FoxModels
import FoxTraining

/// # The trainer's loop
///
/// The chapter's `TrainingLoop`, with what a long run needs between its lines: a step may have several
/// batches, an epoch may begin in its middle, callbacks are asked, and a number that is not finite
/// ends the run by name.

/// What the batches of the step under way did, those left over from the epoch before too.
struct StepSoFar {
  var samples: [[Int]] = []
  var losses: [Float] = []
  var drawn: [Int] = []
  var tokens = 0
}

/// Whether the loss of a run grew a thousandfold: the numbers are still finite then, and worth nothing.
struct LossGrowth {
  private var first: Float?
  private var isSaid = false

  /// Takes the mean loss of a step; a sentence for the user when it is too great for the first time.
  mutating func warning(_ loss: Float, step: Int, rate: Double) -> String? {
    guard let first else {
      first = loss
      return nil
    }
    // A run may begin with a loss near zero, and then grow without harm.
    guard !isSaid, loss > 1000 * max(first, 0.01) else { return nil }
    isSaid = true
    return "step \(step): the loss is \(loss), a thousand times that of the first step (\(first)); "
      + "the learning rate (\(rate)) is probably too great"
  }
}

extension Trainer {
  /// Runs an epoch, or the rest of one that a checkpoint was written in.
  func runEpoch(_ plan: TrainingPlan) throws {
    if progress.batch == 0 {
      order?.beginEpoch(&generator, epoch: progress.epoch)
    } else {
      order?.drawOrder(epoch: progress.epoch)
    }
    try emit(.epochBegin)
    while progress.batch < plan.batches, !control.stopsTraining {
      let batch = progress.batch
      if batch % plan.accumulation == 0 { try emit(.stepBegin) }
      try runBatch(order?.batch(batch) ?? [], plan)
      progress.batch += 1
      if plan.isStep(after: batch) {
        try makeStep(plan)
        try logEvaluateSave()
        try endTogether()
      } else {
        try emit(.substepEnd)
      }
    }
    order?.endEpoch()
    // A checkpoint of rank 0 then holds what all have.
    if progress.leftOver > 0 { averageGradients() }
    (progress.epoch, progress.batch) = (progress.epoch + 1, 0)
    try emit(.epochEnd)
    try logEvaluateSave()
  }

  /// Forward and backward pass of a batch.
  private func runBatch(_ samples: ArraySlice<Int>, _ plan: TrainingPlan) throws {
    if !ranks.areMany, isInterrupted() {
      throw Interrupted(step: state.step, checkpoint: lastCheckpoint)
    }
    step.samples.append(Array(samples))
    step.drawn.append(generator.drawn)
    let scale = 1 / Float(plan.accumulation)
    task.beginStep(state.step, of: plan.steps)
    let loss = try task.train(on: samples, scale: scale, generator: &generator)
    guard loss.isFinite else {
      throw notFinite(.loss, Double(loss), samples: step.samples)
    }
    step.losses.append(loss)
    progress.leftOver += 1
    progress.runningLoss += loss / Float(plan.accumulation)
    let tokens = task.tokens(in: samples)
    step.tokens += tokens
    progress.operations += FloatingPointOperations.estimate(
      tokens: tokens, parameters: countedParameters)
  }

  /// Ends the run on all ranks when one was asked to end: after a step, with a checkpoint of it. One that
  /// ended earlier would leave the others waiting for its gradients. SPEC `MPI-8`.
  private func endTogether() throws {
    guard ranks.areMany, ranks.onAny(isInterrupted()) else { return }
    let saved = lastCheckpoint.flatMap { CheckpointFolders.step(Folder.split($0).name) }
    if saved != state.step { try save(nil) }
    throw Interrupted(step: state.step, checkpoint: lastCheckpoint)
  }

  /// The mean over all ranks, before it is clipped. SPEC `MPI-2`.
  private func averageGradients() {
    ranks.average(task.parameters.gradients.pointer, count: task.parameters.count)
  }

  /// Clips the gradient and changes the weights.
  private func makeStep(_ plan: TrainingPlan) throws {
    averageGradients()
    let rate = schedule.value(state.step)
    let norm = optimizer.update(
      task.parameters, learningRate: rate, maximumNorm: arguments.maximumGradientNorm)
    guard norm.isFinite else {
      throw notFinite(.gradientNorm, Double(norm), samples: step.samples)
    }
    progress.leftOver = 0
    state.step += 1
    let done = step
    step = StepSoFar()
    let mean = done.losses.reduce(0, +) / Float(max(done.losses.count, 1))
    if let warning = growth.warning(mean, step: state.step, rate: rate) { note(warning) }
    state.epoch = Double(progress.epoch) + Double(progress.batch) / Double(plan.batches)
    try emit(
      .stepEnd(
        StepReport(
          step: state.step, samples: done.samples, losses: done.losses, drawn: done.drawn,
          learningRate: rate, gradientNorm: norm, tokens: done.tokens)))
  }

  /// Does what callbacks asked for: logs, evaluates and saves, in this order.
  private func logEvaluateSave() throws {
    if control.logs { try logLoss() }
    let metrics = control.evaluates ? try evaluate() : nil
    if control.saves { try save(metrics) }
  }

  /// The error of a number that is not finite, with the first tensor to blame.
  func notFinite(
    _ quantity: NonFinite.Quantity, _ value: Double, samples: [[Int]]
  ) -> NonFinite {
    NonFinite(
      quantity: quantity, value: value, step: state.step + (quantity == .weight ? 0 : 1),
      samples: samples.flatMap { $0 }, tensor: task.parameters.firstNonFinite(),
      checkpoint: lastCheckpoint)
  }
}

extension Parameters {
  /// The first element that is NaN or infinite: of the values, else of the gradients.
  ///
  /// - Complexity: O(*n*): it reads everything. SPEC `TRAIN-9`.
  func firstNonFinite() -> NonFinite.BadTensor? {
    firstNonFinite(in: values, isGradient: false) ?? firstNonFinite(in: gradients, isGradient: true)
  }

  /// The first value that is NaN or infinite.
  func firstNonFiniteValue() -> NonFinite.BadTensor? {
    firstNonFinite(in: values, isGradient: false)
  }

  private func firstNonFinite(in buffer: FloatBuffer, isGradient: Bool) -> NonFinite.BadTensor? {
    let start = buffer.pointer
    guard let index = (0..<count).first(where: { !start[$0].isFinite }),
      let entry = entries.first(where: { $0.range.contains(index) })
    else { return nil }
    return NonFinite.BadTensor(
      isGradient: isGradient, name: entry.name, index: index - entry.range.lowerBound,
      value: start[index])
  }
}
