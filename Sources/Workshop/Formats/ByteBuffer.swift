import FoxWeights

/// Memory that is written once and then shown.
package final class ByteBuffer {
  package let bytes: UnsafeMutableRawBufferPointer

  /// Memory for `count` bytes, not cleared: a page that nobody writes costs nothing.
  package init(count: Int) {
    // One cache line, which suits every kind of number. `allocate` may return no address for 0
    // bytes, and `Inflate` needs one.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  /// The bytes, which are not written any more. The buffer owns them and lives as long as they do.
  package var stored: StoredBytes { StoredBytes(UnsafeRawBufferPointer(bytes), owner: self) }

  // A part that begins at 0 has the address of the whole.
  deinit { bytes.baseAddress?.deallocate() }
}
