import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with zip archives", .counted)
struct ZipAttacks {
  private typealias Entry = HandMadeZip.Entry
  private let plain = Entry("a", [1, 2, 3])
  private let a = #""a""#
  private let stray = "bytes that belong to no entry"
  private let contradiction = "a header that contradicts the directory"
  private let same = "the same name, method, sizes and checksum in both"

  @Test
  func `ZIP-1 ZIP-6 an archive without faults`() throws {
    var last = Entry("c", [7])
    (last.flags, last.descriptor) = (8, [UInt8](repeating: 0, count: 16))
    var made = HandMadeZip(
      plain, Entry(deflated: "b", Array(repeating: 9, count: 500)), Entry("d/"), last)
    made.comment = Array("PK".utf8)
    let archive = try made.archive()
    #expect(archive.entries.map(\.name) == ["a", "b", "c"])
    #expect(try archive.read("a")?.withBytes { Array($0) } == [1, 2, 3])
    #expect(try archive.read("b")?.withBytes { $0.allSatisfy { $0 == 9 } } == true)
    #expect(try archive.read("c")?.count == 1)
    #expect(try archive.read("e") == nil)
  }

  @Test
  func `ZIP-1 two directories`() {
    var made = HandMadeZip(plain)
    let start = made.bytes.count
    made.comment = HandMadeZip(Entry("b", [4])).bytes
    made.expectRefusal(
      found: "end records at byte \(start - 22) and at byte \(made.bytes.count - 22)",
      expected: "one")
  }

