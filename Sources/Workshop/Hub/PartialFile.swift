import Foundation
import FoxFiles

/// A download under way: `NAME.incomplete` beside the target, and a note that says of what
/// (`HUB-5`).
///
/// The note is written before the first byte and removed before the file is emptied, so that bytes
/// without a note are never gone on with, whenever the process dies. The file is locked while it is
/// open: two processes never write into one.
struct PartialFile: ~Copyable {
  /// What the bytes are part of.
  struct Note: Equatable {
    /// What stands for the content, as the hub says.
    var tag: String
    /// What the server that sends the bytes calls them; a range is asked for under this name only.
    var validator: String
  }

  private let target: String
  private let path: String
  private let descriptor: Int32
  /// Bytes in the file.
  private(set) var count: Int
  private(set) var note: Note?
  private var isCommitted = false

  static func path(for target: String) -> String { "\(target).incomplete" }
  static func notePath(for target: String) -> String { "\(target).incomplete.json" }

  /// Opens what an earlier attempt left beside `target`, or a new empty file.
  ///
  /// - Throws: ``HubError/busy(path:)``, ``HubError/file(_:)``.
  init(beside target: String) throws(HubError) {
    let opened = try Self.open(beside: target)
    (self.target, path) = (target, Self.path(for: target))
    (descriptor, count) = (opened.descriptor, opened.count)
    note = opened.count > 0 ? Self.readNote(Self.notePath(for: target)) : nil
  }

  private static func open(
    beside target: String
  ) throws(HubError) -> (descriptor: Int32, count: Int) {
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw .file(.notAFile(path: target))
    }
    return try openLocked(path(for: target))
  }

  private static func openLocked(_ path: String) throws(HubError) -> (Int32, Int) {
    var attempts = 0
    while true {
      let descriptor = Foundation.open(
        path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      if descriptor < 0 { throw .file(.unwritable(path: path, reason: systemReason())) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        close(descriptor)
        throw .busy(path: path)
      }
      var (opened, named) = (stat(), stat())
      fstat(descriptor, &opened)
      if opened.st_mode & S_IFMT != S_IFREG {
        close(descriptor)
        throw .file(.notAFile(path: path))
      }
      // Between opening and locking, another process may have finished and renamed it.
      // On some file systems a file has another number each time: that must not go on for ever.
      attempts += 1
      if stat(path, &named) == 0,
        named.st_ino == opened.st_ino && named.st_dev == opened.st_dev || attempts == 100
      {
        return (descriptor, Int(opened.st_size))
      }
      close(descriptor)
    }
  }

  /// Removes what a killed download left beside a file that is complete, unless another one writes it.
  /// Without a note it may be somebody else's.
  static func discard(beside target: String) {
    guard readNote(notePath(for: target)) != nil else { return }
    unlink(notePath(for: target))
    let descriptor = Foundation.open(
      path(for: target), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if descriptor < 0 { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path(for: target)) }
    close(descriptor)
  }

  private static func readNote(_ path: String) -> Note? {
    guard let note = try? JSON.read(path: path), let tag = note["tag"]?.string,
      let validator = note["validator"]?.string
    else { return nil }
    return Note(tag: tag, validator: validator)
  }

  /// Empties the file, and notes what will come; without a note it is never gone on with.
  mutating func restart(_ note: Note?) throws(HubError) {
    let notePath = Self.notePath(for: target)
    unlink(notePath)
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .file(.unwritable(path: path, reason: systemReason()))
    }
    (count, self.note) = (0, note)
    guard let note else { return }
    let document: JSON = ["tag": .string(note.tag), "validator": .string(note.validator)]
    do {
      // Half a note is no note: it is no JSON. A temporary file would stay when we are killed.
      try Data(document.text(.line).utf8).write(to: URL(fileURLWithPath: notePath))
    } catch {
      throw .file(.unwritable(path: notePath, reason: error.localizedDescription))
    }
  }

  /// Adds bytes at the end.
  mutating func append(_ data: [UInt8]) throws(HubError) {
    if lseek(descriptor, off_t(count), SEEK_SET) < 0 {
      throw .file(.unwritable(path: path, reason: systemReason()))
    }
    let failed = data.withUnsafeBytes { bytes in
      var rest = bytes
      while let start = rest.baseAddress, !rest.isEmpty {
        let written = Foundation.write(descriptor, start, rest.count)
        if written < 0 {
          if errno == EINTR { continue }
          return true
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
      return false
    }
    if failed { throw .file(.unwritable(path: path, reason: systemReason())) }
    count += data.count
  }

  /// The SHA-256 of what is in the file.
  func hash() throws(HubError) -> String {
    do {
      return SHA256.hash(of: try MappedFile(path: path)).hexadecimal
    } catch {
      throw .file(error)
    }
  }

  /// Gives the file its final name.
  consuming func commit() throws(HubError) {
    AtomicFile.keepPermissions(of: target, on: descriptor)
    guard fsync(descriptor) == 0, rename(path, target) == 0 else {
      throw .file(.unwritable(path: target, reason: systemReason()))
    }
    unlink(Self.notePath(for: target))
    isCommitted = true
  }

  deinit {
    // Nothing came: nothing to go on with.
    if !isCommitted, count == 0 {
      unlink(Self.notePath(for: target))
      unlink(path)
    }
    close(descriptor)
  }
}
