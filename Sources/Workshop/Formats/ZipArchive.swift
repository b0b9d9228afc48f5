import Foundation
import FoxFiles
import FoxKernels

/// A zip archive in memory or mapped, checked to the last byte before any entry is shown (`ZIP-1` to
/// `ZIP-7`).
///
/// Stored entries are shown where they are. Deflated ones are inflated when they are asked for, into
/// one buffer of their size, which lives as long as somebody shows it.
struct ZipArchive: Sendable {
  let path: String
  /// Entries in the order of the directory; folders are left out.
  let entries: [ZipEntry]
  /// How many more bytes may be inflated in all: of what was allowed, what this archive's entries
  /// leave.
  let allowance: Int
  let byteCount: Int

  private let bytes: StoredBytes
  private let payloads: [Range<Int>]
  private let places: [UTF8Key: Int]
  private let opened: OpenedEntries

  /// What a file of `size` bytes may be inflated to: three times its size, and 48 MiB.
  static func allowance(forSize size: Int) -> Int {
    let (triple, overflow) = size.multipliedReportingOverflow(by: 3)
    return overflow ? .max / 2 : min(triple, .max / 2) + 48 << 20
  }

  /// Checks the archive that `bytes` are.
  ///
  /// - Parameter allowance: How many bytes may be inflated.
  init(_ bytes: StoredBytes, path: String, allowance: Int) throws(CheckpointError) {
    (self.path, self.bytes, byteCount) = (path, bytes, bytes.count)
    let layout = try bytes.withBytes { (buffer) throws(CheckpointError) in
      try ZipLayout(buffer, file: path)
    }
    (entries, payloads) = (layout.entries, layout.payloads)
    var places: [UTF8Key: Int] = [:]
    for (place, entry) in entries.enumerated() { places[UTF8Key(entry.name)] = place }
    self.places = places
    self.allowance = try Self.rest(of: allowance, after: entries, file: path)
    opened = OpenedEntries()
  }

  private static func rest(
    of allowance: Int, after entries: [ZipEntry], file: String
  ) throws(CheckpointError) -> Int {
    var inflated = 0
    for entry in entries where entry.isDeflated {
      let (sum, overflow) = inflated.addingReportingOverflow(entry.size)
      inflated = overflow ? .max : sum
      if inflated > allowance {
        throw .zip(file: file, problem: .bomb(inflated: inflated, limit: allowance))
      }
    }
    return allowance - inflated
  }

  /// The entry called `name`, compared by bytes.
  subscript(name: String) -> ZipEntry? { places[UTF8Key(name)].map { entries[$0] } }

  /// The bytes of the entry called `name`, whose checksum was found right; `nil` when there is none.
  ///
  /// - Throws: ``CheckpointError/zip(file:problem:)`` when they are damaged.
  /// - Complexity: O(*n*) the first time, for the checksum. Later O(1) for what is stored, and for
  ///   what was inflated and is still shown.
  func read(_ name: String) throws(CheckpointError) -> StoredBytes? {
    guard let place = places[UTF8Key(name)] else { return nil }
    return try opened.bytes(of: place) { (isChecked) throws(CheckpointError) in
      try open(place, isChecked: isChecked)
    }
  }

  /// The first `count` bytes of an entry, or all it has; unchecked, because the sum is of the whole.
  func beginning(of entry: ZipEntry, count: Int) -> StoredBytes {
    let payload = places[UTF8Key(entry.name)].map { bytes.part(payloads[$0]) } ?? bytes.part(0..<0)
    if !entry.isDeflated { return payload.part(0..<count) }
    let buffer = ByteBuffer(count: min(count, entry.size))
    let written = payload.withBytes { Inflate.inflate($0, into: buffer.bytes)?.written ?? 0 }
    return buffer.stored.part(0..<min(written, buffer.count))
  }

  private func open(_ place: Int, isChecked: Bool) throws(CheckpointError) -> StoredBytes {
    let (entry, payload) = (entries[place], bytes.part(payloads[place]))
    let stored = try entry.isDeflated ? inflated(entry, payload) : payload
    if isChecked { return stored }
    let found = stored.withBytes { Inflate.checksum($0) }
    guard found == entry.checksum else {
      throw .zip(
        file: path, problem: .checksum(entry.name, expected: entry.checksum, found: found))
    }
    return stored
  }

  private func inflated(
    _ entry: ZipEntry, _ payload: StoredBytes
  ) throws(CheckpointError) -> StoredBytes {
    let buffer = ByteBuffer(count: entry.size)
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<entry.size])
    let outcome = payload.withBytes { Inflate.inflate($0, into: room) }
    guard let outcome, outcome == (payload.count, entry.size, true) else {
      throw .zip(file: path, problem: .inflate(entry.name, expected: entry.size))
    }
    return buffer.stored
  }
}

/// What was read already: which sums are right, and what is inflated and still shown by somebody.
private final class OpenedEntries: @unchecked Sendable {
  private struct Weak { weak var storage: Storage? }

