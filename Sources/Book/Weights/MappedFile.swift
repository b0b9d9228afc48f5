import Foundation
import FoxDecoding

/// # Files that are memory
///
/// Weights are large: those of GPT-2 small have 500 MB. Instead of reading them, we ask the system
/// to show the file as if it were memory. It fetches a page when it is first read and may drop
/// the page again, because the file still has it. So opening is instant, and a tensor that is used
/// where it lies in the file costs no memory of its own.
///
/// `mmap(2)`; clauses FILE-1 and FILE-2. Does not write. A file that is replaced by a rename stays
/// readable here, because the old one lives as long as it is mapped. A file that another program
/// cuts short in place does not: the system then ends this process (SIGBUS).
public final class MappedFile: @unchecked Sendable {
  package let path: String
  /// All bytes of the file. Valid while this object lives, which ends with its last *use*, not with
  /// its scope; code that keeps no reference reads through ``withBytes(_:)``.
  package let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`. No byte is read.
  package init(path: String) throws(Fault) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe waits until another program writes to it.
    // With O_CLOEXEC, programs that we start do not inherit the file.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      // ENOTDIR: a part of the path is a file, as in `config.json/weights`.
      if errno == ENOENT || errno == ENOTDIR { throw .fileMissing(path: path) }
      if errno == ENXIO { throw .notAFile(path: path) }  // a socket
      throw .unreadable(path: path, reason: systemReason())
    }
    // The mapping outlives the descriptor.
    defer { close(descriptor) }
    // `fstat` and not `stat`: between two calls another file could take the path's place.
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: systemReason())
    }
    // `open` takes folders and devices too, but only a regular file has bytes to map.
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    let count = Int(status.st_size)
    if count == 0 {
      // `mmap` refuses a length of 0. An empty file is not an error: its reader says what is
      // missing.
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    // PROT_READ: a write by mistake stops the program instead of changing the user's weights.
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      // MAP_FAILED, a macro that Swift does not see.
      start != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw .unreadable(path: path, reason: systemReason()) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Calls `body` with all bytes of the file, which stay mapped during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Swift may free an object after its last use, even before a call that uses its bytes returns.
    defer { extendLifetime(self) }
    return try body(bytes)
  }

  deinit {
    // The empty file has no address, and nothing to unmap.
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

/// The system's words for the error of the last call; to be asked at once, before the next call.
package func systemReason() -> String { String(cString: strerror(errno)) }

/// What can be wrong with a file before a byte of it is read.
extension Fault {
  /// There is no file at `path`.
  package static func fileMissing(path: String) -> Fault {
    Fault(path, found: "nothing", expected: "a file")
  }

  /// What is at `path` holds no bytes of its own.
  package static func notAFile(path: String) -> Fault {
    Fault(path, found: "a folder, a device or a pipe", expected: "a file")
  }

  /// The system refuses to open or to read the file at `path`.
  package static func unreadable(path: String, reason: String) -> Fault {
    Fault(path, found: "the error \(shown(reason))", expected: "a file that can be read")
  }
}
