import Foundation
import Synchronization

/// The temporary files of this process, which a signal handler can remove (`FILE-7`).
///
/// A handler may not allocate or take locks, so the paths stand in a fixed table as C strings.
package enum Temporaries {
  private static let capacity = 16
  private static let lock = Mutex(())
  nonisolated(unsafe) private static let paths: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> =
    {
      let table = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
      table.initialize(repeating: nil, count: capacity)
      return table
    }()

  /// Remembers a path. Beyond 16 at a time, paths are not remembered.
  static func add(_ path: String) {
    lock.withLock { _ in
      guard let free = (0..<capacity).first(where: { paths[$0] == nil }) else { return }
      paths[free] = strdup(path)
    }
  }

  static func remove(_ path: String) {
    lock.withLock { _ in
      for place in 0..<capacity {
        guard let known = paths[place], strcmp(known, path) == 0 else { continue }
        paths[place] = nil
        free(known)
      }
    }
  }

  /// Makes the table, so that a handler does not have to.
  package static func prepare() { _ = paths }

  /// Removes all files; for signal handlers.
  package static func removeFiles() {
    for place in 0..<capacity {
      if let path = paths[place] { unlink(path) }
    }
  }
}
