import Foundation
import FoxDecoding
import FoxTrainer
import Synchronization

/// # The processes that mpirun started
///
/// A run that `mpirun` starts several times is one run: its processes find each other here.
///
/// SPEC `MPI-6`, `MPI-7`.
package enum Processes {
  /// What launchers tell the processes they start: Open MPI, MPICH and Slurm's PMI.
  private static let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]

  /// How many processes a launcher started.
  static func started(_ environment: [String: String]) -> Int {
    sizes.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first ?? 1
  }

  /// Joins the others; a process that nobody else was started with is by itself.
  ///
  /// - Throws: `Fault` for several processes when this build knows no MPI.
  package static func join(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Fault) -> any Ranks {
    let count = started(environment)
    if count <= 1 { return SingleRank() }
    #if MPI
      return MPIRanks()
    #else
      throw Fault(
        "mpirun", found: "\(count) processes", expected: "one: this build has no MPI",
        hint:
          "each would train by itself into the same folder; make mpi, or swift build --traits MPI "
          + "where libopenmpi-dev is installed, builds fox with MPI")
    #endif
  }

  /// Refuses what processes do not share.
  package static func requireOne(
    for work: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Fault) {
    let count = started(environment)
    if count <= 1 { return }
    throw Fault(
      work, found: "\(count) processes", expected: "one", hint: "start it without mpirun")
  }

  private static let watch = Mutex<Watch?>(nil)

  /// Begins to watch the other ranks; all do it together.
  ///
  /// - Parameters:
  ///   - look: Done ten times a second, on a thread of its own.
  ///   - lost: Takes a sentence about what happened, and ends the process.
  package static func observe(
    _ ranks: any Ranks, look: @escaping @Sendable () -> Void,
    lost: @escaping @Sendable (String) -> Never
  ) {
    if !ranks.areMany { return }
    #if MPI
      MPIRanks.whenFailed { lost("MPI says: \($0)") }
    #endif
    let new = Watch(ranks)
    watch.withLock { $0 = new }
    new.start(look: look) { lost("rank \($0) is gone") }
  }

  /// Looks no longer: this process ends with an error of its own.
  package static func stopObserving() { watch.withLock { $0?.end() } }

  /// Leaves the others, when everything is done. All ranks do it together.
  package static func leave(_ ranks: any Ranks) {
    // None may be gone while another still looks.
    _ = ranks.gather([])
    stopObserving()
    _ = ranks.gather([])
    #if MPI
      MPIRanks.leave()
    #endif
  }
}
