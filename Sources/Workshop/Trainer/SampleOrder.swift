import FoxKernels
import FoxTraining

/// # The order of the samples, those of like length together
///
/// Adds `group_by_length` to the chapter's `BatchOrder`: batches of texts that are padded to the
/// longest of a batch waste less when its texts are alike. The permutation of an epoch is cut into
/// mega-batches, 50 steps long or a quarter of the data; each is sorted by length, longest first, and
/// the longest sample of all changes places with the very first, so that memory runs out at once if it
/// does.
///
/// An epoch draws one permutation, not two: the sampler is `LengthGroupedSampler` of
/// `trainer_pt_utils.py` in transformers 4.17.0. SPEC `TRAIN-22`.
struct SampleOrder: Sendable {
  /// How samples are grouped.
  struct Grouping: Sendable {
    /// The length of each sample.
    let lengths: [Int]
    /// How many samples a step has, at least 1.
    let step: Int

    init(lengths: [Int], batchSize: Int, accumulation: Int) {
      let (step, overflow) = batchSize.multipliedReportingOverflow(by: accumulation)
      (self.lengths, self.step) = (lengths, overflow ? .max : max(step, 1))
    }

    /// The mega-batches of a permutation, one after the other.
    func arranged(_ order: [Int]) -> [Int] {
      let size = step * max(1, min(order.count / step / 4, 50))
      var parts: [[Int]] = []
      for start in stride(from: 0, to: order.count, by: size) {
        let part = order[start..<start + min(size, order.count - start)].enumerated()
        // Of equal lengths the earlier in the permutation comes first.
        parts.append(
          part.sorted { (-lengths[$0.element], $0.offset) < (-lengths[$1.element], $1.offset) }
            .map(\.element))
      }
      let longest = parts.map { lengths[$0[0]] }
      guard let most = longest.max(), let part = longest.firstIndex(of: most) else { return [] }
      (parts[0][0], parts[part][0]) = (parts[part][0], parts[0][0])
      return parts.flatMap { $0 }
    }
  }

  /// Which of the samples are a rank's.
  struct Share: Sendable {
    let rank: Int
    let ranks: Int
    let seed: UInt64

    /// Every n-th sample of a permutation, which begins anew where it would not give all ranks equally many.
    ///
    /// Source: `DistributedSampler` of torch 2.13. SPEC `MPI-1`.
    func taken(of order: [Int]) -> [Int] {
      let count = BatchOrder.batches(of: order.count, size: ranks)
      return (0..<count).map { order[($0 * ranks + rank) % order.count] }
    }
  }

  private var order: BatchOrder
  private let grouping: Grouping?
  private let share: Share?
  /// The samples of an epoch, where they are not the chapter's.
  private var arranged: [Int] = []

  /// An order as the chapter has it, unless it is grouped.
  init(_ order: BatchOrder, grouping: Grouping?, share: Share? = nil) {
    (self.order, self.grouping, self.share) = (order, grouping, share)
  }

  /// The sampler's generator, as it is before it draws the permutation of the current epoch.
  var sampler: TorchGenerator { order.sampler }

  /// Starts an epoch; see `BatchOrder`.
  mutating func beginEpoch(_ generator: inout TorchGenerator, epoch: Int = 0) {
    order.beginEpoch(&generator)
    arrange(epoch)
  }

  /// Draws the permutation alone, for a run that goes on in the middle of an epoch.
  mutating func drawOrder(epoch: Int = 0) {
    order.drawOrder()
    arrange(epoch)
  }

  private mutating func arrange(_ epoch: Int) {
    if let share {
      // All ranks draw the same permutation, from a generator of the epoch's own.
      var sampler = TorchGenerator(seed: share.seed &+ UInt64(epoch))
      let drawn = sampler.permutation(order.samples)
      arranged = share.taken(of: grouping?.arranged(drawn) ?? drawn)
    } else {
      arranged = grouping?.arranged((0..<order.batches).flatMap { order.batch($0) }) ?? []
    }
  }

  /// Ends an epoch: the sampler moves on by the permutations that the reference has drawn.
  mutating func endEpoch() {
    arranged = []
    if share != nil { return }
    guard grouping != nil else { return order.endEpoch() }
    var sampler = order.sampler
    sampler.skip(max(order.samples - 1, 0))
    order = BatchOrder(samples: order.samples, batchSize: order.batchSize, sampler: sampler)
  }

  /// The samples of a batch of the current epoch; none past the last batch.
  func batch(_ index: Int) -> ArraySlice<Int> {
    if grouping == nil, share == nil { return order.batch(index) }
    let start = min(index * order.batchSize, arranged.count)
    return arranged[start..<start + min(order.batchSize, arranged.count - start)]
  }
}
