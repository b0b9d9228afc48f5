/// # Bytes and what keeps them alive
///
/// The numbers of a tensor are bytes in a mapped file, or in a buffer that something was inflated into.
/// Whoever holds a ``StoredBytes`` holds that owner too, so nobody copies bytes just to keep them.
///
/// A value that can be passed between tasks: nobody writes the bytes any more.
package struct StoredBytes: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer
  package let owner: AnyObject

  package init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    (self.bytes, self.owner) = (bytes, owner)
  }

  /// All bytes of a mapped file.
  package init(_ file: MappedFile) { self.init(file.bytes, owner: file) }

  package var count: Int { bytes.count }

  /// Calls `body` with the bytes, which stay alive during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(owner) }
    return try body(bytes)
  }

  /// A part of the bytes; what lies outside is left out.
  package func part(_ range: Range<Int>) -> StoredBytes {
    StoredBytes(.init(rebasing: bytes[range.clamped(to: 0..<count)]), owner: owner)
  }

  package func isAligned(to alignment: Int) -> Bool {
    UInt(bitPattern: bytes.baseAddress) % UInt(alignment) == 0
  }

  /// Gives back the memory of bytes of a mapped file that are not needed soon; others stay.
  package func giveBack() {
    guard let file = owner as? MappedFile, let start = bytes.baseAddress,
      let first = file.bytes.baseAddress
    else { return }
    file.giveBack(start - first..<start - first + count)
  }
}

/// Memory that is written once and then shown.
package final class ByteBuffer {
  package let bytes: UnsafeMutableRawBufferPointer

  /// Memory for `count` bytes, not cleared: a page that nobody writes costs nothing.
  package init(count: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  /// The bytes, which are not written any more.
  package var stored: StoredBytes { StoredBytes(UnsafeRawBufferPointer(bytes), owner: self) }

  deinit { bytes.baseAddress?.deallocate() }
}

/// Reading without trust: a file may say that something begins anywhere and has any length.
extension UnsafeRawBufferPointer {
  /// The little-endian number at `offset`; `nil` where it would not lie inside.
  package func number<Number: FixedWidthInteger>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= count, size <= count - offset else { return nil }
    return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// `length` bytes from `offset` on; `nil` where they would not lie inside.
  package func slice(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
  }
}
