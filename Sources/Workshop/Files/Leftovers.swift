import Foundation

/// What commands were writing when they were killed (`FILE-10`).
///
/// A temporary is called `.NAME.PROCESS-NUMBER.tmp`, and its writer holds a lock on it. The system
/// drops the lock when the process ends, however it ends. So a temporary whose process is gone and
/// whose lock is free belongs to nobody.
package enum Leftovers {
  /// A new name for a temporary beside the file or folder `name`.
  package static func path(for name: String, in folder: String) -> String {
    "\(folder)/.\(name).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
  }

  /// The process that made a temporary; `nil` for other names.
  package static func owner(of name: String) -> pid_t? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].isEmpty, parts.last == "tmp" else { return nil }
    let numbers = parts[parts.count - 2].split(separator: "-")
    guard numbers.count == 2, UInt32(numbers[1]) != nil else { return nil }
    return pid_t(numbers[0])
  }

  /// Removes what killed processes left in a folder.
  ///
  /// - Parameter target: Removes only temporaries of this file; `nil` for all.
  /// - Returns: How many files and folders went.
  @discardableResult
  package static func remove(in folder: String, of target: String? = nil) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
      guard let owner = owner(of: name) else { return false }
      if let target, !isTemporary(name, of: target) { return false }
      // Where locks do not work, the number of the process decides. Our own may have been that of a
      // process before: in a container every run may have the same.
      if owner != getpid(), kill(owner, 0) == 0 || errno == EPERM { return false }
      return remove("\(folder)/\(name)")
    }
  }

  /// Whether a temporary is of a file: ".a.b.1-2.tmp" is of "a.b", not of "a".
  private static func isTemporary(_ name: String, of target: String) -> Bool {
    guard let dot = name.dropLast(".tmp".count).lastIndex(of: ".") else { return false }
    return name[..<dot] == ".\(target)"
  }

  /// Removes a temporary, unless its writer has it locked.
  private static func remove(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if descriptor < 0 { return false }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return false }
    return (try? FileManager.default.removeItem(atPath: path)) != nil
  }
}
