import FoxDecoding
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Zip archives", .counted)
struct ZipTests {
  /// An archive of one stored entry, `a`, of one byte, 7.
  private static let byHand: [UInt8] = [
    // The header of the entry, 30 bytes.
    0x50, 0x4B, 0x03, 0x04,  // PK 3 4
    20, 0,  // needs version 2.0
    0, 0,  // no flags
    0, 0,  // method 0: stored
    0, 0, 0x21, 0,  // the first of January 1980
    0x2E, 0x7A, 0x66, 0x4C,  // CRC-32 of the byte
    1, 0, 0, 0,  // size in the archive
    1, 0, 0, 0,  // size
    1, 0, 0, 0,  // lengths of the name and of extra fields
    0x61,  // the name
    7,  // the byte
    // The directory, 46 bytes and a name.
    0x50, 0x4B, 0x01, 0x02,  // PK 1 2
    20, 0, 20, 0,  // made by and needs version 2.0
    0, 0, 0, 0, 0, 0, 0x21, 0,  // flags, method and date again
    0x2E, 0x7A, 0x66, 0x4C, 1, 0, 0, 0, 1, 0, 0, 0,  // CRC-32 and sizes again
    1, 0, 0, 0, 0, 0,  // lengths of name, extra fields and comment
    0, 0, 0, 0, 0, 0, 0, 0,  // disk and attributes
    0, 0, 0, 0,  // the header is at byte 0
    0x61,
    // The end record, 22 bytes.
    0x50, 0x4B, 0x05, 0x06,  // PK 5 6
    0, 0, 0, 0, 1, 0, 1, 0,  // disk 0 of 1, with 1 entry of 1
    47, 0, 0, 0,  // size of the directory
    32, 0, 0, 0,  // the directory is at byte 32
    0, 0,  // no comment
  ]

  @Test
  func `ZIP-1 ZIP-6 ZIP-7 one stored entry, byte by byte`() throws {
    let bytes = StoredBytes(copying: Self.byHand)
    let archive = try ZipArchive(bytes, path: "a.zip", allowance: 0)
    #expect(archive.entries.map(\.name) == ["a"])
    let entry = try #require(try archive.read("a"))
    #expect(entry.withBytes { Array($0) } == [7])
    // A stored entry is shown where it lies: byte 31 of the archive.
    #expect(entry.bytes.baseAddress == bytes.bytes.baseAddress.map { $0 + 31 })
    #expect(try archive.read("b") == nil)
  }

  @Test
  func `ZIP-3 ZIP-6 changed by one bit, wherever that is, it is refused or still says 7`() throws {
    // Versions, dates and attributes are for programs that unpack; nothing here depends on them.
    for place in Self.byHand.indices {
      for bit in 0..<8 {
        var bytes = Self.byHand
        bytes[place] ^= 1 << bit
        let archive = try? ZipArchive(
          StoredBytes(copying: bytes), path: "a.zip", allowance: 1 << 20)
        guard let name = archive?.entries.first?.name else { continue }
        let content = try? archive?.read(name)?.withBytes { Array($0) }
        #expect(content == nil || content == [7], "byte \(place), bit \(bit)")
      }
    }
  }

  @Test
  func `ZIP-7 an inflated entry is one buffer for all who show it, and no longer`() throws {
    let archive = try HandMadeZip(.init(deflated: "a", Array(repeating: 9, count: 500))).archive()
    var first = try archive.read("a")
    let second = try archive.read("a")
    #expect(first?.owner === second?.owner)
    weak let owner = first?.owner
    first = nil
    #expect(owner != nil)
    #expect(second?.count == 500)
  }
}
