import Foundation
import FoxDecoding

/// # Files that are memory
///
/// Weights are large: those of GPT-2 small have 500 MB. Instead of reading them, we ask the system
/// to show the file as if it were memory. It fetches a page when it is first read, and may drop
/// the page again, because the file still has it. So opening is instant, and a tensor that is used
/// where it lies costs no memory of its own.
///
/// A pointer says nothing about how long its memory lives. So it travels with an owner, as
/// ``StoredBytes``: whoever holds one keeps the mapping alive.
///
/// Source: `mmap(2)`; `torch.UntypedStorage`, which tensors share. Clauses FILE-1 and FILE-2. Does
/// not write. A file that is replaced by a rename stays readable here. One that another program
/// cuts short in place does not: the system ends this process (SIGBUS).
package final class MappedFile: @unchecked Sendable {
  package let path: String  // for faults of what is read from it
  package let bytes: UnsafeRawBufferPointer  // valid until the last *use* of this object

  /// Maps the file at `path`. No byte is read.
  package init(path: String) throws(Fault) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe waits until another program writes to it. With O_CLOEXEC,
    // programs that we start do not inherit the file.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { close(descriptor) }  // the mapping outlives the descriptor
    // `fstat` and not `stat`: between two calls another file could take the path's place.
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .fileMissing(path: path)  // as in `config.json/weights`
      case ENXIO: throw .notAFile(path: path)  // a socket
      default: throw .unreadable(path: path, reason: systemReason())
      }
    }
    // `open` takes folders and devices too, but only a regular file has bytes to map.
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    let count = Int(status.st_size)
    if count == 0 {
      // `mmap` refuses it, but an empty file is not an error: its reader says what is missing.
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    // PROT_READ: a write by mistake stops the program instead of changing the user's weights.
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),  // at any address
      start != UnsafeMutableRawPointer(bitPattern: -1)  // MAP_FAILED, a macro Swift does not see
    else { throw .unreadable(path: path, reason: systemReason()) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Calls `body` with all bytes of the file, which stay mapped during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try StoredBytes(self).withBytes(body)
  }

  deinit {
    // The empty file has no address, and nothing to unmap.
    guard let start = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)  // nobody shows them any more
  }
}

/// Bytes that nobody writes any more, and what keeps them alive: a mapped file, or a buffer that
/// something was inflated into.
package struct StoredBytes: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer
  package let owner: AnyObject  // only its lifetime counts
  package var count: Int { bytes.count }

  package init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    (self.bytes, self.owner) = (bytes, owner)
  }

  package init(_ file: MappedFile) { self.init(file.bytes, owner: file) }  // all its bytes

  /// Calls `body` with the bytes, which stay alive during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Swift may free an object after its last mention, which here is before `body` returns.
    defer { extendLifetime(owner) }
    return try body(bytes)
  }

  /// A part of the bytes; what lies outside is left out.
  package func part(_ range: Range<Int>) -> StoredBytes {
    // A few bytes keep the whole file mapped.
    StoredBytes(.init(rebasing: bytes[range.clamped(to: 0..<count)]), owner: owner)
  }

  package func isAligned(to alignment: Int) -> Bool {
    // The address counts, not the place in the file: mappings begin at a page, payloads anywhere.
    UInt(bitPattern: bytes.baseAddress) % UInt(alignment) == 0
  }
}

/// Reading without trust: a file may say that something begins anywhere and has any length. So
/// bounds are compared by subtraction: `offset + size` could overflow, `count - offset` cannot.
extension UnsafeRawBufferPointer {
  /// The little-endian number at `offset`; `nil` where it would not lie inside.
  @inlinable
  package func number<Number: FixedWidthInteger>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number? {
    guard slice(at: offset, count: MemoryLayout<Number>.size) != nil else { return nil }
    // In files numbers stand at any address, so they are loaded unaligned.
    return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// `length` bytes from `offset` on; `nil` where they would not lie inside.
  @inlinable
  package func slice(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
    // In this order: each comparison makes the next one safe.
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    // `rebasing` makes the slice count from 0, as places in a record do.
    return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
  }

  /// Whether both have the same bytes.
  package func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
    // What is empty may have no address.
    guard count == other.count, let first = baseAddress, let second = other.baseAddress else {
      return count == other.count
    }
    // One storage under two names needs no look at it.
    return first == second || memcmp(first, second, count) == 0
  }
}

/// The system's words for the error of the last call; to be asked at once, before the next call.
package func systemReason() -> String { String(cString: strerror(errno)) }

// What can be wrong with a file before a byte of it is read.
extension Fault {
  // ENOENT: also for an empty path.
  package static func fileMissing(path: String) -> Fault {
    Fault(path, found: "nothing", expected: "a file")
  }

  // What holds no bytes of its own: `/dev/null`, or a pipe, which is not waited for.
  package static func notAFile(path: String) -> Fault {
    Fault(path, found: "a folder, a device or a pipe", expected: "a file")
  }

  // No permission, a loop of links: the system's reason says which.
  package static func unreadable(path: String, reason: String) -> Fault {
    Fault(path, found: "the error \(shown(reason))", expected: "a file that can be read")
  }
}
