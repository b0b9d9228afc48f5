/// # Bytes and what keeps them alive
///
/// The numbers of a tensor are bytes in a mapped file, or in a buffer that something was inflated
/// into. A pointer to them says nothing about how long they live. So it travels with its owner:
/// whoever holds a ``StoredBytes`` keeps the mapping or the buffer alive, and nobody copies bytes
/// just to keep them. Nobody writes the bytes any more, so the value can be passed between tasks.
///
/// The idea of PyTorch's `torch.UntypedStorage`, which tensors share. Clause FILE-1. Does
/// not know what the bytes mean: ``TensorInfo`` does.
package struct StoredBytes: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer
  // `AnyObject`: only its lifetime counts.
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
    // Without this, Swift could free the owner when it is last mentioned, which is before `body`.
    defer { extendLifetime(owner) }
    return try body(bytes)
  }

  /// A part of the bytes; what lies outside is left out.
  package func part(_ range: Range<Int>) -> StoredBytes {
    // The owner goes along: a part of a few bytes keeps the whole file mapped.
    StoredBytes(.init(rebasing: bytes[range.clamped(to: 0..<count)]), owner: owner)
  }

  package func isAligned(to alignment: Int) -> Bool {
    // The address counts, not the place in the file: mappings begin at a page, payloads anywhere.
    UInt(bitPattern: bytes.baseAddress) % UInt(alignment) == 0
  }
}

/// Reading without trust: a file may say that something begins anywhere and has any length.
extension UnsafeRawBufferPointer {
  /// The little-endian number at `offset`; `nil` where it would not lie inside.
  @inlinable
  package func number<Number: FixedWidthInteger>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    // The bounds are compared by subtraction: `offset + size` could overflow, `count - offset`
    // cannot.
    guard offset >= 0, offset <= count, size <= count - offset else { return nil }
    // In files numbers stand at any address, so they are loaded unaligned.
    return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// `length` bytes from `offset` on; `nil` where they would not lie inside.
  @inlinable
  package func slice(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
    // `length` may be any 64-bit number of the file, so this too subtracts rather than adds.
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    // `rebasing` makes the slice count from 0, as places in a record do.
    return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
  }
}
