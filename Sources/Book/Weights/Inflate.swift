import CFoxZlib

/// zlib, for what zip archives need of it. It counts in 32 bits, so bytes go through it in pieces.
package enum Inflate {
  private static let piece = 1 << 30

  /// Inflates deflated bytes into `target` until it is full or they end.
  ///
  /// - Returns: How many bytes were read and written, and whether the deflated bytes came to their
  ///   end; `nil` when they are damaged.
  static func inflate(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> (read: Int, written: Int, isAtEnd: Bool)? {
    var stream = z_stream()
    guard fox_inflate_start(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    // zlib wants an address even where there is no room.
    guard let input = source.baseAddress, let output = target.baseAddress else { return nil }
    var (read, written) = (0, 0)
    while true {
      let (room, left) = (min(target.count - written, piece), min(source.count - read, piece))
      stream.next_in = UnsafeMutablePointer(
        mutating: (input + read).assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(left)
      stream.next_out = (output + written).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(room)
      let status = CFoxZlib.inflate(&stream, Z_NO_FLUSH)
      let (took, gave) = (left - Int(stream.avail_in), room - Int(stream.avail_out))
      read += took
      written += gave
      if status == Z_STREAM_END { return (read, written, true) }
      if status != Z_OK && status != Z_BUF_ERROR { return nil }
      if took == 0 && gave == 0 { return (read, written, false) }
    }
  }

  /// The CRC-32 of bytes, going on from that of what came before them.
  package static func checksum(
    _ bytes: UnsafeRawBufferPointer, after start: UInt32 = 0
  ) -> UInt32 {
    guard let base = bytes.baseAddress else { return start }
    var sum = UInt(start)
    for offset in Swift.stride(from: 0, to: bytes.count, by: piece) {
      let count = min(piece, bytes.count - offset)
      let address = (base + offset).assumingMemoryBound(to: UInt8.self)
      sum = UInt(crc32(uLong(sum), address, UInt32(count)))
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}
