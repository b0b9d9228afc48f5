import FoxKernels

/// Which samples each batch of an epoch holds: `RandomSampler` and `DataLoader` as transformers
/// 4.17.0's Trainer sets them up.
///
/// The sampler has a generator of its own, which is seeded once and never again: epoch `e` has
/// permutation number `2 e` of its stream, since `RandomSampler` draws a second one that nobody uses.
/// SPEC `TRAIN-2`. Source: `_get_train_sampler` in `trainer.py`; `torch/utils/data/sampler.py`.
public struct DataOrder: Sendable {
  /// How many samples there are.
  public let samples: Int
  /// How many make a batch; the last one may have fewer.
  public let batchSize: Int
  /// Whether a shorter last batch is left out.
  public let dropsLastBatch: Bool
  /// The sampler's generator as it is before the current epoch's permutation.
  public private(set) var sampler: TorchGenerator
  private var order: [Int] = []

  /// The order of a run, whose sampler the global generator seeds: two draws of 32 bits.
  public init(
    samples: Int, batchSize: Int, dropsLastBatch: Bool = false, generator: inout TorchGenerator
  ) {
    let seed = UInt64(bitPattern: generator.nextInt64())
    self.init(
      samples: samples, batchSize: batchSize, dropsLastBatch: dropsLastBatch,
      sampler: TorchGenerator(seed: seed))
  }

  /// The order of a run that goes on with the sampler of an earlier one.
  public init(samples: Int, batchSize: Int, dropsLastBatch: Bool, sampler: TorchGenerator) {
    (self.samples, self.batchSize) = (max(samples, 0), max(batchSize, 1))
    (self.dropsLastBatch, self.sampler) = (dropsLastBatch, sampler)
  }

  /// Batches in an epoch.
  public var batches: Int {
    TrainingPlan.batches(of: samples, size: batchSize, dropsLast: dropsLastBatch)
  }

  /// Begins an epoch: the loader draws a seed for workers that do not exist, two draws of 32 bits.
  public mutating func beginEpoch(_ generator: inout TorchGenerator) {
    _ = generator.nextInt64()
    resumeEpoch()
  }

  /// Goes on in an epoch that began before.
  public mutating func resumeEpoch() {
    var sampler = sampler
    order = sampler.permutation(samples)
  }

  /// Ends an epoch.
  public mutating func endEpoch() {
    sampler.skip(2 * max(samples - 1, 0))
    order = []
  }

  /// The samples of a batch of the current epoch.
  public func batch(_ index: Int) -> ArraySlice<Int> {
    let start = index * batchSize
    return order[min(start, order.count)..<min(start + batchSize, order.count)]
  }
}

/// How many steps a run has, and when.
///
/// SPEC `TRAIN-3`. Source: `train` in `trainer.py` of transformers 4.17.0.
public struct TrainingPlan: Sendable, Equatable {
  /// Batches in an epoch.
  public let batches: Int
  /// Batches in a step.
  public let accumulation: Int
  /// Steps in all.
  public let steps: Int
  /// Epochs in all, the last one perhaps in part.
  public let epochs: Int
  /// Samples in all, by the reference's estimate, for the speed.
  public let samples: Double

  /// The plan of a run.
  ///
  /// - Throws: ``TrainingError`` when there is no batch, or more epochs than can be counted.
  public init(_ arguments: TrainingArguments, samples: Int) throws(TrainingError) {
    let size = arguments.trainingBatchSize
    batches = Self.batches(of: samples, size: size, dropsLast: arguments.dropsLastBatch)
    if samples == 0 { throw .empty("the training data") }
    if batches == 0 {
      throw .badOption(
        name: "per_device_train_batch_size", found: "\(size)",
        expected: "at most the \(samples) training samples, since dataloader_drop_last leaves "
          + "shorter batches out")
    }
    accumulation = arguments.accumulation
    let stepsPerEpoch = max(batches / accumulation, 1)
    if arguments.maximumSteps > 0 {
      steps = arguments.maximumSteps
      epochs = (steps + stepsPerEpoch - 1) / stepsPerEpoch
      self.samples = Double(steps) * Double(size) * Double(accumulation)
    } else {
      let exact = (arguments.epochs * Double(stepsPerEpoch)).rounded(.up)
      guard let steps = Int(exactly: exact), steps <= Int(Int32.max) else {
        throw .badOption(
          name: "num_train_epochs", found: "\(arguments.epochs)",
          expected: "at most \(Int32.max) steps in all")
      }
      self.steps = steps
      epochs = Int(arguments.epochs.rounded(.up))
      self.samples = Double(samples) * arguments.epochs
    }
  }

  /// How many batches samples make.
  static func batches(of samples: Int, size: Int, dropsLast: Bool) -> Int {
    let (whole, rest) = samples.quotientAndRemainder(dividingBy: size)
    return rest > 0 && !dropsLast ? whole + 1 : whole
  }

  /// Whether a step follows the batch of this index: after every `accumulation` batches of an epoch,
  /// and, when an epoch has no more than that, after its last one. Other batches at an epoch's end
  /// make no step: their gradients stay for the first step of the next epoch.
  public func isStep(after batch: Int) -> Bool {
    (batch + 1) % accumulation == 0 || (batches <= accumulation && batch + 1 == batches)
  }
}
