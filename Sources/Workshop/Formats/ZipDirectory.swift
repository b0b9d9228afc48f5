import FoxFiles

/// An entry of a zip archive.
struct ZipEntry: Equatable, Sendable {
  let name: String
  /// Whether the bytes are deflated; otherwise they are stored as they are.
  let isDeflated: Bool
  let checksum: UInt32
  let compressedSize: Int
  let size: Int
  /// Where the local header begins.
  let start: Int
  /// Whether sizes follow the bytes, in a descriptor of 12 to 24 bytes.
  let hasDescriptor: Bool
}

/// The central directory of a zip archive (`ZIP-1` to `ZIP-4`): APPNOTE 6.3.10, sections 4.3.12 to
/// 4.3.16, and 4.5.3 for sizes of 64 bits.
struct ZipDirectory {
  /// All entries, in the order of the directory.
  private(set) var entries: [ZipEntry] = []
  /// Where the directory begins.
  let start: Int

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  /// Reads the directory of `bytes`, a whole archive.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
    (self.bytes, self.file) = (bytes, file)
    let end = try ZipEnd(bytes, file: file)
    start = end.directory.lowerBound
    var offset = start
    for _ in 0..<end.count {
      let (entry, next) = try Self.entry(bytes, at: offset, file: file)
      guard next <= end.directory.upperBound else {
        throw .zip(file: file, problem: .record("directory", offset: offset))
      }
      entries.append(entry)
      offset = next
    }
    if offset != end.directory.upperBound {
      throw .zip(file: file, problem: .stray(offset..<end.directory.upperBound))
    }
  }

  /// An entry of the directory, and where the next one begins.
  private static func entry(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, file: String
  ) throws(CheckpointError) -> (ZipEntry, next: Int) {
    let broken = CheckpointError.zip(file: file, problem: .record("directory", offset: offset))
    guard let record = bytes.slice(at: offset, count: 46),
      record.number(at: 0, as: UInt32.self) == 0x0201_4B50
    else { throw broken }
    func field(_ place: Int) -> Int { Int(record.number(at: place, as: UInt16.self) ?? 0) }
    func wide(_ place: Int) -> Int { Int(record.number(at: place, as: UInt32.self) ?? 0) }
    let (flags, method) = (field(8), field(10))
    let (nameLength, extraLength, commentLength) = (field(28), field(30), field(32))
    let next = offset + 46 + nameLength + extraLength + commentLength
    guard let nameBytes = bytes.slice(at: offset + 46, count: nameLength),
      let extra = bytes.slice(at: offset + 46 + nameLength, count: extraLength),
      next <= bytes.count
    else { throw broken }
    let name = try name(nameBytes, file: file)
    var sizes = Zip64Fields(size: wide(24), compressed: wide(20), start: wide(42), disk: field(34))
    guard sizes.widen(extra) else { throw broken }
    if sizes.disk != 0 { throw .zip(file: file, problem: .multiDisk) }
    // Bits 0, 6 and 13: encrypted, strongly encrypted, and with an encrypted directory.
    if flags & 0x2041 != 0 { throw .zip(file: file, problem: .encrypted(name)) }
    guard method == 0 || method == 8 else {
      throw .zip(file: file, problem: .method(name, method))
    }
    let entry = ZipEntry(
      name: name, isDeflated: method == 8, checksum: UInt32(wide(16)),
      compressedSize: sizes.compressed, size: sizes.size, start: sizes.start,
      hasDescriptor: flags & 8 != 0)
    return (entry, next)
  }

  private static func name(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(CheckpointError) -> String {
    let name = String(decoding: bytes, as: UTF8.self)
    if !isName(name) { throw .zip(file: file, problem: .badName(name)) }
    return name
  }

  /// Whether a name can be read and stays in the folder it would be unpacked to.
  static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0 != "\\" && $0 != "\u{FFFD}"
    }
    let leads = parts.contains("..") || parts.contains(".") || name.hasPrefix("/")
    let hasDrive = name.utf8.dropFirst().first == UInt8(ascii: ":")
    return isPlain && !leads && !hasDrive && !name.isEmpty
  }
}

/// The fields of an entry that a zip64 extra field takes over.
private struct Zip64Fields {
  var size: Int
  var compressed: Int
  var start: Int
  var disk: Int

