import Foundation

/// A file mapped into memory, read-only.
///
/// The bytes are read by the system when they are first touched and are shared with the page cache,
/// so that a 500 MB checkpoint costs no memory of its own. The mapping lives as long as this object.
public final class MappedFile: @unchecked Sendable {
  /// The path that was opened.
  public let path: String
  /// All bytes of the file. Valid while this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: ``BytesError`` when there is no such file, when it is not a regular file, or when the
  ///   system refuses to map it.
  public init(path: String) throws(BytesError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT || errno == ENOTDIR { throw .fileMissing(path: path) }
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

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

/// The system's words for the error of the last call.
package func systemReason() -> String { String(cString: strerror(errno)) }
