import FoxNumbers

/// # The order of the samples
///
/// Every epoch goes through the samples in a new random order and cuts it into batches. To compare
/// a run with PyTorch's, loss by loss, the orders have to be the same, and so must every random
/// number in between, because dropout continues where they end. PyTorch draws, in 32-bit words:
///
///     once          2 words of the global generator: the seed of the sampler, which gets a
///                   generator of its own
///     each epoch    2 words of the global generator: a seed for worker processes, although there
///                   are none
///                   n − 1 words of the sampler: the permutation of n samples
///                   n − 1 words of the sampler: a second permutation, which nobody uses
///
/// Source: `_get_train_sampler` in `trainer.py` of transformers 4.17.0;
/// `torch/utils/data/sampler.py` and `dataloader.py` of torch 2.13. SPEC `TRAIN-2`.
///
/// What it does not do: it does not sort samples by length, nor share them among machines.
package struct BatchOrder: Sendable {
  package let samples, batchSize: Int  // the last batch of an epoch may have fewer
  // The sampler's generator, as it is before it draws the permutation of the current epoch.
  package private(set) var sampler: TorchGenerator
  private var order: [Int] = []  // [samples] during an epoch, empty between two

  /// The order of a new run.
  package init(samples: Int, batchSize: Int, generator: inout TorchGenerator) {
    // `int(torch.empty((), dtype=torch.int64).random_())`: 63 bits of two words.
    let sampler = TorchGenerator(seed: UInt64(bitPattern: generator.nextInt64()))
    self.init(samples: samples, batchSize: batchSize, sampler: sampler)
  }

  /// The order of a run with the sampler of an earlier one. A batch has at least one sample.
  package init(samples: Int, batchSize: Int, sampler: TorchGenerator) {
    (self.samples, self.batchSize, self.sampler) = (max(samples, 0), max(batchSize, 1), sampler)
  }

  package var batches: Int { Self.batches(of: samples, size: batchSize) }  // in an epoch

  /// How many batches of `size` a number of samples makes.
  package static func batches(of samples: Int, size: Int) -> Int {
    // 37 samples by 4 are 9 whole batches, and one of a single sample.
    let (whole, rest) = samples.quotientAndRemainder(dividingBy: size)
    return rest > 0 ? whole + 1 : whole
  }

  /// Starts an epoch.
  package mutating func beginEpoch(_ generator: inout TorchGenerator) {
    // `DataLoader` calls it `_base_seed`. Nobody uses it, but what is drawn next depends on it.
    _ = generator.nextInt64()
    drawOrder()
  }

  /// Draws the permutation, and nothing from the global generator: a run that continues in the
  /// middle of an epoch has drawn from it already.
  package mutating func drawOrder() {
    // A copy draws: `sampler` stays as it is before the epoch, and the order can be drawn again.
    var sampler = sampler
    order = sampler.permutation(samples)
  }

  /// Ends an epoch: the sampler moves past both permutations.
  package mutating func endEpoch() {
    // A permutation of n takes n − 1 words: the last place has nobody left to swap with. The second
    // one is `RandomSampler`'s, for samples left over beyond whole passes, even when none are.
    sampler.skip(2 * max(samples - 1, 0))
    order = []  // a batch without an epoch is empty, rather than one of the last epoch's
  }

  /// The samples of a batch of the current epoch; none past the last.
  package func batch(_ index: Int) -> ArraySlice<Int> {
    let start = index * batchSize
    // Both ends are checked: the last batch ends where the samples end.
    return order[min(start, order.count)..<min(start + batchSize, order.count)]
  }
}
