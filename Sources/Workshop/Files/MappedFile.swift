import Foundation

/// A file mapped into memory, read-only (`FILE-1`).
///
/// The bytes are read by the system when they are first touched and are shared with the page cache,
/// so that a 500 MB checkpoint costs no memory of its own. The mapping lives as long as this object.
/// A file that is replaced by a rename, as ``AtomicFile`` does, stays readable here; one that another
/// program cuts short in place does not, and the system then ends this process (SIGBUS).
public final class MappedFile: @unchecked Sendable {
  /// The path that was opened.
  public let path: String
  /// All bytes of the file. Valid while this object lives, which ends with its last *use*, not with
  /// its scope: `Array(try MappedFile(path: path).bytes)` may read what is unmapped already. Whoever
  /// keeps no reference reads through ``withBytes(_:)``.
  public let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: ``BytesError`` when there is no such file, when it is not a regular file, or when the
  ///   system refuses to open or map it.
  /// - Complexity: O(1); no byte is read.
  public init(path: String) throws(BytesError) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      if errno == ENOENT || errno == ENOTDIR { throw .fileMissing(path: path) }
      if errno == ENXIO { throw .notAFile(path: path) }  // a socket
      throw .unreadable(path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    let count = Int(status.st_size)
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      start != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw .unreadable(path: path, reason: systemReason()) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Calls `body` with all bytes of the file, which stay mapped during the call.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(self) }
    return try body(bytes)
  }

  /// Gives back the memory of a part of the file that is not needed soon; reading it again reads the
  /// file again.
  package func giveBack(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (range.lowerBound + page - 1) / page * page
    let last = min(range.upperBound, bytes.count) / page * page
    guard first < last, let start = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: start + first), last - first, MADV_DONTNEED)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

/// The system's words for the error of the last call.
package func systemReason() -> String { String(cString: strerror(errno)) }
