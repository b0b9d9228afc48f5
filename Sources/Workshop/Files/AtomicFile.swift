import Foundation
import FoxDecoding
import FoxWeights

/// A file that appears complete or not at all (`FILE-4`).
///
/// Bytes go to a temporary file in the same folder, which is synced and then renamed over the
/// target: whoever reads the path sees the old file or the new one, never a part, whatever moment
/// the process is killed at. Whoever has the old file mapped keeps the old bytes. The new file has
/// the permissions of the old one (`FILE-11`). A symbolic link at the path is replaced, not
/// followed: what it names may be shared, as in the Hub's cache.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let folder: String
  private let temporary: String
  private let descriptor: Int32

  /// Starts a new version of the file at `path`.
  ///
  /// - Throws: When a folder or a device is there, which a rename would destroy, and when the system
  ///   refuses.
  package init(path: String) throws(Fault) {
    var old = stat()
    let isThere = stat(path, &old) == 0
    if isThere, old.st_mode & S_IFMT != S_IFREG { throw .notAFile(path: path) }
    let (folder, name) = Folder.split(path)
    Leftovers.remove(in: folder, of: name)
    // Nobody may read the part who may not read the whole.
    let mode: mode_t = isThere ? 0o600 : 0o666
    (temporary, descriptor) = try Self.open(beside: path, in: folder, name, mode: mode)
    (self.path, self.folder) = (path, folder)
    Self.keepPermissions(of: path, on: descriptor)
  }

  /// Gives an open file the permissions of the one that it will replace, if there is one.
  package static func keepPermissions(of path: String, on descriptor: Int32) {
    var old = stat()
    if stat(path, &old) != 0 { return }
    // Only root can give files away; others can keep the group, where they are in it.
    if fchown(descriptor, old.st_uid, old.st_gid) != 0 {
      _ = fchown(descriptor, uid_t.max, old.st_gid)
    }
    _ = fchmod(descriptor, old.st_mode & 0o777)
  }

  /// A new temporary, locked.
  private static func open(
    beside path: String, in folder: String, _ name: String, mode: mode_t
  ) throws(Fault) -> (path: String, descriptor: Int32) {
    var attempts = 0
    while true {
      let temporary = Leftovers.path(for: name, in: folder)
      // Known before it is there: a signal in between must find it.
      Temporaries.add(temporary)
      let descriptor = Foundation.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor < 0 {
        let reason = systemReason()
        Temporaries.remove(temporary)
        throw .unwritable(path: path, reason: reason)
      }
      // Between opening and locking, another thread may have taken it for a leftover. The end of the
      // attempts is for file systems that do not count names.
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      attempts += 1
      if !isTaken && isNamed(descriptor) || attempts == 16 { return (temporary, descriptor) }
      close(descriptor)
      unlink(temporary)
      Temporaries.remove(temporary)
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: When the system refuses, for instance on a full disk.
  package mutating func write(_ buffer: UnsafeRawBufferPointer) throws(Fault) {
    var rest = buffer
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = Foundation.write(descriptor, start, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .unwritable(path: path, reason: systemReason())
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: When the system refuses, for instance on a full disk.
  package mutating func write(_ bytes: [UInt8]) throws(Fault) {
    let result: Result<Void, Fault> = bytes.withUnsafeBytes { buffer in
      Result { () throws(Fault) in try self.write(buffer) }
    }
    try result.get()
  }

  /// Syncs what was written and puts it in the place of the old file.
  ///
  /// - Throws: When the system refuses; the old file is then untouched.
  package consuming func commit() throws(Fault) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw .unwritable(path: path, reason: systemReason())
    }
    syncFolder()
  }

  /// Syncs what was written and gives it its path, unless a file has come there meanwhile.
  ///
  /// - Returns: Whether it has the path now.
  /// - Throws: When the system refuses.
  consuming func commitAsFirst() throws(Fault) -> Bool {
    guard fsync(descriptor) == 0 else {
      throw .unwritable(path: path, reason: systemReason())
    }
    if link(temporary, path) == 0 {
      syncFolder()
      return true
    }
    if errno == EEXIST { return false }
    // A file system without links.
    try commit()
    return true
  }

  /// Lets the new name outlive a power cut. Not every file system can; the file is there anyway.
  private func syncFolder() {
    let folder = Foundation.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { return }
    fsync(folder)
    close(folder)
  }

  deinit {
    close(descriptor)
    // Gone already after a commit; what is left otherwise is a part nobody should find.
    unlink(temporary)
    Temporaries.remove(temporary)
  }
}

extension AtomicFile {
  /// Replaces the file at `path` by `bytes`, wholly or not at all.
  package static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
    var file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  /// Replaces the bytes of the file at `path` by what `change` makes of them (`FILE-13`). Of several
  /// processes that do so, one comes after the other, so that none loses what another has written. A
  /// symbolic link is followed here: what is added is added to the file that the user keeps.
  ///
  /// - Parameter change: Is given the bytes, or `nil` where there is no file. It is asked again when
  ///   another process was quicker.
  /// - Throws: What `change` throws, and `Fault`; the old file is then untouched.
  package static func update(
    _ name: String, _ change: ([UInt8]?) throws -> [UInt8]
  ) throws {
    let path = Folder.target(of: name)
    var attempts = 0
    while true {
      let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if descriptor < 0 {
        if errno != ENOENT { throw Fault.unreadable(path: path, reason: systemReason()) }
        var file = try AtomicFile(path: path)
        try file.write(change(nil))
        if try file.commitAsFirst() { return }
        continue
      }
      // Closing it drops the lock.
      defer { close(descriptor) }
      while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
      // Whoever had the lock before has put another file into its place.
      attempts += 1
      guard isNamed(descriptor) || attempts == 1000 else { continue }
      return try write(change(MappedFile(path: path).withBytes { Array($0) }), to: path)
    }
  }
}

/// Whether an open file still has a name, and was not removed or replaced.
private func isNamed(_ descriptor: Int32) -> Bool {
  var status = stat()
  return fstat(descriptor, &status) == 0 && status.st_nlink > 0
}

extension Fault {
  /// What is expected of a file that is to be written.
  package static let writable = "a file that can be written"

  /// The system refuses to create, write or rename the file at `path`.
  package static func unwritable(path: String, reason: String) -> Fault {
    Fault(path, found: "the error \(shown(reason))", expected: writable)
  }
}
