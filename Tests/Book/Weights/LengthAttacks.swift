import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Attacks on the header's length", .counted)
struct LengthAttacks {
  private let limit = SafeTensorsHeader.maximumLength

  @Test func `SAFE-1 empty file`() {
    var made = HandMade()
    made.bytes = []
    made.expectRefusal(
      found: "0 bytes", expected: "8 bytes of length, a header, and the data")
  }

  @Test func `SAFE-1 seven bytes`() {
    var made = HandMade()
    made.bytes = Array(made.bytes.prefix(7))
    made.expectRefusal(
      found: "7 bytes", expected: "8 bytes of length, a header, and the data")
  }

  @Test func `SAFE-1 zero length`() {
    HandMade("", data: 0).expectRefusal(
      at: "byte 0 of the header", found: "nothing", expected: "'{'")
    HandMade("", data: 4).expectRefusal(
      at: "byte 0 of the header", found: "nothing", expected: "'{'")
  }

  @Test func `SAFE-1 length behind the file`() {
    let end = 8 + HandMade.header.utf8.count
    HandMade(data: 4, length: UInt64(end - 8 + 5)).expectRefusal(
      at: "header", found: "the end of the file at byte \(end + 4)",
      expected: "a header up to byte \(end + 5)")
  }

  @Test func `SAFE-1 length at the limit is judged by the file`() {
    HandMade("{}", data: 0, length: UInt64(limit)).expectRefusal(
      at: "header", found: "the end of the file at byte 10",
      expected: "a header up to byte \(limit + 8)")
  }

  @Test(arguments: [100_000_001, UInt64(Int.max), 1 << 63, .max, .max - 7])
  func `SAFE-1 length beyond the limit`(length: UInt64) {
    HandMade(length: length).expectRefusal(
      at: "length of the header", found: "\(length) bytes", expected: "at most 100000000")
  }

  @Test func `SAFE-1 length cuts the header short`() {
    let count = HandMade.header.utf8.count
    HandMade(length: UInt64(count - 1)).expectRefusal(
      byte: count - 1, found: "the end of the text", expected: "',' or '}'")
  }

  @Test func `SAFE-1 length takes data into the header`() {
    let count = HandMade.header.utf8.count
    HandMade(length: UInt64(count + 1)).expectRefusal(
      byte: count, found: "byte 0x00", expected: "the end of the text")
  }
}
