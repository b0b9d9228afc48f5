import CFoxZlib
import Testing

@testable import FoxFormats

/// A zip archive made by hand, rightly or wrongly.
struct HandMadeZip {
  /// The name that errors of these files have.
  static let path = "hand-made.zip"

  struct Entry {
    var name: String
    /// The bytes as they are in the archive.
    var data: [UInt8] = []
    var method = 0
    var flags = 0
    var size: Int
    var compressed: Int
    var checksum: UInt32
    /// What the local header says when it lies.
    var localName: String?
    var localSize: Int?
    /// Where the directory says the entry begins, when it lies.
    var start: Int?
    var descriptor: [UInt8] = []
    var extra: [UInt8] = []

    init(_ name: String, _ data: [UInt8] = []) {
      (self.name, self.data, size, compressed) = (name, data, data.count, data.count)
      checksum = data.withUnsafeBytes { Inflate.checksum($0) }
    }

    /// An entry whose bytes are deflated.
    init(deflated name: String, _ data: [UInt8]) {
      self.init(name, data)
      (self.data, method) = (deflate(data), 8)
      compressed = self.data.count
    }
  }

  var entries: [Entry]
  var before: [UInt8] = []
  var between: [UInt8] = []
  var comment: [UInt8] = []
  var behind: [UInt8] = []
  /// What the end record says when it lies.
  var count: Int?
  var disk = 0
  var directorySize: Int?

  init(_ entries: Entry...) { self.entries = entries }

  /// The bytes of the file.
  var bytes: [UInt8] {
    var file = LittleEndian(bytes: before)
    var directory = LittleEndian()
    for entry in entries {
      let start = file.bytes.count
      let name = Array((entry.localName ?? entry.name).utf8)
      file.add(UInt32(0x0403_4B50))
      file.add(UInt16(20), UInt16(entry.flags), UInt16(entry.method), 0, 0)
      file.add(entry.flags & 8 == 0 ? entry.checksum : 0)
      file.add(UInt32(entry.flags & 8 == 0 ? entry.compressed : 0))
      file.add(UInt32(entry.flags & 8 == 0 ? entry.localSize ?? entry.size : 0))
      file.add(UInt16(name.count), UInt16(0))
      file.bytes += name + entry.data + entry.descriptor + between
      let listed = Array(entry.name.utf8)
      directory.add(UInt32(0x0201_4B50))
      directory.add(UInt16(20), 20, UInt16(entry.flags), UInt16(entry.method), 0, 0)
      directory.add(entry.checksum, UInt32(entry.compressed), UInt32(entry.size))
      directory.add(UInt16(listed.count), UInt16(entry.extra.count), 0, 0, 0)
      directory.add(UInt32(0), UInt32(entry.start ?? start))
      directory.bytes += listed + entry.extra
    }
    let start = file.bytes.count
    file.bytes += directory.bytes + end(start: start, size: directory.bytes.count) + behind
    return file.bytes
  }

  private func end(start: Int, size: Int) -> [UInt8] {
    var end = LittleEndian()
    let count = UInt16(count ?? entries.count)
    end.add(UInt32(0x0605_4B50))
    end.add(UInt16(disk), UInt16(disk), count, count)
    end.add(UInt32(directorySize ?? size), UInt32(start))
    end.add(UInt16(comment.count))
    return end.bytes + comment
  }

  /// The archive, opened from memory.
  func archive() throws(CheckpointError) -> ZipArchive {
    let bytes = bytes
    let memory = Memory(bytes)
    return try ZipArchive(
      StoredBytes(.init(borrowing: memory.buffer, owner: memory)), path: Self.path,
      allowance: ZipArchive.allowance(forSize: bytes.count))
  }

  /// Expects that the archive, or its first entry, is refused for `problem`.
  func expectRefusal(
    _ problem: ZipProblem, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      throws: CheckpointError.zip(file: Self.path, problem: problem),
      sourceLocation: sourceLocation
    ) { try archive().read(entries[0].name) }
  }
}

/// Bytes deflated as zip archives have them.
func deflate(_ bytes: [UInt8]) -> [UInt8] {
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

/// Opens a checkpoint that `bytes` are.
func open(
  _ bytes: [UInt8], path: String = HandMadeZip.path, siblings: [String: [UInt8]] = [:]
) throws(CheckpointError) -> Checkpoint {
  let memory = Memory(bytes)
  return try Checkpoint(bytes: memory.buffer, owner: memory, path: path) {
    (name) throws(CheckpointError) in
    guard let bytes = siblings[name] else { throw .file(.fileMissing(path: name)) }
    let memory = Memory(bytes)
    return StoredBytes(borrowing: memory.buffer, owner: memory)
  }
}
