import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with zip archives")
struct ZipAttacks {
  private typealias Entry = HandMadeZip.Entry
  private let plain = Entry("a", [1, 2, 3])

  @Test("an archive without faults", .spec("ZIP-1", "ZIP-6"))
  func whole() throws {
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

  @Test("two directories", .spec("ZIP-1"))
  func twoDirectories() {
    var made = HandMadeZip(plain)
    let start = made.bytes.count
    made.comment = HandMadeZip(Entry("b", [4])).bytes
    made.expectRefusal(.twoEnds(start - 22, made.bytes.count - 22))
  }

  @Test("an archive behind an archive", .spec("ZIP-1"))
  func concatenated() {
    var made = HandMadeZip(plain)
    let first = made.bytes
    made.before = HandMadeZip(Entry("b", [4])).bytes
    // The directory is found where it is, but something is hidden before it.
    made.expectRefusal(.stray(0..<made.before.count))
    // With offsets that were not adapted the directory is not where it should be.
    #expect(throws: CheckpointError.self) { try open(made.before + first) }
  }

  /// An entry that says it inflates to so many bytes, which nobody has to try to refuse it.
  private func bomb(_ name: String, _ megabytes: Int) -> Entry {
    var entry = Entry(name, [UInt8](repeating: 0, count: megabytes << 10 + megabytes << 6))
    (entry.method, entry.size) = (8, megabytes << 20)
    return entry
  }

  @Test("a zip bomb", .spec("ZIP-5"))
  func zipBomb() throws {
    let made = HandMadeZip(bomb("a", 60))
    let limit = ZipArchive.allowance(forSize: made.bytes.count)
    #expect(limit < 49 << 20)
    made.expectRefusal(.bomb(inflated: 60 << 20, limit: limit))
    var many = HandMadeZip()
    many.entries = (0..<20).map { bomb("e\($0)", 4) }
    let allowed = ZipArchive.allowance(forSize: many.bytes.count)
    many.expectRefusal(.bomb(inflated: 13 * 4 << 20, limit: allowed))
  }

  @Test("an archive that inflates inside of one that inflates", .spec("ZIP-5", "FORM-2"))
  func nestedBomb() throws {
    let inner = HandMadeZip(bomb("b.npy", 47)).bytes
    let padding = [UInt8](repeating: 0, count: 2 << 20)
    let outer = HandMadeZip(Entry(deflated: "a.npz", inner), Entry(deflated: "c", padding)).bytes
    #expect {
      try open(outer)
    } throws: { error in
      guard case CheckpointError.zip(_, .bomb) = error else { return false }
      return true
    }
  }

  @Test("more than deflate can make, and stored with two sizes", .spec("ZIP-5"))
  func lyingSizes() {
    var entry = Entry(deflated: "a", [1, 2, 3])
    entry.size = 1_000_000
    HandMadeZip(entry).expectRefusal(
      .badSize("a", compressed: entry.compressed, size: 1_000_000))
    entry = plain
    entry.size = 4
    HandMadeZip(entry).expectRefusal(.badSize("a", compressed: 3, size: 4))
  }

  @Test("inflating to less or more than the directory says", .spec("ZIP-6"), arguments: [90, 110])
  func wrongSize(size: Int) {
    var entry = Entry(deflated: "a", Array(0..<100))
    entry.size = size
    HandMadeZip(entry).expectRefusal(.inflate("a", expected: size))
  }

  @Test("bytes behind the end of what is deflated, and damage in it", .spec("ZIP-6"))
  func damagedDeflate() {
    var entry = Entry(deflated: "a", Array(0..<100))
    entry.data += [0]
    entry.compressed += 1
    HandMadeZip(entry).expectRefusal(.inflate("a", expected: 100))
    entry = Entry(deflated: "a", Array(0..<100))
    entry.data[0] = 0xFF
    HandMadeZip(entry).expectRefusal(.inflate("a", expected: 100))
  }

  @Test("a wrong checksum", .spec("ZIP-6"))
  func checksum() {
    for var entry in [plain, Entry(deflated: "a", [1, 2, 3])] {
      entry.checksum ^= 1
      HandMadeZip(entry).expectRefusal(
        .checksum("a", expected: 0x55BC_801C, found: 0x55BC_801D))
    }
  }

