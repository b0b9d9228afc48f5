import FoxDecoding
import FoxWeights

/// # The directory of a zip archive
///
/// An archive ends with its directory, and the directory with a record that says where it begins:
///
///     PK 1 2 entry · PK 1 2 entry · … · [PK 6 6 record, PK 6 7 locator] · PK 5 6 record, comment
///
/// The records in brackets hold 64 bits where 32 are too few. All numbers are little-endian, and
/// comments below name a field by its offset in its record. APPNOTE.TXT 6.3.10, sections 4.3.12 to
/// 4.3.16 and 4.5.3; clauses ZIP-1 and ZIP-2. Does not look at the entries' own headers: see
/// ``ZipArchive``.

/// What the directory of a zip archive says of an entry.
package struct ZipEntry: Equatable, Sendable {
  package let name: String
  /// Whether the bytes are deflated; otherwise they are stored as they are.
  package let isDeflated: Bool
  package let checksum: UInt32
  package let compressedSize: Int
  package let size: Int
  /// Where the header begins.
  package let start: Int  // from the start of the file
  /// The flags, but for how hard the writer tried to make it small (bits 1 and 2).
  let flags: Int

  /// Whether sizes follow the bytes, in a descriptor of 12 to 24 bytes: bit 3 of the flags.
  var hasDescriptor: Bool { flags & 8 != 0 }

  /// Bits 0, 6 and 13 of the flags: encrypted, strongly encrypted, with an encrypted directory.
  static let encryption = 0x2041
  static let effort = 0x0006

  /// Whether a name can be read and stays in the folder it would be unpacked to.
  package static func isName(_ name: String) -> Bool {
    // "a//b" has an empty part, which stays in the folder.
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    // U+FFFD stands for bytes that are not UTF-8: old archives have names in the code pages of DOS,
    // which no caller could ask for. Control characters (0x00 to 0x1F, 0x7F to 0x9F) would reach a
    // terminal.
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0 != "\\" && $0 != "\u{FFFD}"
    }
    // "../../.ssh/authorized_keys": a program that unpacks to such a path writes there.
    // Nothing is unpacked here, but names are passed on.
    let leads = parts.contains("..") || parts.contains(".") || name.hasPrefix("/")
    let hasDrive = name.utf8.dropFirst().first == UInt8(ascii: ":")  // "C:file", a path on Windows
    return isPlain && !leads && !hasDrive && !name.isEmpty
  }
}

/// A record of fixed size that begins with its signature.
struct ZipRecord {
  private let bytes: UnsafeRawBufferPointer  // just this record

  /// `nil` where no such record is.
  init?(_ file: UnsafeRawBufferPointer, at offset: Int, size: Int, signature: UInt32) {
    // Size and signature before any field: what is cut off is not a record.
    guard let bytes = file.slice(at: offset, count: size),
      bytes.number(at: 0, as: UInt32.self) == signature
    else { return nil }
    self.bytes = bytes
  }

  /// The 16 bits at `offset` in the record, which has them: `?? 0` does not happen.
  func u16(_ offset: Int) -> Int { Int(bytes.number(at: offset, as: UInt16.self) ?? 0) }

  /// The 32 bits at `offset` in the record.
  func u32(_ offset: Int) -> Int { Int(bytes.number(at: offset, as: UInt32.self) ?? 0) }
}

