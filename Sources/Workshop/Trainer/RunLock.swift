import Foundation
import FoxDecoding
import Synchronization

/// # One run in a folder
///
/// Keeps two processes from training in one folder, where each would remove the other's checkpoints.
///
/// The folder itself is locked, until the process ends; no file is left. SPEC `CKPT-8`.
enum RunLock {
  private static let held = Mutex<[String: Int32]>([:])

  /// Locks a folder that is there. A file system that knows no locks is not locked.
  ///
  /// - Throws: `Fault`.
  static func take(_ folder: String) throws(Fault) {
    let path = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    let isFree = held.withLock { held in
      if held[path] != nil { return true }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if descriptor < 0 { return true }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        close(descriptor)
        return false
      }
      held[path] = descriptor
      return true
    }
    if !isFree {
      throw Fault(
        folder, found: "another process that trains here", expected: "a folder of its own",
        hint: "wait for it, or choose another output_dir")
    }
  }
}