  @Test("overlapping entries", .spec("ZIP-4"))
  func overlap() {
    var inner = Entry("b", [4])
    inner.start = 0
    inner.localName = "b"
    HandMadeZip(plain, inner).expectRefusal(.disagreement(#"the headers of "b""#))
    // Entry "b" is inside of the bytes of entry "a".
    let hidden = HandMadeZip(Entry("b", [4])).bytes.prefix(32)
    var outer = HandMadeZip(Entry("a", Array(hidden)), Entry("b", [4]))
    outer.entries[1].start = 31
    outer.expectRefusal(.overlap("a", "b"))
  }

  @Test("bytes that belong to no entry", .spec("ZIP-4"))
  func stray() {
    var made = HandMadeZip(plain, Entry("b"))
    made.between = [0]
    made.expectRefusal(.stray(34..<35))
    made.between = []
    made.before = [0]
    made.expectRefusal(.stray(0..<1))
    made.before = []
    made.behind = [0]
    made.expectRefusal(.noEnd)
  }

  @Test(
    "names that lead out of the archive", .spec("ZIP-2"),
    arguments: [
      "/etc/passwd", "../a", "a/../../b", "a/..", "./a", "a\\b", "C:a", "", "a\u{0}b", "a\u{1B}[m",
      "a/./b",
    ])
  func pathEscape(name: String) {
    HandMadeZip(Entry(name, [1])).expectRefusal(.badName(name))
  }

  @Test("encrypted entries", .spec("ZIP-2"), arguments: [1, 0x40, 0x2000])
  func encrypted(flag: Int) {
    var entry = plain
    entry.flags = flag
    HandMadeZip(entry).expectRefusal(.encrypted("a"))
  }

  @Test("other methods of compression, and one name twice", .spec("ZIP-2"))
  func methods() {
    var entry = plain
    entry.method = 12
    HandMadeZip(entry).expectRefusal(.method("a", 12))
    HandMadeZip(plain, plain).expectRefusal(.duplicate("a"))
  }

  @Test("headers that contradict the directory", .spec("ZIP-3"))
  func disagreement() {
    var entry = plain
    entry.localName = "b"
    HandMadeZip(entry).expectRefusal(.disagreement(#"the headers of "a""#))
    entry = plain
    entry.localSize = 2
    HandMadeZip(entry).expectRefusal(.disagreement(#"the headers of "a""#))
    entry = plain
    entry.start = 5
    HandMadeZip(entry).expectRefusal(.record(#"header of "a""#, offset: 5))
  }

  @Test("several disks, and counts and sizes that lie", .spec("ZIP-1"))
  func endRecord() {
    var made = HandMadeZip(plain)
    made.disk = 1
    made.expectRefusal(.multiDisk)
    made = HandMadeZip(plain)
    made.count = 2
    made.expectRefusal(.record("end record", offset: made.bytes.count - 22))
    made.count = 0
    made.expectRefusal(.stray(34..<81))
    made = HandMadeZip(plain)
    made.directorySize = 46
    made.expectRefusal(.record("directory", offset: 34))
    made.directorySize = Int(UInt32.max)
    made.expectRefusal(.record("zip64 locator", offset: made.bytes.count - 42))
  }

  @Test("sizes of 64 bits that are not there, or too large", .spec("ZIP-1"))
  func zip64() throws {
    var entry = plain
    (entry.size, entry.compressed) = (Int(UInt32.max), Int(UInt32.max))
    HandMadeZip(entry).expectRefusal(.record("directory", offset: 34))
    var extra = LittleEndian()
    extra.add(UInt16(1), UInt16(16))
    extra.add(UInt64(3), UInt64(3))
    entry.extra = extra.bytes
    #expect(try HandMadeZip(entry).archive().read("a")?.count == 3)
    extra.bytes[11] = 0x80
    entry.extra = extra.bytes
    HandMadeZip(entry).expectRefusal(.record("directory", offset: 34))
    extra.bytes[11] = 0x7F
    entry.extra = extra.bytes
    HandMadeZip(entry).expectRefusal(
      .badSize("a", compressed: 3, size: 0x7F00_0000_0000_0003))
  }

  @Test("archives in archives in archives, nothing, and too much choice", .spec("FORM-2"))
  func choice() throws {
    let inner = HandMadeZip(Entry("model.bin", HandMadeZip(Entry("b.bin", [1])).bytes)).bytes
    #expect {
      try open(HandMadeZip(Entry("a.bin", inner)).bytes)
    } throws: { error in
      guard case CheckpointError.zip(_, .nested) = error else { return false }
      return true
    }
    HandMadeZip(Entry("config.json", [1])).expectOpenRefusal(.nothing)
    HandMadeZip(Entry("a.pt", [1]), Entry("b.bin", [1])).expectOpenRefusal(
      .several(["a.pt", "b.bin"]))
    HandMadeZip().expectOpenRefusal(.nothing)
  }
}

extension HandMadeZip {
  fileprivate func expectOpenRefusal(_ problem: ZipProblem) {
    #expect(throws: CheckpointError.zip(file: Self.path, problem: problem)) { try open(bytes) }
  }
}
