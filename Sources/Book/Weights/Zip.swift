import Foundation
import FoxDecoding

/// # Zip archives
///
/// PyTorch's checkpoints and NumPy's `.npz` are zip archives:
///
///     header, name, bytes · header, name, bytes · … · directory · end record
///
/// An archive is read from its end. The end record says where the directory is, and the directory says
/// of each entry where its header is, how many bytes follow it, and their CRC-32. Names and sizes stand
/// in the header *and* in the directory, and programs differ in which of the two they believe. Attacks
/// live in that difference, so here both must agree, and every byte must have exactly one owner.
///
/// APPNOTE.TXT 6.3.10; clauses ZIP-1 to ZIP-7. Reads what is stored or deflated. Does not decrypt,
/// does not join parts, and does not write: the Workshop does.
package struct ZipArchive: Sendable {
  package let path: String
  /// Entries in the order of the directory, without folders.
  package let entries: [ZipEntry]
  /// How many more bytes may be inflated: what was allowed, less what these entries take.
  package let allowance: Int

  private let bytes: StoredBytes
  private let payloads: [Range<Int>]
  private let places: [UTF8Key: Int]
  private let opened = OpenedEntries()

  package var byteCount: Int { bytes.count }

  /// What a file of `size` bytes may be inflated to. Deflate makes up to 1,032 bytes of one, so a file
  /// of 1 MB could fill the memory of most machines; honest weights shrink by a few percent (ZIP-5).
  package static func allowance(forSize size: Int) -> Int {
    let (triple, overflow) = size.multipliedReportingOverflow(by: 3)
    return overflow ? .max / 2 : min(triple, .max / 2) + 48 << 20
  }

  /// Checks the archive that `bytes` are, and reads no entry.
  ///
  /// - Parameter allowance: How many bytes its entries may be inflated to, together.
  package init(_ bytes: StoredBytes, path: String, allowance: Int) throws(Fault) {
    (self.path, self.bytes) = (path, bytes)
    let layout = try bytes.withBytes { buffer throws(Fault) in try ZipLayout(buffer, file: path) }
    (entries, payloads) = (layout.entries, layout.payloads)
    var places: [UTF8Key: Int] = [:]
    for (place, entry) in entries.enumerated() { places[UTF8Key(entry.name)] = place }
    self.places = places
    self.allowance = try Self.rest(of: allowance, after: entries, file: path)
  }

  private static func rest(
    of allowance: Int, after entries: [ZipEntry], file: String
  ) throws(Fault) -> Int {
    var inflated = 0
    for entry in entries where entry.isDeflated {
      let (sum, overflow) = inflated.addingReportingOverflow(entry.size)
      inflated = overflow ? .max : sum
      // Known from the directory, before a byte is inflated.
      if inflated > allowance {
        throw Fault(
          file, found: "\(inflated) or more inflated bytes",
          expected: "at most \(allowance) for its size", hint: "unpack it first if you trust it")
      }
    }
    return allowance - inflated
  }

  /// The entry called `name`, compared by bytes.
  package subscript(name: String) -> ZipEntry? { places[UTF8Key(name)].map { entries[$0] } }

  /// The bytes of the entry called `name`, whose checksum is right; `nil` when there is no such entry.
  ///
  /// A stored entry is shown where it lies. A deflated one is inflated into a buffer that lives as long
  /// as somebody shows it (ZIP-7).
  package func read(_ name: String) throws(Fault) -> StoredBytes? {
    guard let place = places[UTF8Key(name)] else { return nil }
    return try opened.bytes(of: place) { isChecked throws(Fault) in
      try open(place, isChecked: isChecked)
    }
  }

  /// The first `count` bytes of an entry, or all it has. They are not checked: the sum is of all.
  package func beginning(of entry: ZipEntry, count: Int) -> StoredBytes {
    let payload = places[UTF8Key(entry.name)].map { bytes.part(payloads[$0]) } ?? bytes.part(0..<0)
    if !entry.isDeflated { return payload.part(0..<count) }
    let buffer = ByteBuffer(count: min(count, entry.size))
    let written = payload.withBytes { Inflate.inflate($0, into: buffer.bytes)?.written ?? 0 }
    return buffer.stored.part(0..<written)
  }

  private func open(_ place: Int, isChecked: Bool) throws(Fault) -> StoredBytes {
    let (entry, payload) = (entries[place], bytes.part(payloads[place]))
    let stored = try entry.isDeflated ? inflated(entry, payload) : payload
    if isChecked { return stored }
    let found = stored.withBytes { Inflate.checksum($0) }
    guard found == entry.checksum else {
      throw Fault(
        path, at: shown(entry.name), found: "checksum \(hexadecimal(found))",
        expected: hexadecimal(entry.checksum), hint: "the file is damaged; download it again")
    }
    return stored
  }

  private func inflated(_ entry: ZipEntry, _ payload: StoredBytes) throws(Fault) -> StoredBytes {
    let buffer = ByteBuffer(count: entry.size)
    let outcome = payload.withBytes { Inflate.inflate($0, into: buffer.bytes) }
    guard let outcome, outcome == (payload.count, entry.size, true) else {
      throw Fault(
        path, at: shown(entry.name), found: "damaged bytes",
        expected: "bytes that inflate to exactly \(entry.size)")
    }
    return buffer.stored
  }
}

