import Foundation
import FoxDecoding
import FoxWeights

/// A file that appears complete or not at all (`FILE-4`).
///
/// Bytes go to a temporary file in the same folder, which is synced and then renamed over the
/// target: whoever reads the path sees the old file or the new one, never a part, whatever moment
/// the process is killed at. Whoever has the old file mapped keeps the old bytes. A symbolic link
/// at the path is replaced, not followed: what it names may be shared, as in the Hub's cache.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let folder: String
  private let temporary: String
  private let descriptor: Int32

  /// Starts a new version of the file at `path`.
  ///
  /// - Throws: When a folder or a device is there, which a rename would destroy, and when the system
  ///   refuses.
  public init(path: String) throws(Fault) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw .notAFile(path: path) }
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let unique = "\(getpid())-\(UInt32.random(in: .min ... .max))"
    let temporary = "\(folder)/.\(url.lastPathComponent).\(unique).tmp"
    // Known before it is there: a signal in between must find it.
    Temporaries.add(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      let reason = systemReason()
      Temporaries.remove(temporary)
      throw .unwritable(path: path, reason: reason)
    }
    (self.path, self.folder) = (path, folder)
    (self.temporary, self.descriptor) = (temporary, descriptor)
  }

  /// Appends bytes.
  ///
  /// - Throws: When the system refuses, for instance on a full disk.
  public mutating func write(_ buffer: UnsafeRawBufferPointer) throws(Fault) {
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
  public mutating func write(_ bytes: [UInt8]) throws(Fault) {
    let result: Result<Void, Fault> = bytes.withUnsafeBytes { buffer in
      Result { () throws(Fault) in try self.write(buffer) }
    }
    try result.get()
  }

  /// Syncs what was written and puts it in the place of the old file.
  ///
  /// - Throws: When the system refuses; the old file is then untouched.
  public consuming func commit() throws(Fault) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw .unwritable(path: path, reason: systemReason())
    }
    syncFolder()
  }

  /// Lets the new name outlive a power cut. Not every file system can; the file is there anyway.
  private func syncFolder() {
    let folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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
  public static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
    var file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }
}

extension Fault {
  /// The system refuses to create, write or rename the file at `path`.
  package static func unwritable(path: String, reason: String) -> Fault {
    Fault(path, found: "the error \(shown(reason))", expected: "a file that can be written")
  }
}