/// The entries of a directory, from the end record on (ZIP-1, ZIP-2).
///
/// Files above 4 GiB keep their sizes in extra fields and in a second end record; all ones in the
/// fields of 32 bits say so.
struct ZipDirectory {
  /// All entries, folders too.
  private(set) var entries: [ZipEntry] = []  // in the directory's order
  /// Where the directory begins.
  let start: Int  // and where the entries' bytes must end

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    (self.bytes, self.file) = (bytes, file)
    let end = try ZipEnd(bytes, file: file)  // where it is, and how many entries it has
    start = end.directory.lowerBound
    var offset = start
    // As many as the end record says, and each must end in the directory.
    for _ in 0..<end.count {
      let (entry, next) = try entry(at: offset)
      if next > end.directory.upperBound { throw damaged(offset) }
      entries.append(entry)
      offset = next
    }
    // Bytes after the last entry: more entries, for a reader that goes by size.
    if offset != end.directory.upperBound {
      throw Fault(
        file, at: "bytes \(shown(offset..<end.directory.upperBound))",
        found: "bytes that belong to no entry", expected: "the end of the directory")
    }
  }

  private func damaged(_ offset: Int) -> Fault {
    Fault(file, at: "byte \(offset)", found: "damage", expected: "a record of the directory")
  }

  /// An entry of the directory, and where the next one begins.
  private func entry(at offset: Int) throws(Fault) -> (ZipEntry, next: Int) {
    // 46 bytes, PK 1 2; then name, extra field and comment, whose lengths are at 28, 30 and 32.
    guard let record = ZipRecord(bytes, at: offset, size: 46, signature: 0x0201_4B50) else {
      throw damaged(offset)
    }
    let (nameLength, extraLength) = (record.u16(28), record.u16(30))
    // Three 16-bit numbers: no overflow.
    let next = offset + 46 + nameLength + extraLength + record.u16(32)
    // 24: size; 20: size in the archive; 42: start of the header; 34: number of the disk.
    var sizes = Zip64Fields(
      size: record.u32(24), compressed: record.u32(20), start: record.u32(42),
      disk: record.u16(34))
    // Name and extra field first, since sizes of 64 bits are in the latter.
    guard let nameBytes = bytes.slice(at: offset + 46, count: nameLength),
      let extra = bytes.slice(at: offset + 46 + nameLength, count: extraLength),
      next <= bytes.count
    else { throw damaged(offset) }
    let name = try name(nameBytes)
    // Sizes, where 32 bits did not hold them.
    guard sizes.widen(extra) else { throw damaged(offset) }
    if sizes.disk != 0 { throw ZipEnd.multiDisk(file) }
    let (flags, method) = (record.u16(8), record.u16(10))  // 8: flags; 10: method
    if flags & ZipEntry.encryption != 0 {
      throw Fault(file, at: shown(name), found: "encryption", expected: "none")
    }
    // What else there is (bzip2, LZMA, Zstandard) neither PyTorch nor NumPy writes.
    guard method == 0 || method == 8 else {
      throw Fault(
        file, at: shown(name), found: "compression method \(method)",
        expected: "0 (stored) or 8 (deflate)")
    }
    let entry = ZipEntry(
      name: name, isDeflated: method == 8, checksum: UInt32(record.u32(16)),  // 16: CRC-32
      compressedSize: sizes.compressed, size: sizes.size, start: sizes.start,
      flags: flags & ~ZipEntry.effort)
    return (entry, next)
  }

  private func name(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> String {
    let name = String(decoding: bytes, as: UTF8.self)  // replaces what is not UTF-8 by U+FFFD
    if ZipEntry.isName(name) { return name }
    throw Fault(
      file, found: "an entry \(shown(name))", expected: "a name that stays in the archive's folder")
  }
}

/// The fields of an entry that an extra field of 64 bits takes over.
struct Zip64Fields {
  // In the order in which the extra field has them.
  var size: Int
  var compressed: Int
  var start = 0
  var disk = 0

  /// Takes what is saturated from the extra field; `false` when that is not there or makes no
  /// sense.
  mutating func widen(_ extra: UnsafeRawBufferPointer) -> Bool {
    let saturated = Int(UInt32.max)  // all ones: "see the extra field"
    // Most entries end here: they are smaller than 4 GiB.
    guard [size, compressed, start].contains(saturated) || disk == 0xFFFF else { return true }
    guard let field = Self.find(extra) else { return false }  // 64 bits are needed and not there
    // The extra field holds only what is saturated, without names, so a place moves along.
    var place = 0
    func next() -> Int? {
      defer { place += 8 }
      // `Int` has 63 bits for it.
      return field.number(at: place, as: UInt64.self).flatMap { Int(exactly: $0) }
    }
    for field in [\Zip64Fields.size, \.compressed, \.start] where self[keyPath: field] == saturated
    {
      guard let value = next() else { return false }
      self[keyPath: field] = value
    }
    if disk == 0xFFFF {  // the disk's number has 16 bits, and 32 here
      guard let value = field.number(at: place, as: UInt32.self) else { return false }
      disk = Int(value)
    }
    return true
  }

  /// The data of extra field 0x0001: no more than it says it has, for another field may follow.
  private static func find(_ extra: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    // Extra fields follow each other: 2 bytes of kind, 2 bytes of length, the data.
    var place = 0
    while let id = extra.number(at: place, as: UInt16.self),
      let length = extra.number(at: place + 2, as: UInt16.self)
    {
      // 1: sizes of 64 bits.
      if id == 1 { return extra.slice(at: place + 4, count: Int(length)) }
      place += 4 + Int(length)  // another kind: times, PyTorch's padding "FB"
    }
    return nil
  }
}

/// The records that end an archive and say where its directory is.
private struct ZipEnd {
  let directory: Range<Int>  // in the file
  let count: Int  // entries, folders too

