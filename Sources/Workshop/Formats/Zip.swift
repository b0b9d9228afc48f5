import Foundation
import FoxDecoding
import FoxWeights

/// # Zip archives
///
/// PyTorch's checkpoints and NumPy's `.npz` are zip archives:
///
///     header, name, bytes · header, name, bytes · … · directory · end record
///
/// An archive is read from its end. The end record says where the directory is, and the directory
/// says of each entry where its header is, how many bytes follow it, and their CRC-32. Names and
/// sizes stand in the header *and* in the directory, and programs differ in which of the two they
/// believe. Attacks live in that difference, so here both must agree, and every byte must have
/// exactly one owner.
///
/// APPNOTE.TXT 6.3.10; clauses ZIP-1 to ZIP-7. Reads what is stored or deflated. Does not decrypt
/// and does not join parts. ``ZipWriter`` writes.
package struct ZipArchive: Sendable {
  package let path: String
  /// Entries in the order of the directory, without folders.
  package let entries: [ZipEntry]
  /// How many more bytes may be inflated: what was allowed, less what these entries take.
  package let allowance: Int

  private let bytes: StoredBytes  // the whole archive; keeps its file mapped
  private let payloads: [Range<Int>]  // of each of `entries`, without its header
  private let places: [UTF8Key: Int]  // from a name to its place in `entries`
  private let opened = OpenedEntries()  // shared by copies of this value

  package var byteCount: Int { bytes.count }

  /// What a file of `size` bytes may be inflated to. Deflate makes up to 1,032 bytes of one, so a
  /// file of 1 MB could fill the memory of most machines; honest weights shrink by a few percent
  /// (ZIP-5).
  package static func allowance(forSize size: Int) -> Int {
    // Three times is generous for weights. The 48 MiB are for small files, in which zeros and texts
    // weigh more.
    let (triple, overflow) = size.multipliedReportingOverflow(by: 3)
    return overflow ? .max / 2 : min(triple, .max / 2) + 48 << 20
  }

  /// Checks the archive that `bytes` are, and reads no entry.
  ///
  /// - Parameter allowance: How many bytes its entries may be inflated to, together.
  package init(_ bytes: StoredBytes, path: String, allowance: Int) throws(Fault) {
    (self.path, self.bytes) = (path, bytes)
    // Every header is looked at now, so that no entry is shown from an archive that contradicts
    // itself.
    let layout = try bytes.withBytes { buffer throws(Fault) in try ZipLayout(buffer, file: path) }
    (entries, payloads) = (layout.entries, layout.payloads)
    // The layout has refused a name that appears twice, so no place is lost.
    var places: [UTF8Key: Int] = [:]
    for (place, entry) in entries.enumerated() { places[UTF8Key(entry.name)] = place }
    self.places = places
    // What is left for archives inside this one.
    self.allowance = try Self.rest(of: allowance, after: entries, file: path)
  }

  private static func rest(
    of allowance: Int, after entries: [ZipEntry], file: String
  ) throws(Fault) -> Int {
    // Many entries of an allowed size would be a bomb together, so it is their sum that counts.
    var inflated = 0
    for entry in entries where entry.isDeflated {
      // `size` is any 63-bit number of the file.
      let (sum, overflow) = inflated.addingReportingOverflow(entry.size)
      inflated = overflow ? .max : sum
      // Known from the directory, before a byte is inflated. That an entry inflates to no more than
      // the directory says is checked when it is read.
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

  /// The bytes of the entry called `name`, whose checksum is right; `nil` when there is no such
  /// entry.
  ///
  /// A stored entry is shown where it lies. A deflated one is inflated into a buffer that lives as
  /// long as it is in use (ZIP-7).
  package func read(_ name: String) throws(Fault) -> StoredBytes? {
    guard let place = places[UTF8Key(name)] else { return nil }
    // `opened` calls the closure only for bytes that are not in use at the moment.
    return try opened.bytes(of: place) { isChecked throws(Fault) in
      try open(place, isChecked: isChecked)
    }
  }

  /// The first `count` bytes of an entry, or all it has. They are not checked: the sum is of all.
  package func beginning(of entry: ZipEntry, count: Int) -> StoredBytes {
    // A folder has no payload.
    let payload = places[UTF8Key(entry.name)].map { bytes.part(payloads[$0]) } ?? bytes.part(0..<0)
    if !entry.isDeflated { return payload.part(0..<count) }  // as it lies
    let buffer = ByteBuffer(count: min(count, entry.size))
    // `Inflate` stops when the buffer is full; damage gives nothing.
    let written = payload.withBytes { Inflate.inflate($0, into: buffer.bytes)?.written ?? 0 }
    return buffer.stored.part(0..<written)
  }

  private func open(_ place: Int, isChecked: Bool) throws(Fault) -> StoredBytes {
    // The payload, perhaps still deflated.
    let (entry, payload) = (entries[place], bytes.part(payloads[place]))
    let stored = try entry.isDeflated ? inflated(entry, payload) : payload
    // The sum is taken once: the file is not expected to change, and bytes inflate to the same
    // again.
    if isChecked { return stored }
    // CRC-32 finds damage, not forgery: whoever changes the numbers can change the sum as well.
    let found = stored.withBytes { Inflate.checksum($0) }
    guard found == entry.checksum else {
      throw Fault(
        path, at: shown(entry.name), found: "checksum \(hexadecimal(found))",
        expected: hexadecimal(entry.checksum), hint: "the file is damaged; download it again")
    }
    return stored
  }

  private func inflated(_ entry: ZipEntry, _ payload: StoredBytes) throws(Fault) -> StoredBytes {
    let buffer = ByteBuffer(count: entry.size)  // at most 1032 times the payload, by `checkSizes`
    let outcome = payload.withBytes { Inflate.inflate($0, into: buffer.bytes) }
    // All of the payload read, all of the buffer written, and the last block seen. Anything else is
    // damage, or bytes that other readers would show.
    guard let outcome, outcome == (payload.count, entry.size, true) else {
      throw Fault(
        path, at: shown(entry.name), found: "damaged bytes",
        expected: "bytes that inflate to exactly \(entry.size)")
    }
    return buffer.stored
  }
}

/// What was read already: whose checksum is right, and what is inflated and still in
/// use.
private final class OpenedEntries: @unchecked Sendable {
  /// Bytes without their owner, which the memory of this cache must not keep alive.
  private struct Shown {
    weak var owner: AnyObject?
    let bytes: UnsafeRawBufferPointer
  }

  private let lock = NSLock()
  private var shown: [Int: Shown] = [:]  // by place; an owner that died leaves its entry
  private var checked: Set<Int> = []  // places whose checksum was right

  func bytes(
    of place: Int, open: (_ isChecked: Bool) throws(Fault) -> StoredBytes
  ) throws(Fault) -> StoredBytes {
    // Held while inflating: two tasks that want one entry make it once. That two that want
    // different entries wait for each other is the price.
    lock.lock()
    defer { lock.unlock() }
    if let known = shown[place], let owner = known.owner {  // still held by a tensor somewhere
      return StoredBytes(known.bytes, owner: owner)
    }
    let bytes = try open(checked.contains(place))
    checked.insert(place)
    // Weak: the last tensor frees the buffer.
    shown[place] = Shown(owner: bytes.owner, bytes: bytes.bytes)
    return bytes
  }
}

/// Where the bytes of the entries are, by their headers (ZIP-3), and that nothing else is there
/// (ZIP-4).
private struct ZipLayout {
  // From the header's first byte to the payload's last.
  private typealias Span = (name: String, whole: Range<Int>, hasDescriptor: Bool)

  private(set) var entries: [ZipEntry] = []
  private(set) var payloads: [Range<Int>] = []

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  // From the end: the end record, the directory, then each entry's own header.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    (self.bytes, self.file) = (bytes, file)
    let directory = try ZipDirectory(bytes, file: file)
    var spans: [Span] = []
    var names: Set<UTF8Key> = []  // compared by bytes
    for entry in directory.entries {
      // Readers that keep a dictionary take the last of two, others the first.
      guard names.insert(UTF8Key(entry.name)).inserted else {
        throw Fault(file, at: shown(entry.name), found: "two entries", expected: "one")
      }
      try checkSizes(entry)
      let payload = try payload(of: entry, before: directory.start)  // before the directory begins
      spans.append((entry.name, entry.start..<payload.upperBound, entry.hasDescriptor))
      // The header of a folder takes room, so its span counts, but it has nothing to read.
      if entry.name.hasSuffix("/") && entry.size == 0 { continue }  // a folder
      entries.append(entry)
      payloads.append(payload)
    }
    // Not in the order of the directory, but in that of the bytes.
    try checkCoverage(spans, end: directory.start)
  }

  // Deflate's best is 258 bytes for 2 bits, one for the length and one for the distance: 1032 for a
  // byte. A larger claim is a lie, and nothing need be inflated to prove it.
  private func checkSizes(_ entry: ZipEntry) throws(Fault) {
    let most =
      entry.isDeflated
      ? entry.compressedSize.multipliedReportingOverflow(by: 1032)
      : (partialValue: entry.compressedSize, overflow: false)
    // Stored bytes are there as they are, so there must be exactly as many.
    let fits = entry.isDeflated ? entry.size <= most.partialValue : entry.size == most.partialValue
    if fits || most.overflow { return }  // a product beyond 63 bits is larger than any size
    throw Fault(
      file, at: shown(entry.name), found: "\(entry.compressedSize) bytes that make \(entry.size)",
      expected: entry.isDeflated ? "at most 1032 for each" : "one for each")
  }

  /// Where the bytes of an entry are, by its header, which must say what the directory says.
  private func payload(of entry: ZipEntry, before end: Int) throws(Fault) -> Range<Int> {
    // 30 bytes: signature, version, flags, method, time, date, CRC-32, two sizes, two lengths.
    guard let header = ZipRecord(bytes, at: entry.start, size: 30, signature: 0x0403_4B50),
      // 26: length of the name; 28: length of the extra field, with which PyTorch pads to 64 bytes.
      case let start = entry.start + 30 + header.u16(26) + header.u16(28),
      let name = bytes.slice(at: entry.start + 30, count: header.u16(26)),
      // Nothing can overflow: each field has 16 bits, and the entry starts inside the file.
      start <= end, entry.compressedSize <= end - start
    else {
      throw Fault(
        file, at: "\(shown(entry.name)), byte \(entry.start)", found: "a damaged header",
        expected: "the header of the entry")
    }
    // Sizes where 32 bits did not hold them, from this header's own extra field.
    var sizes = Zip64Fields(size: header.u32(22), compressed: header.u32(18))
    let extra = bytes.slice(at: entry.start + 30 + header.u16(26), count: header.u16(28))
    let isWhole = extra.map { sizes.widen($0) } ?? false
    // Bit 3 of the flags: a writer that does not know the sizes yet, as PyTorch's, puts zeros here
    // and a descriptor after the bytes. Then only the directory says.
    let sizesAgree =
      entry.hasDescriptor
      || isWhole && header.u32(14) == Int(entry.checksum)  // 14: CRC-32
        && sizes.compressed == entry.compressedSize && sizes.size == entry.size
    // 8: the method. The name is compared by bytes, not as text. 6: the flags.
    guard name.elementsEqual(entry.name.utf8), header.u16(8) == (entry.isDeflated ? 8 : 0),
      header.u16(6) & ~ZipEntry.effort == entry.flags, sizesAgree
    else {
      throw Fault(
        file, at: shown(entry.name), found: "a header that contradicts the directory",
        expected: "the same name, method, sizes and checksum in both")
    }
    return start..<start + entry.compressedSize  // the payload
  }

  /// Every byte before the directory belongs to one entry, or to the descriptor after it.
  private func checkCoverage(_ spans: [Span], end: Int) throws(Fault) {
    // Position by position, from byte 0 to the directory: entries in the order of their bytes.
    var (position, previous, hasDescriptor) = (0, "", false)
    // The directory may list them in any order.
    let sorted = spans.sorted { $0.whole.lowerBound < $1.whole.lowerBound }
    // The directory ends the list, as if it were an entry: so what is before it is looked at, too.
    for (name, whole, next) in sorted + [("the directory", end..<end, false)] {
      let gap = whole.lowerBound - position
      // Entries that share bytes: so 46 MB can unpack to 4.5 petabytes (Fifield 2019, "A better zip
      // bomb").
      if gap < 0 {
        throw Fault(
          file, at: shown(name), found: "bytes that \(shown(previous)) has too",
          expected: "bytes of its own")
      }
      // CRC-32 and two sizes: 12 bytes, or 20 with sizes of 64 bits, and 4 more with a signature.
      // Anything else in a gap is hidden: another archive, a program.
      if gap > 0, !hasDescriptor || ![12, 16, 20, 24].contains(gap) {
        throw Fault(
          file, at: "bytes \(shown(position..<whole.lowerBound))",
          found: "bytes that belong to no entry", expected: "\(shown(name))")
      }
      (position, previous, hasDescriptor) = (whole.upperBound, name, next)
    }
  }
}
