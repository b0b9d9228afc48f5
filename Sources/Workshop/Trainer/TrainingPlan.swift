import FoxDecoding
import FoxTraining

/// # How many steps a run has, and when
///
/// Adds to the chapter's loop: steps of several batches, epochs in part, and a number of steps instead
/// of epochs.
///
/// SPEC `TRAIN-3`. Source: `train` in `trainer.py` of transformers 4.17.0.
package struct TrainingPlan: Sendable, Equatable {
  /// Batches in an epoch.
  package let batches: Int
  /// Batches in a step.
  package let accumulation: Int
  /// Steps in all.
  package let steps: Int
  /// Epochs in all, the last one perhaps in part.
  package let epochs: Int
  /// Samples in all, by the reference's estimate, for the speed.
  package let samples: Double

  /// The plan of a run.
  ///
  /// - Throws: `Fault` when there are no data or no batch, and when there are more steps than
  ///   can be counted.
  init(_ arguments: TrainingArguments, samples: Int, ranks: Int = 1) throws(Fault) {
    let size = arguments.trainingBatchSize
    let share = BatchOrder.batches(of: samples, size: ranks)  // what each rank has
    batches = arguments.dropsLastBatch ? share / size : BatchOrder.batches(of: share, size: size)
    if samples == 0 { throw Fault.nothing(in: "the training data") }
    if batches == 0 {
      throw Fault(
        "per_device_train_batch_size", found: "\(size)",
        expected:
          "at most the \(share) training samples\(ranks > 1 ? " of a rank" : ""), since dataloader_drop_last leaves "
          + "shorter batches out")
    }
    accumulation = arguments.accumulation
    let stepsPerEpoch = max(batches / accumulation, 1)
    if arguments.maximumSteps > 0 {
      steps = arguments.maximumSteps
      epochs = (steps + stepsPerEpoch - 1) / stepsPerEpoch
      self.samples = Double(steps) * Double(size) * Double(accumulation) * Double(ranks)
    } else {
      let exact = (arguments.epochs * Double(stepsPerEpoch)).rounded(.up)
      guard let steps = Int(exactly: exact), steps <= Int(Int32.max) else {
        throw Fault(
          "num_train_epochs", found: "\(arguments.epochs)",
          expected: "at most \(Int32.max) steps in all")
      }
      self.steps = steps
      epochs = Int(arguments.epochs.rounded(.up))
      self.samples = Double(samples) * arguments.epochs
    }
  }

  /// Whether a step follows the batch of this index: after every `accumulation` batches of an epoch,
  /// and, when an epoch has no more than that, after its last one. Other batches at an epoch's end
  /// make no step: their gradients stay for the first step of the next epoch.
  func isStep(after batch: Int) -> Bool {
    (batch + 1) % accumulation == 0 || (batches <= accumulation && batch + 1 == batches)
  }
}