  @Test
  func `ZIP-1 an archive behind an archive`() {
    var made = HandMadeZip(plain)
    let first = made.bytes
    made.before = HandMadeZip(Entry("b", [4])).bytes
    // The directory is found where it is, but something is hidden before it.
    made.expectRefusal(
      at: "bytes [0, \(made.before.count))", found: stray, expected: #""a""#)
    // With offsets that were not adapted the directory is not where it should be.
    made.before += first
    let both = StoredBytes(copying: made.before)
    expectFault("z", at: "byte 34", found: "damage", expected: "the directory of the archive") {
      try ZipArchive(both, path: "z", allowance: 0)
    }
  }

  /// An entry that says it inflates to so many bytes, which nobody has to try to refuse it.
  private func bomb(_ name: String, _ megabytes: Int) -> Entry {
    var entry = Entry(name, [UInt8](repeating: 0, count: megabytes << 10 + megabytes << 6))
    (entry.method, entry.size) = (8, megabytes << 20)
    return entry
  }

  @Test
  func `ZIP-5 a zip bomb`() throws {
    let made = HandMadeZip(bomb("a", 60))
    let limit = ZipArchive.allowance(forSize: made.bytes.count)
    #expect(limit < 49 << 20)
    made.expectRefusal(
      found: "\(60 << 20) or more inflated bytes", expected: "at most \(limit) for its size")
    var many = HandMadeZip()
    many.entries = (0..<20).map { bomb("e\($0)", 4) }
    let allowed = ZipArchive.allowance(forSize: many.bytes.count)
    many.expectRefusal(
      found: "\(13 * 4 << 20) or more inflated bytes", expected: "at most \(allowed) for its size")
  }

  @Test
  func `ZIP-5 more than deflate can make, and stored with two sizes`() {
    var entry = Entry(deflated: "a", [1, 2, 3])
    entry.size = 1_000_000
    HandMadeZip(entry).expectRefusal(
      at: a, found: "\(entry.compressed) bytes that make 1000000", expected: "at most 1032 for each"
    )
    entry = plain
    entry.size = 4
    HandMadeZip(entry).expectRefusal(at: a, found: "3 bytes that make 4", expected: "one for each")
  }

  @Test(arguments: [90, 110])
  func `ZIP-6 inflating to less or more than the directory says`(size: Int) {
    var entry = Entry(deflated: "a", Array(0..<100))
    entry.size = size
    HandMadeZip(entry).expectRefusal(
      at: a, found: "damaged bytes", expected: "bytes that inflate to exactly \(size)")
  }

  @Test
  func `ZIP-6 bytes behind the end of what is deflated, and damage in it`() {
    var entry = Entry(deflated: "a", Array(0..<100))
    entry.data += [0]
    entry.compressed += 1
    HandMadeZip(entry).expectRefusal(
      at: a, found: "damaged bytes", expected: "bytes that inflate to exactly 100")
    entry = Entry(deflated: "a", Array(0..<100))
    entry.data[0] = 0xFF
    HandMadeZip(entry).expectRefusal(
      at: a, found: "damaged bytes", expected: "bytes that inflate to exactly 100")
  }

  @Test
  func `ZIP-6 a wrong checksum`() {
    for var entry in [plain, Entry(deflated: "a", [1, 2, 3])] {
      entry.checksum ^= 1
      HandMadeZip(entry).expectRefusal(
        at: a, found: "checksum 55bc801d", expected: "55bc801c")
    }
  }

  @Test
  func `ZIP-4 overlapping entries`() {
    var inner = Entry("b", [4])
    inner.start = 0
    inner.localName = "b"
    HandMadeZip(plain, inner).expectRefusal(at: #""b""#, found: contradiction, expected: same)
    // Entry "b" is inside of the bytes of entry "a".
    let hidden = HandMadeZip(Entry("b", [4])).bytes.prefix(32)
    var outer = HandMadeZip(Entry("a", Array(hidden)), Entry("b", [4]))
    outer.entries[1].start = 31
    outer.expectRefusal(
      at: #""b""#, found: #"bytes that "a" has too"#, expected: "bytes of its own")
  }

  @Test
  func `ZIP-4 bytes that belong to no entry`() {
    var made = HandMadeZip(plain, Entry("b"))
    made.between = [0]
    made.expectRefusal(at: "bytes [34, 35)", found: stray, expected: #""b""#)
    made.between = []
    made.before = [0]
    made.expectRefusal(at: "bytes [0, 1)", found: stray, expected: #""a""#)
    made.before = []
    made.behind = [0]
    made.expectRefusal(found: "no end record", expected: "a zip archive that ends with one")
  }

  @Test(arguments: [
    "/etc/passwd", "../a", "a/../../b", "a/..", "./a", "a\\b", "C:a", "", "a\u{0}b", "a\u{1B}[m",
    "a/./b",
  ])
  func `ZIP-2 names that lead out of the archive`(name: String) {
    HandMadeZip(Entry(name, [1])).expectRefusal(
      found: "an entry \(shown(name))", expected: "a name that stays in the archive's folder")
  }

  @Test(arguments: [1, 0x40, 0x2000])
  func `ZIP-2 encrypted entries`(flag: Int) {
    var entry = plain
    entry.flags = flag
    HandMadeZip(entry).expectRefusal(at: a, found: "encryption", expected: "none")
  }

  @Test
  func `ZIP-2 other methods of compression, and one name twice`() {
    var entry = plain
    entry.method = 12
    HandMadeZip(entry).expectRefusal(
      at: a, found: "compression method 12", expected: "0 (stored) or 8 (deflate)")
    HandMadeZip(plain, plain).expectRefusal(at: a, found: "two entries", expected: "one")
  }

  @Test
  func `ZIP-3 headers that contradict the directory`() {
    var entry = plain
    entry.localName = "b"
    HandMadeZip(entry).expectRefusal(at: a, found: contradiction, expected: same)
    entry = plain
    entry.localSize = 2
    HandMadeZip(entry).expectRefusal(at: a, found: contradiction, expected: same)
    entry = plain
    entry.start = 5
    HandMadeZip(entry).expectRefusal(
      at: "\(a), byte 5", found: "a damaged header", expected: "the header of the entry")
  }

  @Test
  func `ZIP-1 several disks, and counts and sizes that lie`() {
    var made = HandMadeZip(plain)
    made.disk = 1
    made.expectRefusal(found: "one part of an archive in several", expected: "all of it")
    made = HandMadeZip(plain)
    made.count = 2
    made.expectRefusal(
      at: "byte \(made.bytes.count - 22)", found: "damage",
      expected: "the end record of the archive")
    made.count = 0
    made.expectRefusal(
      at: "bytes [34, 81)", found: stray, expected: "the end of the directory")
    made = HandMadeZip(plain)
    made.directorySize = 46
    made.expectRefusal(
      at: "byte 34", found: "damage", expected: "the directory of the archive")
    made.directorySize = Int(UInt32.max)
    made.expectRefusal(
      at: "byte \(made.bytes.count - 42)", found: "damage",
      expected: "the zip64 locator of the archive")
  }

  @Test
  func `ZIP-1 sizes of 64 bits that are not there, or too large`() throws {
    var entry = plain
    (entry.size, entry.compressed) = (Int(UInt32.max), Int(UInt32.max))
    HandMadeZip(entry).expectRefusal(
      at: "byte 34", found: "damage", expected: "a record of the directory")
    var extra: [UInt8] = []
    extra.add(UInt16(1), UInt16(16))
    extra.add(UInt64(3), UInt64(3))
    (entry.extra, entry.localExtra) = (extra, extra)
    #expect(try HandMadeZip(entry).archive().read("a")?.count == 3)
    extra[11] = 0x80
    (entry.extra, entry.localExtra) = (extra, [])
    HandMadeZip(entry).expectRefusal(
      at: "byte 34", found: "damage", expected: "a record of the directory")
    extra[11] = 0x7F
    entry.extra = extra
    HandMadeZip(entry).expectRefusal(
      at: a, found: "3 bytes that make \(0x7F00_0000_0000_0003)", expected: "one for each")
  }

  @Test
  func `ZIP-1 sizes of 64 bits are read from their own extra field only`() throws {
    var entry = plain
    (entry.size, entry.compressed) = (Int(UInt32.max), Int(UInt32.max))
    // Room for one of the two sizes. The other one would be read from the field behind it.
    entry.extra.add(UInt16(1), UInt16(8))
    entry.extra.add(UInt64(3))
    entry.extra.add(UInt64(3))
    HandMadeZip(entry).expectRefusal(
      at: "byte 34", found: "damage", expected: "a record of the directory")
    // A field of another kind may stand before it.
    entry.extra = [0x46, 0x42, 2, 0, 9, 9]
    entry.extra.add(UInt16(1), UInt16(16))
    entry.extra.add(UInt64(3), UInt64(3))
    entry.localExtra = entry.extra
    #expect(try HandMadeZip(entry).archive().read("a")?.count == 3)
  }

  @Test
  func `ZIP-3 a header whose sizes have 64 bits says the same, too`() throws {
    var entry = plain
    var extra: [UInt8] = []
    extra.add(UInt16(1), UInt16(16))
    extra.add(UInt64(3), UInt64(3))
    (entry.size, entry.compressed) = (Int(UInt32.max), Int(UInt32.max))
    entry.extra = extra
    // No field of 64 bits, another size in it, and the same.
    HandMadeZip(entry).expectRefusal(at: a, found: contradiction, expected: same)
    entry.localExtra = extra
    entry.localExtra[4] = 2
    HandMadeZip(entry).expectRefusal(at: a, found: contradiction, expected: same)
    entry.localExtra = extra
    #expect(try HandMadeZip(entry).archive().read("a")?.count == 3)
  }

  @Test(arguments: [1, 8, 0x20, 0x40, 0x800, 0x2000])
  func `ZIP-3 flags of the header that the directory does not have`(flag: Int) {
    var entry = plain
    entry.localFlags = flag
    HandMadeZip(entry).expectRefusal(at: a, found: contradiction, expected: same)
  }
}
