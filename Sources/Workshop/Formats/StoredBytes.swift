import FoxFiles
import FoxKernels

/// A range of bytes of a storage: a part of a mapped file, of something inflated, or of a copy.
///
/// A value that can be passed between tasks; the bytes live as long as it does.
public struct StoredBytes: Sendable {
  /// What holds the bytes.
  public let storage: Storage
  /// Where they are in it.
  public let range: Range<Int>

  /// How many bytes there are.
  public var count: Int { range.count }

  /// All bytes of a storage.
  init(_ storage: Storage) { self.init(storage, 0..<storage.byteCount) }

  init(_ storage: Storage, _ range: Range<Int>) { (self.storage, self.range) = (storage, range) }

  /// All of `bytes`, which `owner` keeps alive and unchanged.
  package init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    self.init(Storage(borrowing: bytes, owner: owner))
  }

  /// All bytes of the file at `path`, mapped.
  init(mapping path: String) throws(CheckpointError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    self.init(Storage(borrowing: file.bytes, owner: file))
  }

  /// Calls `body` with the bytes, which stay alive during the call.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(storage) }
    return try body(
      UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: range.count))
  }

  /// A part of the bytes; what lies outside is left out.
  func part(_ part: Range<Int>) -> StoredBytes {
    let inside = part.clamped(to: 0..<count)
    let start = range.lowerBound + inside.lowerBound
    return StoredBytes(storage, start..<start + inside.count)
  }
}

/// Bytes that are written once and then shown.
final class ByteBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  /// Memory for `count` bytes, not cleared: pages nobody writes cost nothing.
  init(count: Int) {
    bytes = .allocate(byteCount: max(count, 1), alignment: 64)
    self.count = count
  }

  let count: Int

  /// The bytes, which are not written any more.
  var stored: StoredBytes {
    StoredBytes(
      Storage(
        borrowing: UnsafeRawBufferPointer(start: bytes.baseAddress, count: count), owner: self))
  }

  deinit { bytes.deallocate() }
}

extension UnsafeRawBufferPointer {
  /// The little-endian number at `offset`; `nil` where it would not lie inside.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= count, size <= count - offset else { return nil }
    return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// The bytes from `offset` on, `length` of them; `nil` where they would not lie inside.
  func slice(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
  }
}
