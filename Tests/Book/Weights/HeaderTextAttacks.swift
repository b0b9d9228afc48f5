import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks on the header's text")
struct HeaderTextAttacks {
  private let file = HandMade.path

  @Test("not UTF-8", .spec("SAFE-2"), arguments: [[0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF]])
  func notUTF8(name: [UInt8]) {
    let header = Array("{\"".utf8) + name + Array("\":{\(HandMade.body)}}".utf8)
    HandMade(header, data: 4).expectRefusal(text: .invalidUTF8, at: 2)
  }

  @Test(
    "begins with something else than {", .spec("SAFE-2"),
    arguments: [
      "[]", "null", "\"a\"", " {}", "\n{}", "\u{FEFF}{}", "\0{}",
    ])
  func anotherStart(header: String) {
    HandMade(header, data: 0).expectRefusal(.headerStart(file: file, found: header.utf8.first))
  }

  @Test("spaces fill the header up", .spec("SAFE-2"))
  func spacePadding() throws {
    #expect(try HandMade(HandMade.header + "     ").open().tensors.count == 1)
  }

  @Test("other white space fills the header up", .spec("SAFE-2"), arguments: ["\n", "\t", "\r"])
  func otherPadding(space: String) {
    let count = HandMade.header.utf8.count
    HandMade(HandMade.header + " \(space) ").expectRefusal(
      .headerPadding(file: file, found: space.utf8.first ?? 0, position: count + 1))
  }

  @Test("NUL fills the header up", .spec("SAFE-2"))
  func nulPadding() {
    HandMade(HandMade.header + "\0\0").expectRefusal(
      text: .trailingBytes, at: HandMade.header.utf8.count)
  }

  @Test("a second document", .spec("SAFE-2"), arguments: ["{}", " {}", ",", "]"])
  func secondDocument(tail: String) {
    let spaces = tail.prefix { $0 == " " }.count
    HandMade(HandMade.header + tail).expectRefusal(
      text: .trailingBytes, at: HandMade.header.utf8.count + spaces)
  }

  @Test(
    "JSON that only some readers take", .spec("SAFE-2"),
    arguments: [
      "{hello}", "{'a':{}}", "{\"a\":{},}", "{\"a\":NaN}", "{\"a\":{}/**/}", "{\"a\":01}", "{",
      "{\"\\ud800\":{}}", "{\"a\tb\":{}}", "{\"\\x41\":{}}",
    ])
  func looseJSON(header: String) {
    #expect {
      try HandMade(header, data: 0).open()
    } throws: { error in
      if case CheckpointError.headerText = error { true } else { false }
    }
  }

  @Test("deep JSON", .spec("SAFE-2", "JSON-3"))
  func deep() {
    let start = "{\"a\":{\(HandMade.body),\"x\":"
    func header(_ depth: Int) -> String {
      start + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}}"
    }
    HandMade(header(125)).expectRefusal(entry: .unknown(field: "x"))
    for depth in [126, 5_000, 1_000_000] {
      HandMade(header(depth)).expectRefusal(
        text: .tooDeep(limit: JSON.maximumDepth), at: start.utf8.count + 125)
    }
  }

  @Test("a tensor twice, both valid", .spec("SAFE-3"))
  func duplicateTensor() {
    let entry = HandMade.header.dropFirst().dropLast()
    HandMade("{\(entry),\(entry)}").expectRefusal(
      text: .duplicateKey("a"), at: entry.utf8.count + 2)
    let escaped = entry.replacing("\"a\"", with: #""\u0061""#)
    HandMade("{\(entry),\(escaped)}").expectRefusal(
      text: .duplicateKey("a"), at: entry.utf8.count + 2)
  }

  @Test(
    "a field twice", .spec("SAFE-3"),
    arguments: [
      #""dtype":"F32","#, #""shape":[1],"#, #""data_offsets":[0,4],"#,
    ])
  func duplicateField(field: String) {
    #expect {
      try HandMade("{\"a\":{\(field)\(HandMade.body)}}").open()
    } throws: { error in
      if case CheckpointError.headerText(_, .duplicateKey, _) = error { true } else { false }
    }
  }

  @Test("metadata twice, or one of its keys", .spec("SAFE-3", "SAFE-5"))
  func duplicateMetadata() {
    HandMade(#"{"__metadata__":{},"__metadata__":{}}"#, data: 0).expectRefusal(
      text: .duplicateKey("__metadata__"), at: 19)
    HandMade(#"{"__metadata__":{"a":"1","a":"2"}}"#, data: 0).expectRefusal(
      text: .duplicateKey("a"), at: 25)
  }

  @Test("names that look the same stay apart", .spec("SAFE-3"))
  func canonicalEquivalents() throws {
    let made = HandMade(
      #"{"\u00e0":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a\u0300":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, data: 3)
    let file = try made.open()
    #expect(file["\u{e0}"]?.shape == [1])
    #expect(file["a\u{300}"]?.shape == [2])
  }

  @Test(
    "metadata that are no strings", .spec("SAFE-5"),
    arguments: [
      (#"{"a":1}"#, "a", "an integer"), (#"{"a":null}"#, "a", "null"),
      (#"{"a":{}}"#, "a", "an object"),
      (#"{"a":["b"]}"#, "a", "an array"), (#""a""#, nil, "a string"), ("[]", nil, "an array"),
    ])
  func metadataNotStrings(metadata: String, key: String?, found: String) {
    HandMade("{\"__metadata__\":\(metadata)}", data: 0).expectRefusal(
      .metadata(file: file, key: key, found: found))
  }
}
