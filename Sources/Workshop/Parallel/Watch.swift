import Foundation
import FoxTrainer
import Synchronization

/// # Watching the other ranks
///
/// A rank that waits for another one's gradients would wait for ever when that one is gone, and MPI does
/// not tell. A thread looks, ten times a second, whether the processes of this machine are still there.
/// Of those on other machines `mpirun` tells: it asks all that are left to end.
///
/// SPEC `MPI-7`.
final class Watch: Sendable {
  /// Another rank on this machine.
  struct Other: Equatable {
    let rank: Int
    let process: pid_t
  }

  let others: [Other]
  private let hasEnded = Atomic(false)

  /// The processes of the other ranks, as they tell it themselves. All ranks make one together.
  init(_ ranks: any Ranks) {
    let lines = ranks.gather(Array("\(Self.machine)\n\(getpid())".utf8))
    let told = lines.map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
    others = told.indices.compactMap { rank in
      guard rank != ranks.rank, told[rank].count == 2, told[rank][0] == Self.machine,
        let process = pid_t(told[rank][1])
      else { return nil }
      return Other(rank: rank, process: process)
    }
  }

  /// Host and process namespace: numbers of processes mean the same where both are the same.
  private static var machine: String {
    let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    return "\(ProcessInfo.processInfo.hostName) \(namespace ?? "")"
  }

  /// The first of the others that is gone.
  var gone: Int? { others.first { kill($0.process, 0) != 0 && errno == ESRCH }?.rank }

  /// Looks until one is gone, or the watch ends.
  ///
  /// - Parameters:
  ///   - look: Done each time.
  ///   - lost: Takes the rank that is gone, on the watch's own thread.
  func start(look: @escaping @Sendable () -> Void, lost: @escaping @Sendable (Int) -> Void) {
    Thread.detachNewThread { [self] in
      while !hasEnded.load(ordering: .acquiring) {
        if let rank = gone, !hasEnded.load(ordering: .acquiring) { return lost(rank) }
        look()
        usleep(100_000)
      }
    }
  }

  /// Ends the watch.
  func end() { hasEnded.store(true, ordering: .releasing) }
}