  /// Takes what is saturated from the extra field; `false` when that is not there or makes no sense.
  mutating func widen(_ extra: UnsafeRawBufferPointer) -> Bool {
    let saturated = Int(UInt32.max)
    guard [size, compressed, start].contains(saturated) || disk == 0xFFFF else { return true }
    guard var place = Self.find(extra) else { return false }
    func next() -> Int? {
      defer { place += 8 }
      return extra.number(at: place, as: UInt64.self).flatMap { Int(exactly: $0) }
    }
    for field in [\Zip64Fields.size, \.compressed, \.start] where self[keyPath: field] == saturated
    {
      guard let value = next() else { return false }
      self[keyPath: field] = value
    }
    if disk == 0xFFFF {
      guard let value = extra.number(at: place, as: UInt32.self) else { return false }
      disk = Int(value)
    }
    return true
  }

  /// Where the data of field 0x0001 begins.
  private static func find(_ extra: UnsafeRawBufferPointer) -> Int? {
    var place = 0
    while let id = extra.number(at: place, as: UInt16.self),
      let length = extra.number(at: place + 2, as: UInt16.self)
    {
      if id == 1 { return place + 4 + Int(length) <= extra.count ? place + 4 : nil }
      place += 4 + Int(length)
    }
    return nil
  }
}

/// The records that end an archive and say where its directory is (`ZIP-1`).
private struct ZipEnd {
  let directory: Range<Int>
  let count: Int

  private static let size = 22

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
    let end = try Self.find(bytes, file: file)
    func field(_ place: Int) -> Int { Int(bytes.number(at: end + place, as: UInt16.self) ?? 0) }
    func wide(_ place: Int) -> Int { Int(bytes.number(at: end + place, as: UInt32.self) ?? 0) }
    let narrow = [field(4), field(6), field(8), field(10), wide(12), wide(16)]
    let (values, directoryEnd) = try Self.widened(narrow, bytes, end: end, file: file)
    guard values[0] == 0, values[1] == 0, values[2] == values[3] else {
      throw .zip(file: file, problem: .multiDisk)
    }
    let (size, start) = (values[4], values[5])
    // Something before the archive, or between directory and end, would be there for other readers.
    guard start >= 0, size >= 0, start <= directoryEnd, size == directoryEnd - start else {
      throw .zip(file: file, problem: .record("directory", offset: start))
    }
    directory = start..<directoryEnd
    count = values[3]
    // Each entry of the directory takes 46 bytes or more.
    if count > size / 46 { throw .zip(file: file, problem: .record("end record", offset: end)) }
  }

  /// The one record whose comment ends with the file.
  private static func find(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(CheckpointError) -> Int {
    var found: Int?
    let last = bytes.count - size
    for offset in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    where bytes.number(at: offset, as: UInt32.self) == 0x0605_4B50 {
      guard let comment = bytes.number(at: offset + 20, as: UInt16.self),
        offset + size + Int(comment) == bytes.count
      else { continue }
      if let found { throw .zip(file: file, problem: .twoEnds(offset, found)) }
      found = offset
    }
    guard let found else { throw .zip(file: file, problem: .noEnd) }
    return found
  }

  /// The six values of the end record, those of 64 bits where there are such, and where the
  /// directory must end.
  private static func widened(
    _ narrow: [Int], _ bytes: UnsafeRawBufferPointer, end: Int, file: String
  ) throws(CheckpointError) -> (values: [Int], directoryEnd: Int) {
    let limits = [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, Int(UInt32.max), Int(UInt32.max)]
    let locator = end - 20
    guard bytes.number(at: locator, as: UInt32.self) == 0x0706_4B50 else {
      let isSaturated = zip(narrow, limits).contains { $0 == $1 }
      if isSaturated { throw .zip(file: file, problem: .record("zip64 locator", offset: locator)) }
      return (narrow, end)
    }
    let start = bytes.number(at: locator + 8, as: UInt64.self).flatMap { Int(exactly: $0) } ?? -1
    guard let record = bytes.slice(at: start, count: 56), start + 56 == locator,
      record.number(at: 0, as: UInt32.self) == 0x0606_4B50,
      record.number(at: 4, as: UInt64.self) == 44
    else { throw .zip(file: file, problem: .record("zip64 end record", offset: start)) }
    let disks = [16, 20].map { record.number(at: $0, as: UInt32.self).map(Int.init) ?? -1 }
    let others = [24, 32, 40, 48].map { place in
      record.number(at: place, as: UInt64.self).flatMap { Int(exactly: $0) } ?? -1
    }
    let values = disks + others
    for index in values.indices where narrow[index] != limits[index] {
      if narrow[index] != values[index] {
        throw .zip(file: file, problem: .disagreement("the end records"))
      }
    }
    return (values, start)
  }
}
