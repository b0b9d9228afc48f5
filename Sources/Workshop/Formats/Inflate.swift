import CFoxZlib

/// # Deflated bytes
///
/// Most entries of a checkpoint are stored in its zip archive as they are. One that somebody packed
/// again may be deflated: repeated pieces are references to earlier ones, and frequent bytes have
/// short codes. zlib undoes that and computes the archive's checksums. It counts in 32 bits, so
/// bytes go through it in pieces of 1 GiB.
///
/// RFC 1951 (deflate), zlib's `inflate` and `crc32`; clause ZIP-6. Does not decide how much may be
/// inflated: ``ZipArchive`` does, before it calls this.
package enum Inflate {
  private static let piece = 1 << 30  // a power of two that `UInt32` holds

  /// Inflates deflated bytes into `target` until it is full or they end.
  ///
  /// - Returns: How many bytes were read and written, and whether the deflated bytes came to their
  ///   end; `nil` when they are damaged.
  static func inflate(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> (read: Int, written: Int, isAtEnd: Bool)? {
    // The C struct in which zlib keeps its place in the input, its window and its tables.
    var stream = z_stream()
    // Raw deflate, without the two bytes of header that zlib's own streams begin with (see
    // CFoxZlib).
    guard fox_inflate_start(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }  // frees zlib's tables and its window of 32 KiB
    // zlib wants an address even where there is no room.
    guard let input = source.baseAddress, let output = target.baseAddress else { return nil }
    var (read, written) = (0, 0)
    // The bounds are the caller's `target`, not what the stream says: a bomb runs against a wall.
    while true {
      let (room, left) = (min(target.count - written, piece), min(source.count - read, piece))
      stream.next_in = UnsafeMutablePointer(
        mutating: (input + read).assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(left)
      stream.next_out = (output + written).assumingMemoryBound(to: UInt8.self)
      // With no room left zlib may still read what ends the stream. So a buffer of exactly the
      // right size gets to Z_STREAM_END, and one that is too small does not.
      stream.avail_out = UInt32(room)
      let status = CFoxZlib.inflate(&stream, Z_NO_FLUSH)
      // zlib counts `avail_in` and `avail_out` down: the differences were read and written.
      let (took, gave) = (left - Int(stream.avail_in), room - Int(stream.avail_out))
      read += took
      written += gave
      if status == Z_STREAM_END { return (read, written, true) }  // its last block has been read
      // Z_BUF_ERROR only says that nothing could be done this time. All other errors are damage.
      if status != Z_OK && status != Z_BUF_ERROR { return nil }
      // Cut short, or the target is full.
      if took == 0 && gave == 0 { return (read, written, false) }
    }
  }

  /// The CRC-32 of bytes, continued from the sum of the bytes before them.
  package static func checksum(
    _ bytes: UnsafeRawBufferPointer, after start: UInt32 = 0
  ) -> UInt32 {
    guard let base = bytes.baseAddress else { return start }
    var sum = UInt(start)
    // `uLong` is what zlib uses for sums; of its 64 bits on this machine a CRC has 32.
    for offset in Swift.stride(from: 0, to: bytes.count, by: piece) {
      let count = min(piece, bytes.count - offset)
      let address = (base + offset).assumingMemoryBound(to: UInt8.self)
      // `crc32` takes the sum of what came before, so pieces give the same sum as the whole.
      sum = UInt(crc32(uLong(sum), address, UInt32(count)))
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}
