import FoxWeights

/// Writes a zip archive of stored entries, each with its bytes at a multiple of 64, so that readers
/// can show them where they are (`ZIP-8`).
///
/// As PyTorch does: local headers hold no sizes, a descriptor after the bytes does, and an extra
/// field "FB" fills up to the multiple of 64.
struct ZipWriter {
  /// Takes the bytes of the archive, in order.
  typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private struct Written {
    let name: [UInt8]
    let checksum: UInt32
    let size: Int
    let start: Int
  }

  static let alignment = 64
  private let sink: Sink
  /// Sizes, offsets and counts from here on are written with 64 bits.
  private let wideFrom: Int
  private var position = 0
  private var entries: [Written] = []

  /// Starts an archive.
  ///
  /// - Parameter wideFrom: Smaller in tests, which cannot write 4 GiB.
  init(wideFrom: Int = Int(UInt32.max), sink: @escaping Sink) {
    (self.wideFrom, self.sink) = (wideFrom, sink)
  }

  /// Appends an entry of `size` bytes, which `body` hands over in pieces.
  mutating func add(
    _ name: String, size: Int, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let (start, name) = (position, Array(name.utf8))
    try write(localHeader(name, size: size))
    var (checksum, count) = (UInt32(0), 0)
    try body { piece in
      checksum = Inflate.checksum(piece, after: checksum)
      count += piece.count
      try sink(piece)
    }
    position += count
    let entry = Written(name: name, checksum: checksum, size: count, start: start)
    try write(descriptor(entry, isWide: size >= wideFrom))
    entries.append(entry)
  }

  /// Appends an entry.
  mutating func add(_ name: String, _ bytes: [UInt8]) throws {
    try add(name, size: bytes.count) { write in try bytes.withUnsafeBytes(write) }
  }

  /// Appends directory and end records.
  mutating func finish() throws {
    let start = position
    for entry in entries { try write(directoryRecord(entry)) }
    let (size, end) = (position - start, position)
    let isWide = entries.count >= min(0xFFFF, wideFrom) || max(size, start) >= wideFrom
    if isWide { try write(wideEnd(size: size, start: start, end: end)) }
    var record = LittleEndian()
    record.add(UInt32(0x0605_4B50), UInt32(0))
    record.narrow(isWide ? nil : entries.count, UInt16.self)
    record.narrow(isWide ? nil : entries.count, UInt16.self)
    record.narrow(isWide ? nil : size, UInt32.self)
    record.narrow(isWide ? nil : start, UInt32.self)
    record.add(UInt16(0))
    try write(record.bytes)
  }

  private mutating func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes(sink)
    position += bytes.count
  }

  private func localHeader(_ name: [UInt8], size: Int) -> [UInt8] {
    var extra = LittleEndian()
    if size >= wideFrom {
      extra.add(UInt16(1), UInt16(16))
      extra.add(UInt64(0), UInt64(0))
    }
    let before = position + 30 + name.count + extra.bytes.count + 4
    let padding = (Self.alignment - before % Self.alignment) % Self.alignment
    extra.bytes += Array("FB".utf8)
    extra.add(UInt16(padding))
    extra.bytes += repeatElement(UInt8(ascii: "Z"), count: padding)
    var header = LittleEndian()
    header.add(UInt32(0x0403_4B50))
    header.add(UInt16(size >= wideFrom ? 45 : 20), Self.flags, UInt16(0), UInt16(0), Self.date)
    header.add(UInt32(0))
    header.narrow(size >= wideFrom ? nil : 0, UInt32.self)
    header.narrow(size >= wideFrom ? nil : 0, UInt32.self)
    header.add(UInt16(name.count), UInt16(extra.bytes.count))
    return header.bytes + name + extra.bytes
  }

  /// Bit 3: sizes are in a descriptor. Bit 11: names are UTF-8.
  private static let flags: UInt16 = 0x0808
  /// The first of January 1980: the same tensors make the same file.
  private static let date: UInt16 = 0x0021

  private func descriptor(_ entry: Written, isWide: Bool) -> [UInt8] {
    var record = LittleEndian()
    record.add(UInt32(0x0807_4B50), entry.checksum)
    if isWide {
      record.add(UInt64(entry.size), UInt64(entry.size))
    } else {
      record.add(UInt32(entry.size), UInt32(entry.size))
    }
    return record.bytes
  }

  private func directoryRecord(_ entry: Written) -> [UInt8] {
    var extra = LittleEndian()
    let (isLarge, isFar) = (entry.size >= wideFrom, entry.start >= wideFrom)
    if isLarge || isFar {
      extra.add(UInt16(1), UInt16((isLarge ? 16 : 0) + (isFar ? 8 : 0)))
      if isLarge { extra.add(UInt64(entry.size), UInt64(entry.size)) }
      if isFar { extra.add(UInt64(entry.start)) }
    }
    let version = UInt16(isLarge || isFar ? 45 : 20)
    var record = LittleEndian()
    record.add(UInt32(0x0201_4B50))
    record.add(version, version, Self.flags, UInt16(0), UInt16(0), Self.date)
    record.add(entry.checksum)
    record.narrow(isLarge ? nil : entry.size, UInt32.self)
    record.narrow(isLarge ? nil : entry.size, UInt32.self)
    record.add(UInt16(entry.name.count), UInt16(extra.bytes.count), UInt16(0), UInt16(0), UInt16(0))
    record.add(UInt32(0))
    record.narrow(isFar ? nil : entry.start, UInt32.self)
    return record.bytes + entry.name + extra.bytes
  }

  private func wideEnd(size: Int, start: Int, end: Int) -> [UInt8] {
    var record = LittleEndian()
    record.add(UInt32(0x0606_4B50))
    record.add(UInt64(44))
    record.add(UInt16(45), UInt16(45))
    record.add(UInt32(0), UInt32(0))
    let count = UInt64(entries.count)
    record.add(count, count, UInt64(size), UInt64(start))
    record.add(UInt32(0x0706_4B50), UInt32(0))
    record.add(UInt64(end))
    record.add(UInt32(1))
    return record.bytes
  }
}

/// Numbers, little-endian, one after the other.
struct LittleEndian {
  var bytes: [UInt8] = []

  mutating func add<Number: FixedWidthInteger>(_ numbers: Number...) {
    for number in numbers {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// A value, or all ones where it is written elsewhere with more bits.
  mutating func narrow<Number: FixedWidthInteger & UnsignedInteger>(
    _ value: Int?, _ type: Number.Type
  ) {
    add(value.map { Number(truncatingIfNeeded: $0) } ?? Number.max)
  }
}