/// What was read already: whose checksum is right, and what is inflated and still shown by somebody.
private final class OpenedEntries: @unchecked Sendable {
  /// Bytes without their owner, which the memory of this cache must not keep alive.
  private struct Shown {
    weak var owner: AnyObject?
    let bytes: UnsafeRawBufferPointer
  }

  private let lock = NSLock()
  private var shown: [Int: Shown] = [:]
  private var checked: Set<Int> = []

  func bytes(
    of place: Int, open: (_ isChecked: Bool) throws(Fault) -> StoredBytes
  ) throws(Fault) -> StoredBytes {
    lock.lock()
    defer { lock.unlock() }
    if let known = shown[place], let owner = known.owner {
      return StoredBytes(known.bytes, owner: owner)
    }
    let bytes = try open(checked.contains(place))
    checked.insert(place)
    shown[place] = Shown(owner: bytes.owner, bytes: bytes.bytes)
    return bytes
  }
}

/// Where the bytes of the entries are, by their headers (ZIP-3), and that nothing else is there (ZIP-4).
private struct ZipLayout {
  private typealias Span = (name: String, whole: Range<Int>, hasDescriptor: Bool)

  private(set) var entries: [ZipEntry] = []
  private(set) var payloads: [Range<Int>] = []

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    (self.bytes, self.file) = (bytes, file)
    let directory = try ZipDirectory(bytes, file: file)
    var spans: [Span] = []
    var names: Set<UTF8Key> = []
    for entry in directory.entries {
      guard names.insert(UTF8Key(entry.name)).inserted else {
        throw Fault(file, at: shown(entry.name), found: "two entries", expected: "one")
      }
      try checkSizes(entry)
      let payload = try payload(of: entry, before: directory.start)
      spans.append((entry.name, entry.start..<payload.upperBound, entry.hasDescriptor))
      if entry.name.hasSuffix("/") && entry.size == 0 { continue }  // a folder
      entries.append(entry)
      payloads.append(payload)
    }
    try checkCoverage(spans, end: directory.start)
  }

  private func checkSizes(_ entry: ZipEntry) throws(Fault) {
    let most =
      entry.isDeflated
      ? entry.compressedSize.multipliedReportingOverflow(by: 1032)
      : (partialValue: entry.compressedSize, overflow: false)
    let fits = entry.isDeflated ? entry.size <= most.partialValue : entry.size == most.partialValue
    if fits || most.overflow { return }
    throw Fault(
      file, at: shown(entry.name), found: "\(entry.compressedSize) bytes that make \(entry.size)",
      expected: entry.isDeflated ? "at most 1032 for each" : "one for each")
  }

  /// Where the bytes of an entry are, by its header, which must say what the directory says.
  private func payload(of entry: ZipEntry, before end: Int) throws(Fault) -> Range<Int> {
    guard let header = ZipRecord(bytes, at: entry.start, size: 30, signature: 0x0403_4B50),
      case let start = entry.start + 30 + header.u16(26) + header.u16(28),
      let name = bytes.slice(at: entry.start + 30, count: header.u16(26)),
      start <= end, entry.compressedSize <= end - start
    else {
      throw Fault(
        file, at: "\(shown(entry.name)), byte \(entry.start)", found: "a damaged header",
        expected: "the header of the entry")
    }
    // A writer that does not know the sizes yet puts zeros here, and a descriptor after the bytes.
    let sizesAgree =
      entry.hasDescriptor
      || header.u32(14) == Int(entry.checksum) && isSame(header.u32(18), entry.compressedSize)
        && isSame(header.u32(22), entry.size)
    let flags = header.u16(6)
    guard name.elementsEqual(entry.name.utf8), header.u16(8) == (entry.isDeflated ? 8 : 0),
      flags & ZipEntry.encryption == 0, (flags & 8 != 0) == entry.hasDescriptor, sizesAgree
    else {
      throw Fault(
        file, at: shown(entry.name), found: "a header that contradicts the directory",
        expected: "the same name, method, sizes and checksum in both")
    }
    return start..<start + entry.compressedSize
  }

  /// Whether a size of 32 bits is the directory's, or says that 64 bits elsewhere hold it.
  private func isSame(_ narrow: Int, _ size: Int) -> Bool {
    narrow == size || narrow == Int(UInt32.max)
  }

  /// Every byte before the directory belongs to one entry, or to the descriptor after it.
  private func checkCoverage(_ spans: [Span], end: Int) throws(Fault) {
    var (position, previous, hasDescriptor) = (0, "", false)
    let sorted = spans.sorted { $0.whole.lowerBound < $1.whole.lowerBound }
    for (name, whole, next) in sorted + [("the directory", end..<end, false)] {
      let gap = whole.lowerBound - position
      if gap < 0 {
        throw Fault(
          file, at: shown(name), found: "bytes that \(shown(previous)) has too",
          expected: "bytes of its own")
      }
      // A descriptor has sizes of 32 or 64 bits, and a signature or not.
      if gap > 0, !hasDescriptor || ![12, 16, 20, 24].contains(gap) {
        throw Fault(
          file, at: "bytes \(shown(position..<whole.lowerBound))",
          found: "bytes that belong to no entry", expected: "\(shown(name))")
      }
      (position, previous, hasDescriptor) = (whole.upperBound, name, next)
    }
  }
}
