import FoxFiles
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTraining

@Suite("The order of the samples", .counted)
struct BatchOrderTests {
  /// In PyTorch:
  ///
  ///     torch.manual_seed(42)
  ///     seed = int(torch.empty((), dtype=torch.int64).random_())     # 6909045637428952499
  ///     g = torch.Generator(); g.manual_seed(seed)
  ///     torch.randperm(5, generator=g)                               # 4, 1, 3, 2, 0
  ///
  /// By hand: the sampler's first four words are 4, 0, 1 and 0 modulo 5, 4, 3 and 2. Each says how far
  /// to the right the next place finds its partner to swap with:
  ///
  ///     0 1 2 3 4  →  4 1 2 3 0  →  4 1 2 3 0  →  4 1 3 2 0  →  4 1 3 2 0
  @Test
  func `TRAIN-2 five samples, seed 42`() {
    var generator = TorchGenerator(seed: 42)
    var order = BatchOrder(samples: 5, batchSize: 2, generator: &generator)
    #expect(order.sampler.seed == 6_909_045_637_428_952_499)
    #expect(generator.drawn == 2 && order.batches == 3)

    order.beginEpoch(&generator)
    #expect(generator.drawn == 4)
    #expect((0..<3).map { Array(order.batch($0)) } == [[4, 1], [3, 2], [0]])
    #expect(order.batch(3).isEmpty)

    // The second epoch has the third permutation: nobody uses the second, 4, 3, 2, 0, 1.
    order.endEpoch()
    order.beginEpoch(&generator)
    #expect((0..<3).map { Array(order.batch($0)) } == [[3, 0], [4, 1], [2]])
  }

  @Test
  func `TRAIN-2 CKPT-5 an epoch that is resumed has the same order`() {
    var generator = TorchGenerator(seed: 1)
    var order = BatchOrder(samples: 20, batchSize: 20, generator: &generator)
    order.beginEpoch(&generator)
    order.endEpoch()
    order.beginEpoch(&generator)
    var other = BatchOrder(samples: 20, batchSize: 20, sampler: order.sampler)
    other.drawOrder()
    #expect(other.batch(0) == order.batch(0))
  }

  @Test
  func `TRAIN-2 a short last batch is kept`() {
    #expect([0, 3, 4, 5].map { BatchOrder.batches(of: $0, size: 4) } == [0, 1, 1, 2])
  }

  /// A run of the reference's Trainer: the samples of each batch.
  struct Run: CustomTestStringConvertible, Sendable {
    let golden: JSON
    var testDescription: String { golden["name"]?.string ?? "?" }

    static func all() throws -> [Run] {
      try Golden.cases("training/trainer.json").map { Run(golden: $0) }
    }
  }

  @Test(arguments: try Run.all())
  func `TRAIN-2 the batches of whole runs are PyTorch's`(run: Run) throws {
    let arguments = try run.golden.required("arguments")
    let batches = try #require(run.golden["batches"]?.array)
      .map { try $0.required("samples").integers() }
    var generator = TorchGenerator(seed: UInt64(try #require(arguments["seed"]?.integer)))
    var order = BatchOrder(
      samples: try #require(run.golden["data"]?["samples"]?.integer),
      batchSize: try #require(arguments["per_device_train_batch_size"]?.integer),
      generator: &generator)
    // The trainer leaves a short last batch out by not asking for it.
    let drops = arguments["dataloader_drop_last"] == true
    let count = drops ? order.samples / order.batchSize : order.batches
    var ours: [[Int]] = []
    while ours.count < batches.count {
      order.beginEpoch(&generator)
      ours += (0..<count).map { Array(order.batch($0)) }
      order.endEpoch()
    }
    #expect(ours.count >= batches.count && batches.count > 4)
    expectSame(Array(ours.prefix(batches.count)), batches, "samples")
  }
}
