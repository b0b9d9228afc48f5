import FoxDecoding
import FoxFiles
import FoxTraining

/// # Going on with another number of ranks
///
/// Ranks take every `N`-th sample of a permutation and cut batches from these, so the batches of all
/// ranks together are one piece of the permutation, however many ranks there are:
///
///     samples of a step = ranks × samples of a batch × batches of a step
///
/// Where that product is the same, and an epoch ends alike, another number of ranks takes the same steps.
///
/// What it does not do: the bits are others, because sums are added in another order and each rank draws
/// its own dropout. SPEC `MPI-9`.
struct RanksChange {
  /// How a step is shared out.
  struct Shape: Equatable {
    let ranks: Int
    let batchSize: Int
    let accumulation: Int

    /// How many samples a step has.
    var samples: Int {
      let (batch, overflow) = ranks.multipliedReportingOverflow(by: batchSize)
      let (step, again) = batch.multipliedReportingOverflow(by: accumulation)
      return overflow || again ? .max : step
    }

    /// The samples of an epoch, with those that are repeated so that all ranks have equally many.
    func filled(_ samples: Int) -> Int { BatchOrder.batches(of: samples, size: ranks) * ranks }

    /// Whether both take the same samples in each step of an epoch.
    func agrees(with other: Shape, samples count: Int, dropsLast: Bool) -> Bool {
      if samples != other.samples || samples == .max { return false }
      let (own, others) = (filled(count), other.filled(count))
      if dropsLast {
        let (batches, theirs) = (own / ranks / batchSize, others / other.ranks / other.batchSize)
        // Batches that make no step would leave their gradients to the next epoch.
        guard batches % accumulation == 0, theirs % other.accumulation == 0,
          batches / accumulation == theirs / other.accumulation
        else { return false }
        return own == others || batches / accumulation * samples <= count
      }
      // A step that is not whole has batches of their own sizes, unless it is one batch.
      return own == others
        && (own % samples == 0 || (accumulation == 1 && other.accumulation == 1))
    }

    var words: String {
      "\(ranks) \(ranks == 1 ? "rank" : "ranks") × \(batchSize) samples × \(accumulation) "
        + (accumulation == 1 ? "batch" : "batches")
    }
  }

  let then: Shape
  let now: Shape
  private static let keys = [
    "ranks", "per_device_train_batch_size", "gradient_accumulation_steps",
  ]

  /// The change between a checkpoint and a run; `nil` when it is not the number of ranks.
  ///
  /// - Throws: `Fault` for a change that would change the batches.
  init?(
    then: JSON?, now: [(key: String, value: JSON)], samples: Int, folder: String
  ) throws(Fault) {
    let identity = JSON.object(.init(now))
    guard let ours = Self.shape(identity), let theirs = Self.shape(then), ours.ranks != theirs.ranks
    else { return nil }
    (self.then, self.now) = (theirs, ours)
    if then?["ranks"]?.integer == nil {
      throw refusal(folder, "one process draws its order otherwise: start it without mpirun")
    }
    if identity["group_by_length"]?.bool == true {
      throw refusal(folder, "group_by_length sorts by the batches of a rank")
    }
    let dropsLast = identity["dataloader_drop_last"]?.bool == true
    if theirs.samples != ours.samples { throw refusal(folder, proposal) }
    if !ours.agrees(with: theirs, samples: samples, dropsLast: dropsLast) {
      throw refusal(
        folder,
        "the \(samples) samples of an epoch would end in another step; as many ranks as before "
          + "are needed")
    }
  }

  private static func shape(_ identity: JSON?) -> Shape? {
    guard let size = identity?["per_device_train_batch_size"]?.integer, size > 0,
      let accumulation = identity?["gradient_accumulation_steps"]?.integer, accumulation > 0
    else { return nil }
    let ranks = max(identity?["ranks"]?.integer ?? 1, 1)
    return Shape(ranks: ranks, batchSize: size, accumulation: accumulation)
  }

  private func refusal(_ folder: String, _ hint: String) -> Fault {
    Fault(
      folder, at: "ranks", found: then.words,
      expected: "\(now.words), or what takes the same samples in a step",
      hint: hint + "; \(then.words) goes on")
  }

  /// What would make steps of as many samples.
  private var proposal: String {
    let step = then.samples
    guard step % now.ranks == 0 else {
      return "\(now.ranks) ranks cannot share steps of \(step) samples"
    }
    let own = step / now.ranks
    let accumulation = own % then.accumulation == 0 ? then.accumulation : 1
    return "steps of \(step) samples need per_device_train_batch_size=\(own / accumulation) and "
      + "gradient_accumulation_steps=\(accumulation) with \(now.ranks) ranks"
  }

  /// Whether a key may differ.
  func covers(_ key: String) -> Bool { Self.keys.contains(key) }

  /// Where in the epoch a run is that was at a batch. Checkpoints are written between steps.
  func batch(_ batch: Int) -> Int {
    let (batch, overflow) = (batch / then.accumulation)
      .multipliedReportingOverflow(by: now.accumulation)
    return overflow ? .max : batch
  }

  /// The rank whose generator this one goes on with.
  func source(of rank: Int) -> Int { rank % then.ranks }

  /// What the user should know.
  var sentence: String {
    "it is of \(then.words), and \(now.words) go on: the batches are the same, but sums round "
      + "differently and dropout draws other numbers"
  }
}
