import FoxWeights

/// Archives taken apart and put together again, for programs that test this room.
package enum ArchiveParts {
  /// Names and contents of all entries; `nil` when `bytes` are no archive without faults.
  package static func entries(of bytes: [UInt8]) -> [(name: String, bytes: [UInt8])]? {
    let buffer = ByteBuffer(count: bytes.count)
    buffer.bytes.copyBytes(from: bytes)
    let allowance = ZipArchive.allowance(forSize: bytes.count)
    let archive = try? ZipArchive(buffer.stored, path: "", allowance: allowance)
    return archive?.entries.compactMap { entry in
      (try? archive?.read(entry.name)).map { stored in
        (entry.name, stored.withBytes { Array($0) })
      }
    }
  }

  /// An archive of stored entries.
  package static func archive(of entries: [(name: String, bytes: [UInt8])]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var writer = ZipWriter { bytes += $0 }
    do {
      for (name, content) in entries { try writer.add(name, content) }
      try writer.finish()
    } catch { return nil }
    return bytes
  }
}
