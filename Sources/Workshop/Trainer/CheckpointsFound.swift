import Foundation
import FoxFiles
import Synchronization

/// # The checkpoint to go on from, when a run ends by another's fault
///
/// What the trainer remembers may be gone: rank 0 removes old checkpoints, and may have been killed right
/// after it. So the folder is looked at. What an earlier run left there is told by its inode.
///
/// SPEC `MPI-7`.
package final class CheckpointsFound: Sendable {
  private let folders: CheckpointFolders
  private let earlier = Mutex<Set<Int>>([])

  /// The checkpoints of the run that writes to `folder`.
  package init(_ folder: String) { folders = CheckpointFolders(folder) }

  /// Takes note of what is there when a run begins, or goes on from a checkpoint.
  package func begin(at checkpoint: String?) {
    let step = checkpoint.flatMap { CheckpointFolders.step(Folder.split($0).name) } ?? -1
    let old = folders.all().filter { $0.step > step }.compactMap { Self.inode($0.path) }
    earlier.withLock { $0 = Set(old) }
  }

  /// The last checkpoint of this run that can be read.
  package var last: String? {
    let old = earlier.withLock { $0 }
    return folders.all().map(\.path).last {
      !(Self.inode($0).map(old.contains) ?? true) && TrainingCheckpoint.isReadable($0)
    }
  }

  /// What the user can do.
  package var sentence: String {
    last.map { "the last good checkpoint is \($0), and a resumed run goes on from it" }
      ?? "there is no checkpoint yet"
  }

  private static func inode(_ path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.systemFileNumber] as? Int
  }
}
