import FoxDecoding
import FoxNumbers

/// # The training loop
///
/// Training repeats one step. Take a batch of samples, compute the loss and its gradient, shorten
/// the gradient if it is too long, and move every parameter a little in the direction that lowers
/// the loss. An epoch is one pass over all samples, in a random order:
///
///     for each batch:   g = ∂loss/∂w                 the model's backward pass
///                       c = min(1, 1 / ‖g‖)          GradientClipping.swift
///                       r = rate of this step        LearningRateSchedule.swift
///                       w = w − r · AdamW(c · g)     AdamW.swift
///
/// Source: `train` in `trainer.py` of transformers 4.17.0; homework Q2.1 and Q3.1.
///
/// What it does not do: it does not add up the gradients of several batches, evaluate the model, or
/// write checkpoints. The Workshop's `Trainer` does, and it is made of the same pieces.
public struct TrainingLoop {
  /// What is trained.
  package let model: any Trainable
  private var order: BatchOrder
  package var generator: TorchGenerator  // of the order of the samples, and what dropout drops
  package let optimizer: AdamW
  private let schedule: LearningRateSchedule
  private let maximumNorm: Double

  /// A run before its first step. The defaults are the homework's.
  ///
  /// - Throws: ``Fault`` when there are no samples, and for numbers that make no sense.
  public init(
    _ model: any Trainable, samples: Int, batchSize: Int = 8, epochs: Int = 1,
    learningRate: Double = 5e-5, warmupSteps: Int = 0, weightDecay: Double = 0,
    maximumNorm: Double = 1, seed: UInt64 = 42
  ) throws(Fault) {
    if samples < 1 {
      throw Fault("the training data", found: "\(samples) samples", expected: "at least one")
    }
    if batchSize < 1 {
      throw Fault("batch size", found: "\(batchSize)", expected: "at least 1")
    }
    self.model = model
    self.maximumNorm = maximumNorm
    // One seed decides everything that is random: order first, then dropout, word after word.
    generator = TorchGenerator(seed: seed)
    order = BatchOrder(samples: samples, batchSize: batchSize, generator: &generator)
    // The rate reaches 0 after the last step of the last epoch. So the number of all steps has to
    // be known before the first.
    let (steps, overflow) = epochs.multipliedReportingOverflow(by: order.batches)
    if overflow || epochs < 0 {
      throw Fault("epochs", found: "\(epochs)", expected: "0 or more, with steps to be counted")
    }
    schedule = try LearningRateSchedule(
      learningRate: learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    // transformers' arithmetic, with β = (0.9, 0.999) and ε = 10⁻⁸.
    var options = AdamW.Options()
    options.weightDecay = weightDecay
    optimizer = try AdamW(model.parameters, options)
  }

  /// One pass over all samples.
  ///
  /// - Returns: The mean loss of each batch, before its own step.
  /// - Throws: ``Fault`` when a gradient is not finite, and what the model throws.
  public mutating func epoch() throws -> [Float] {
    order.beginEpoch(&generator)  // a fresh permutation of the samples, cut into batches
    var losses: [Float] = []  // [batches]
    for batch in 0..<order.batches {
      // Forward and backward. Gradients start at 0, because the last step cleared them; afterwards
      // the batch's gradient is in `model.parameters.gradients`, one number for each parameter. The
      // homework's fine-tuning of GPT-2 is 1,024 blocks of stories, 8 in a batch: 128 steps.
      losses.append(
        try model.train(on: order.batch(batch), scale: 1, generator: &generator))

      let rate = schedule.value(optimizer.steps)  // 5e-5 for the first, then 5e-5 · 127/128, …
      let norm = optimizer.update(
        model.parameters, learningRate: rate, maximumNorm: maximumNorm)
      // From here on the run could only produce more of the same. The step was not taken, so its
      // number is one more than those that were.
      guard norm.isFinite else {
        throw Fault(
          "step \(optimizer.steps + 1)", found: "a gradient of length \(norm)",
          expected: "a finite one", hint: "a lower learning rate may help")
      }
    }
    order.endEpoch()  // the next epoch has another order
    return losses
  }
}

/// Something that can be trained: parameters, and a loss that has a gradient. GPT-2 with its blocks
/// of stories is one; a straight line with a few points, as in this chapter's test, is enough.
public protocol Trainable: AnyObject {
  /// The values that training changes, and their gradients.
  var parameters: Parameters { get }

  /// Forward and backward pass: adds `scale` times the gradient of the batch's mean loss to the
  /// gradients.
  ///
  /// - Parameters:
  ///   - samples: The batch: numbers of samples, counted from 0.
  ///   - scale: 1, or `1 / n` when `n` batches make one step.
  ///   - generator: Where dropout takes its random numbers from.
  /// - Returns: The mean loss, not scaled.
  func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float
}

/// What moves parameters by their gradients: ``AdamW``, or the Workshop's Muon.
package protocol Optimizer: AnyObject {
  /// Moves every parameter by its gradient times `gradientScale`. The gradients stay as they are.
  func step(learningRate: Double, gradientScale: Float)
}

extension Optimizer {
  /// One step: clips the gradients of `parameters`, moves the values, and clears the gradients for
  /// the next batch. Returns their length before they were clipped.
  package func update(
    _ parameters: Parameters, learningRate: Double, maximumNorm: Double
  ) -> Float {
    // NaN in one number makes the norm NaN: the whole model is checked by one comparison. Nothing
    // is changed then, because one infinite gradient would spoil every parameter.
    let norm = GradientClipping.norm(parameters)
    guard norm.isFinite else { return norm }
    step(
      learningRate: learningRate,
      gradientScale: GradientClipping.coefficient(norm: norm, maximum: maximumNorm))
    parameters.clearGradients()  // backward passes add to what is there
    return norm
  }
}