  private static let size = 22  // of the end record, without its comment

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    // The only thing in an archive whose place is not written anywhere.
    let end = try Self.find(bytes, file: file)
    // 22 bytes, PK 5 6.
    guard let record = ZipRecord(bytes, at: end, size: Self.size, signature: 0x0605_4B50) else {
      throw Self.damaged(file, "end record", end)
    }
    // 4 and 6: this disk and the directory's; 8 and 10: entries on this disk and in all; 12 and 16:
    // size and start of the directory.
    let narrow =
      [4, 6, 8, 10].map { record.u16($0) } + [record.u32(12), record.u32(16)]
    let (values, directoryEnd) = try Self.widened(narrow, bytes, end: end, file: file)
    // Archives in parts are from the days of floppy disks. Both numbers are 0, both counts equal.
    guard values[0] == 0, values[1] == 0, values[2] == values[3] else {
      throw Self.multiDisk(file)
    }
    let (size, start) = (values[4], values[5])
    // The directory must end exactly where the end records begin. Readers that search differently
    // would find other entries in what is before or after.
    guard start >= 0, size >= 0, start <= directoryEnd, size == directoryEnd - start else {
      throw Self.damaged(file, "directory", start)
    }
    directory = start..<directoryEnd
    count = values[3]
    // Each entry of the directory takes 46 bytes or more, so a larger count is a lie.
    if count > size / 46 { throw Self.damaged(file, "end record", end) }
  }

  private static func damaged(_ file: String, _ what: String, _ offset: Int) -> Fault {
    Fault(file, at: "byte \(offset)", found: "damage", expected: "the \(what) of the archive")
  }

  static func multiDisk(_ file: String) -> Fault {
    Fault(
      file, found: "one part of an archive in several", expected: "all of it",
      hint: "join the parts first")
  }

  /// The one record whose comment ends with the file. It is searched for from the end, because its
  /// place is known from there only; a second one would be another archive for other readers.
  private static func find(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(Fault) -> Int {
    // The comment has at most 65,535 bytes, so the record begins in the last 65,557.
    var found: Int?
    let last = bytes.count - size
    for offset in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    where bytes.number(at: offset, as: UInt32.self) == 0x0605_4B50 {
      // PK 5 6 can stand in a comment by chance. The record's own comment must end with the file.
      guard let comment = bytes.number(at: offset + 20, as: UInt16.self),
        offset + size + Int(comment) == bytes.count
      else { continue }
      // Searched to the end even so: two that fit are two archives in one file.
      if let found {
        throw Fault(
          file, found: "end records at byte \(offset) and at byte \(found)", expected: "one")
      }
      found = offset
    }
    if let found { return found }
    throw Fault(
      file, found: "no end record", expected: "a zip archive that ends with one",
      hint: "is the download complete?")
  }

  /// The six values of the end record, those of 64 bits where there are such, and where the
  /// directory must end.
  private static func widened(
    _ narrow: [Int], _ bytes: UnsafeRawBufferPointer, end: Int, file: String
  ) throws(Fault) -> (values: [Int], directoryEnd: Int) {
    // A field of all ones says that 64 bits elsewhere hold the value.
    let limits = [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, Int(UInt32.max), Int(UInt32.max)]
    // The locator, before the end record, says where the end record of 64 bits is.
    let locator = end - 20  // 20 bytes, PK 6 7
    // Without it there is no record of 64 bits, and no field may ask for one.
    guard bytes.number(at: locator, as: UInt32.self) == 0x0706_4B50 else {
      let isSaturated = zip(narrow, limits).contains { $0 == $1 }
      if isSaturated { throw damaged(file, "zip64 locator", locator) }
      return (narrow, end)
    }
    // At 8 in the locator: where the record is. It must end at the locator, so nothing is between.
    let start = bytes.number(at: locator + 8, as: UInt64.self).flatMap { Int(exactly: $0) } ?? -1
    guard let record = bytes.slice(at: start, count: 56), start + 56 == locator,
      record.number(at: 0, as: UInt32.self) == 0x0606_4B50,  // PK 6 6
      record.number(at: 4, as: UInt64.self) == 44  // bytes after this field: no extensions
    else { throw damaged(file, "zip64 end record", start) }
    // The same six values: two disks of 32 bits, and counts, size and start of 64.
    let disks = [16, 20].map { record.number(at: $0, as: UInt32.self).map(Int.init) ?? -1 }
    let others = [24, 32, 40, 48].map { place in
      record.number(at: place, as: UInt64.self).flatMap { Int(exactly: $0) } ?? -1
    }
    let values = disks + others  // in the order of `narrow`
    // Where the short record has a value of its own, both must say the same. Readers differ in
    // which of the two records they believe.
    for index in values.indices where narrow[index] != limits[index] {
      if narrow[index] != values[index] {
        throw Fault(
          file, at: "byte \(start)", found: "end records that contradict each other",
          expected: "the same values in both")
      }
    }
    return (values, start)  // the directory ends where these records begin
  }
}