  private let lock = NSLock()
  private var shown: [Int: (storage: Weak, range: Range<Int>)] = [:]
  private var checked: Set<Int> = []

  func bytes(
    of place: Int, open: (_ isChecked: Bool) throws(CheckpointError) -> StoredBytes
  ) throws(CheckpointError) -> StoredBytes {
    lock.lock()
    defer { lock.unlock() }
    if let known = shown[place], let storage = known.storage.storage {
      return StoredBytes(storage, known.range)
    }
    let bytes = try open(checked.contains(place))
    checked.insert(place)
    shown[place] = (Weak(storage: bytes.storage), bytes.range)
    return bytes
  }
}

/// Where the bytes of the entries are, by their local headers (`ZIP-3`, `ZIP-4`).
private struct ZipLayout {
  private(set) var entries: [ZipEntry] = []
  private(set) var payloads: [Range<Int>] = []

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
    (self.bytes, self.file) = (bytes, file)
    let directory = try ZipDirectory(bytes, file: file)
    var spans: [(name: String, whole: Range<Int>, hasDescriptor: Bool)] = []
    var names: Set<UTF8Key> = []
    for entry in directory.entries {
      guard names.insert(UTF8Key(entry.name)).inserted else {
        throw .zip(file: file, problem: .duplicate(entry.name))
      }
      try checkSizes(entry)
      let payload = try payload(of: entry, before: directory.start)
      spans.append((entry.name, entry.start..<payload.upperBound, entry.hasDescriptor))
      if entry.name.hasSuffix("/") && entry.size == 0 { continue }
      entries.append(entry)
      payloads.append(payload)
    }
    try checkCoverage(spans, end: directory.start)
  }

  /// Deflate makes at most 1032 bytes of one.
  private func checkSizes(_ entry: ZipEntry) throws(CheckpointError) {
    let limit = entry.compressedSize.multipliedReportingOverflow(by: 1032)
    let fits =
      entry.isDeflated
      ? limit.overflow || entry.size <= limit.partialValue
      : entry.size == entry.compressedSize
    if fits { return }
    throw .zip(
      file: file,
      problem: .badSize(entry.name, compressed: entry.compressedSize, size: entry.size))
  }

  /// Where the bytes of an entry are, by its local header, which must say what the directory says.
  private func payload(
    of entry: ZipEntry, before end: Int
  ) throws(CheckpointError) -> Range<Int> {
    let broken = CheckpointError.zip(
      file: file, problem: .record("header of \(shown(entry.name))", offset: entry.start))
    guard let header = bytes.slice(at: entry.start, count: 30),
      header.number(at: 0, as: UInt32.self) == 0x0403_4B50
    else { throw broken }
    func field(_ place: Int) -> Int { Int(header.number(at: place, as: UInt16.self) ?? 0) }
    func wide(_ place: Int) -> Int { Int(header.number(at: place, as: UInt32.self) ?? 0) }
    let (nameLength, extraLength) = (field(26), field(28))
    let start = entry.start + 30 + nameLength + extraLength
    guard let name = bytes.slice(at: entry.start + 30, count: nameLength), start <= end,
      entry.compressedSize <= end - start
    else { throw broken }
    let flags = field(6)
    let agrees =
      name.elementsEqual(entry.name.utf8) && field(8) == (entry.isDeflated ? 8 : 0)
      && flags & 0x2041 == 0 && (flags & 8 != 0) == entry.hasDescriptor
      && (entry.hasDescriptor
        || UInt32(wide(14)) == entry.checksum && isSame(wide(18), entry.compressedSize)
          && isSame(wide(22), entry.size))
    if !agrees {
      throw .zip(file: file, problem: .disagreement("the headers of \(shown(entry.name))"))
    }
    return start..<start + entry.compressedSize
  }

  /// Whether a size of 32 bits is the one of the directory, or says that it is elsewhere.
  private func isSame(_ narrow: Int, _ size: Int) -> Bool {
    narrow == size || narrow == Int(UInt32.max)
  }

  /// Every byte before the directory belongs to exactly one entry or to the descriptor behind it.
  private func checkCoverage(
    _ spans: [(name: String, whole: Range<Int>, hasDescriptor: Bool)], end: Int
  ) throws(CheckpointError) {
    var (position, previous, hasDescriptor) = (0, "", false)
    let sorted = spans.sorted { $0.whole.lowerBound < $1.whole.lowerBound }
    for (name, whole, next) in sorted + [("the directory", end..<end, false)] {
      let gap = whole.lowerBound - position
      if gap < 0 { throw .zip(file: file, problem: .overlap(previous, name)) }
      // With or without signature, with sizes of 32 or 64 bits.
      let isExpected = gap == 0 || hasDescriptor && [12, 16, 20, 24].contains(gap)
      if !isExpected { throw .zip(file: file, problem: .stray(position..<whole.lowerBound)) }
      (position, previous, hasDescriptor) = (whole.upperBound, name, next)
    }
  }
}
