import Foundation
import FoxDecoding
import FoxTrainer

/// # The processes that mpirun started
///
/// A run that `mpirun` starts several times is one run: its processes find each other here.
///
/// SPEC `MPI-6`.
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

  /// Leaves the others, when everything is done.
  package static func leave() {
    #if MPI
      MPIRanks.leave()
    #endif
  }
}
