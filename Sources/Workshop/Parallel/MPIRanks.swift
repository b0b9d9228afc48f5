#if MPI
  import CFoxMPI
  import FoxTrainer
  import Synchronization

  /// # Ranks on MPI
  ///
  /// A failure of MPI, such as a connection that broke, ends this process; `mpirun` sees to it that none
  /// is left.
  final class MPIRanks: Ranks {
    let rank: Int
    let count: Int
    private nonisolated(unsafe) static var hasBegun = false  // set once, by the main thread
    private static let failed = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// Joins the processes that were started together. Once in a process.
    init() {
      var (rank, count): (Int32, Int32) = (0, 1)
      fox_mpi_begin(&rank, &count) { text in
        MPIRanks.failed.withLock { $0 }?(text.map { String(cString: $0) } ?? "an error")
      }
      (self.rank, self.count) = (Int(rank), Int(count))
      Self.hasBegun = true
    }

    func average(_ values: UnsafeMutablePointer<Float>, count: Int) {
      fox_mpi_sum(values, count)
      // Sums are the same bits on every rank, so their means are too.
      for index in 0..<count { values[index] /= Float(self.count) }
    }

    func gather(_ bytes: [UInt8]) -> [[UInt8]] {
      var counts = [Int32](repeating: 0, count: count)
      fox_mpi_counts(Int32(bytes.count), &counts)
      let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
      var all = [UInt8](repeating: 0, count: Int(counts.reduce(0, +)))
      fox_mpi_gather(bytes, counts, starts, Int32(rank), &all)
      return zip(starts, counts).map { Array(all[Int($0)..<Int($0 + $1)]) }
    }

    /// What is done when MPI fails, before the process ends.
    static func whenFailed(_ act: @escaping @Sendable (String) -> Void) {
      failed.withLock { $0 = act }
    }

    static func leave() {
      if hasBegun { fox_mpi_end() }
      hasBegun = false
    }
  }
#endif
