import FoxDecoding
import FoxFiles
import FoxTraining

/// # Evaluations and logs
///
/// Adds to the loop the measurement of the model on samples that it does not learn, and the history of
/// losses that `trainer_state.json` keeps.
extension Trainer {
  /// Evaluates the model: the loss, and what the task adds.
  ///
  /// The loss is the mean over samples of the mean loss of their batch, in float32. Building the
  /// loader takes two draws of 32 bits of the global generator, so that evaluations change the masks
  /// of later steps. SPEC `TRAIN-5`. Source: `evaluation_loop` in `trainer.py` of transformers 4.17.0.
  ///
  /// - Returns: `eval_loss`, other metrics, runtime, speed and epoch.
  /// - Throws: What the task and callbacks throw; `Fault` for a loss that is not finite.
  package func evaluate() throws -> JSON.Object {
    let begin = ContinuousClock.now
    _ = generator.nextInt64()
    let samples = task.evaluationSamples
    if samples == 0 { throw Fault.nothing(in: "the evaluation data") }
    let evaluation = try task.makeEvaluation(lossOnly: arguments.lossOnly)
    let size = arguments.evaluationBatchSize
    // Of several ranks the reference fills up the last batch instead.
    let dropped = arguments.dropsLastBatch && !ranks.areMany ? samples % size : 0
    let evaluated = samples - dropped
    try Self.checkEvaluation(task, arguments)
    let batches = BatchOrder.batches(of: evaluated, size: size)
    func range(_ batch: Int) -> Range<Int> {
      batch * size..<(batch * size + min(size, evaluated - batch * size))
    }
    let parts = try ranks.share(batches) { batch in
      if !ranks.areMany, isInterrupted() {
        throw Interrupted(step: state.step, checkpoint: lastCheckpoint)
      }
      let (range, before) = (range(batch), evaluation.results.count)
      var loss = Double(try evaluation.add(range))
      if ranks.areMany, range.count < size { loss = try filled(range, loss) }
      try emit(.predictionStep(done: batch + 1, of: batches))
      return [loss] + evaluation.results[before...].map(Double.init)
    }
    evaluation.results = parts.flatMap { $0.dropFirst().map(Float.init) }
    let total = parts.enumerated().reduce(0.0) {
      $0 + $1.element[0] * Double(range($1.offset).count)
    }
    let loss = Float(total / Double(evaluated))
    guard loss.isFinite else {
      throw notFinite(.evaluationLoss, Double(loss), samples: [])
    }
    var metrics = JSON.Object()
    for (key, value) in try evaluation.metrics() { metrics["eval_\(key)"] = .number(value) }
    metrics["eval_loss"] = .number(Double(loss))
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    for (key, value) in speed(
      "eval", seconds: seconds, samples: Double(samples),
      steps: BatchOrder.batches(of: samples, size: size)
    ).members {
      metrics[key] = value
    }
    try log(&metrics)
    try checkBestMetric(metrics)
    try emit(.evaluate(metrics))
    return metrics
  }

  /// The mean loss of the last batch, which several ranks fill up with the first samples. Of them only
  /// the loss counts, as `ShardSampler` of transformers 4.17.0 has it. SPEC `MPI-3`.
  private func filled(_ batch: Range<Int>, _ loss: Double) throws -> Double {
    let size = arguments.evaluationBatchSize
    let filling = try task.makeEvaluation(lossOnly: true)
    var sum = loss * Double(batch.count)
    var missing = size - batch.count
    while missing > 0 {
      let first = 0..<min(missing, task.evaluationSamples)
      sum += Double(try filling.add(first)) * Double(first.count)
      missing -= first.count
    }
    return sum / Double(size)
  }

  /// Refuses an evaluation that can have no batch, and a metric that it will not have.
  static func checkEvaluation(
    _ task: any TrainableTask, _ arguments: TrainingArguments
  ) throws(Fault) {
    let (samples, size) = (task.evaluationSamples, arguments.evaluationBatchSize)
    if arguments.dropsLastBatch, samples < size {
      throw Fault(
        "per_device_eval_batch_size", found: "\(size)",
        expected: "at most the \(samples) evaluation samples, since dataloader_drop_last leaves "
          + "shorter batches out")
    }
    guard let metric = arguments.bestMetric, let names = task.metricNames else { return }
    let all =
      ["loss"] + (arguments.lossOnly ? [] : names)
      + ["runtime", "samples_per_second", "steps_per_second", "epoch"]
    if all.contains(metric) || all.contains(where: { "eval_\($0)" == metric }) { return }
    throw Fault(
      "metric_for_best_model", found: Fault.quoted(metric),
      expected: "one of \(all.joined(separator: ", "))")
  }

  /// Refuses a metric that no evaluation has.
  private func checkBestMetric(_ metrics: JSON.Object) throws {
    guard let key = arguments.bestMetricKey, metrics[key] == nil else { return }
    throw Fault(
      "metric_for_best_model", found: Fault.quoted(arguments.bestMetric ?? key),
      expected: "one of \(metrics.members.map(\.key).joined(separator: ", "))")
  }

  /// Logs the mean loss since the last log and the learning rate of the next step.
  func logLoss() throws {
    let steps = state.step - progress.loggedStep
    // Twice at one step: there is nothing new.
    if steps == 0 { return control.logs = false }
    let sum = Double(ranks.mean(progress.runningLoss))
    progress.runningLoss = 0
    progress.totalLoss += sum
    progress.loggedStep = state.step
    storeOperations()
    var entry = JSON.Object([
      ("loss", .number(sum / Double(steps))),
      ("learning_rate", .number(schedule.value(state.step))),
    ])
    try log(&entry)
  }

  /// Adds an entry to the history, with epoch and step. SPEC `TRAIN-8`.
  func log(_ entry: inout JSON.Object) throws {
    if let epoch = state.epoch { entry["epoch"] = .number(epoch) }
    var logged = entry
    logged["step"] = .integer(state.step)
    state.history.append(logged)
    try emit(.log(logged))
  }
}
