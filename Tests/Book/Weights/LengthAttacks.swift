import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks on the header's length", .spec("SAFE-1"))
struct LengthAttacks {
  private let file = HandMade.path
  private let limit = SafeTensorsHeader.maximumLength

  @Test func emptyFile() {
    var made = HandMade()
    made.bytes = []
    made.expectRefusal(.tooShort(file: file, bytes: 0))
  }

  @Test func sevenBytes() {
    var made = HandMade()
    made.bytes = Array(made.bytes.prefix(7))
    made.expectRefusal(.tooShort(file: file, bytes: 7))
  }

  @Test func zeroLength() {
    HandMade("", data: 0).expectRefusal(.headerStart(file: file, found: nil))
    HandMade("", data: 4).expectRefusal(.headerStart(file: file, found: nil))
  }

  @Test func lengthBehindTheFile() {
    let end = 8 + HandMade.header.utf8.count
    HandMade(data: 4, length: UInt64(end - 8 + 5)).expectRefusal(
      .headerPastEnd(file: file, end: end + 5, size: end + 4, looksLike: nil))
  }

  @Test func lengthAtTheLimitIsJudgedByTheFile() {
    HandMade("{}", data: 0, length: UInt64(limit)).expectRefusal(
      .headerPastEnd(file: file, end: limit + 8, size: 10, looksLike: nil))
  }

  @Test(arguments: [100_000_001, UInt64(Int.max), 1 << 63, .max, .max - 7])
  func lengthBeyondTheLimit(length: UInt64) {
    HandMade(length: length).expectRefusal(
      .headerTooLong(file: file, length: length, limit: limit, looksLike: nil))
  }

  @Test func lengthCutsTheHeaderShort() {
    let count = HandMade.header.utf8.count
    HandMade(length: UInt64(count - 1)).expectRefusal(
      text: .unexpectedEnd(expected: "',' or '}'"), at: count - 1)
  }

  @Test func lengthTakesDataIntoTheHeader() {
    let count = HandMade.header.utf8.count
    HandMade(length: UInt64(count + 1)).expectRefusal(text: .trailingBytes, at: count)
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\n", Lookalike.gitLFSPointer),
    ("<!DOCTYPE html><html>", .webPage), ("\u{80}\u{2}}q\0.Kd", .pickle),
    ("GGUF\u{3}\0\0\0", .gguf),
    ("\u{89}HDF\r\n\u{1A}\n", .hdf5), ("PK\u{3}\u{4}\0\0\0\0", .zip),
  ])
  func anotherFormat(start: String, kind: Lookalike) {
    var made = HandMade()
    made.bytes = start.unicodeScalars.map { UInt8($0.value) }
    #expect {
      try made.open()
    } throws: { error in
      switch error as? CheckpointError {
      case .headerTooLong(_, _, _, let looksLike), .headerPastEnd(_, _, _, let looksLike):
        looksLike == kind
      default: false
      }
    }
  }
}
