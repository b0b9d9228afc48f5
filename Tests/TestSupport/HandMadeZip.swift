import CFoxZlib
import FoxDecoding
import FoxFormats
import FoxWeights
import Testing

/// A zip archive made by hand, rightly or wrongly.
package struct HandMadeZip {
  /// The name that errors of these files have.
  package static let path = "hand-made.zip"

  package struct Entry {
    package var name: String
    /// The bytes as they are in the archive.
    package var data: [UInt8] = []
    package var method = 0
    package var flags = 0
    package var size: Int
    package var compressed: Int
    package var checksum: UInt32
    /// What the local header says when it lies.
    package var localName: String?
    package var localSize: Int?
    package var localFlags: Int?
    package var localExtra: [UInt8] = []
    /// Where the directory says the entry begins, when it lies.
    package var start: Int?
    package var descriptor: [UInt8] = []
    package var extra: [UInt8] = []

    package init(_ name: String, _ data: [UInt8] = []) {
      (self.name, self.data, size, compressed) = (name, data, data.count, data.count)
      checksum = data.withUnsafeBytes { Inflate.checksum($0) }
    }

    /// An entry whose bytes are deflated.
    package init(deflated name: String, _ data: [UInt8]) {
      self.init(name, data)
      (self.data, method) = (deflate(data), 8)
      compressed = self.data.count
    }
  }

  package var entries: [Entry]
  package var before: [UInt8] = []
  package var between: [UInt8] = []
  package var comment: [UInt8] = []
  package var behind: [UInt8] = []
  /// What the end record says when it lies.
  package var count: Int?
  package var disk = 0
  package var directorySize: Int?

  package init(_ entries: Entry...) { self.entries = entries }

  /// The bytes of the file.
  package var bytes: [UInt8] {
    var file = before
    var directory: [UInt8] = []
    for entry in entries {
      let start = file.count
      let name = Array((entry.localName ?? entry.name).utf8)
      file.add(UInt32(0x0403_4B50))
      file.add(UInt16(20), UInt16(entry.localFlags ?? entry.flags), UInt16(entry.method), 0, 0)
      file.add(entry.flags & 8 == 0 ? entry.checksum : 0)
      file.add(UInt32(entry.flags & 8 == 0 ? entry.compressed : 0))
      file.add(UInt32(entry.flags & 8 == 0 ? entry.localSize ?? entry.size : 0))
      file.add(UInt16(name.count), UInt16(entry.localExtra.count))
      file += name + entry.localExtra + entry.data + entry.descriptor + between
      let listed = Array(entry.name.utf8)
      directory.add(UInt32(0x0201_4B50))
      directory.add(UInt16(20), 20, UInt16(entry.flags), UInt16(entry.method), 0, 0)
      directory.add(entry.checksum, UInt32(entry.compressed), UInt32(entry.size))
      directory.add(UInt16(listed.count), UInt16(entry.extra.count), 0, 0, 0)
      directory.add(UInt32(0), UInt32(entry.start ?? start))
      directory += listed + entry.extra
    }
    let start = file.count
    file += directory + end(start: start, size: directory.count) + behind
    return file
  }

  private func end(start: Int, size: Int) -> [UInt8] {
    var end: [UInt8] = []
    let count = UInt16(count ?? entries.count)
    end.add(UInt32(0x0605_4B50))
    end.add(UInt16(disk), UInt16(disk), count, count)
    end.add(UInt32(directorySize ?? size), UInt32(start))
    end.add(UInt16(comment.count))
    return end + comment
  }

  /// The archive, opened from memory.
  package func archive() throws(Fault) -> ZipArchive {
    let bytes = bytes
    return try ZipArchive(
      StoredBytes(copying: bytes), path: Self.path,
      allowance: ZipArchive.allowance(forSize: bytes.count))
  }

  /// Expects that the archive, or its first entry, is refused.
  package func expectRefusal(
    at place: String? = nil, found: String, expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      Self.path, at: place, found: found, expected: expected, sourceLocation: sourceLocation
    ) { try archive().read(entries[0].name) }
  }
}

/// Bytes deflated as zip archives have them.
package func deflate(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var (source, target) = (bytes, [UInt8](repeating: 0, count: bytes.count + 1_000))
  source.withUnsafeMutableBufferPointer { source in
    target.withUnsafeMutableBufferPointer { target in
      (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
      (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
      _ = CFoxZlib.deflate(&stream, Z_FINISH)
    }
  }
  return Array(target.prefix(Int(stream.total_out)))
}
