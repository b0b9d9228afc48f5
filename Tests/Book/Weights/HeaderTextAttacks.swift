import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Attacks on the header's text", .counted)
struct HeaderTextAttacks {
  private let once = "every name once in an object"

  @Test(arguments: [[0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF]])
  func `SAFE-2 not UTF-8`(name: [UInt8]) {
    let header = Array("{\"".utf8) + name + Array("\":{\(HandMade.body)}}".utf8)
    HandMade(header, data: 4).expectRefusal(
      byte: 2, found: "bytes that are not UTF-8", expected: "a string of UTF-8")
  }

  @Test(arguments: [
    "[]", "null", "\"a\"", " {}", "\n{}", "\u{FEFF}{}", "\0{}",
  ])
  func `SAFE-2 begins with something else than {`(header: String) {
    HandMade(header, data: 0).expectRefusal(
      at: "byte 0 of the header", found: shown(header.utf8.first ?? 0), expected: "'{'")
  }

  @Test
  func `SAFE-2 spaces fill the header up`() throws {
    #expect(try HandMade(HandMade.header + "     ").open().tensors.count == 1)
  }

  @Test(arguments: ["\n", "\t", "\r"])
  func `SAFE-2 other white space fills the header up`(space: String) {
    let count = HandMade.header.utf8.count
    HandMade(HandMade.header + " \(space) ").expectRefusal(
      at: "byte \(count + 1) of the header", found: shown(space.utf8.first ?? 0),
      expected: "only spaces after the object")
  }

  @Test
  func `SAFE-2 NUL fills the header up`() {
    HandMade(HandMade.header + "\0\0").expectRefusal(
      byte: HandMade.header.utf8.count, found: "byte 0x00", expected: "the end of the text")
  }

  @Test(arguments: ["{}", " {}", ",", "]"])
  func `SAFE-2 a second document`(tail: String) {
    let spaces = tail.prefix { $0 == " " }.count
    HandMade(HandMade.header + tail).expectRefusal(
      byte: HandMade.header.utf8.count + spaces,
      found: shown(Array(tail.utf8)[spaces]), expected: "the end of the text")
  }

  @Test(arguments: [
    ("{hello}", "a member name"), ("{'a':{}}", "a member name"), ("{\"a\":{},}", "a member name"),
    ("{\"a\":NaN}", "a value"), ("{\"a\":{}/**/}", "',' or '}'"),
    ("{\"a\":01}", "'.', 'e' or the end of the number"), ("{", "a member name"),
    ("{\"\\ud800\":{}}", "both halves"),
    ("{\"a\tb\":{}}", "control characters in a string to be escaped"),
    ("{\"\\x41\":{}}", #"one of " \ / b f n r t u after a backslash"#),
  ])
  func `SAFE-2 JSON that only some readers take`(header: String, expected: String) {
    let fault = fault { try HandMade(header, data: 0).open() }
    #expect(fault?.place?.hasPrefix("header, line 1, column ") == true)
    #expect(fault?.expected == expected)
  }

  @Test
  func `SAFE-2 JSON-3 deep JSON`() {
    let start = "{\"a\":{\(HandMade.body),\"x\":"
    func header(_ depth: Int) -> String {
      start + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}}"
    }
    HandMade(header(125)).expectRefusal(
      at: #"tensor "a""#, found: #"a field "x""#, expected: "only dtype, shape and data_offsets")
    for depth in [126, 5_000, 1_000_000] {
      HandMade(header(depth)).expectRefusal(
        byte: start.utf8.count + 125, found: "128 levels of arrays and objects",
        expected: "at most 127")
    }
  }

  @Test
  func `SAFE-3 a tensor twice, both valid`() {
    let entry = HandMade.header.dropFirst().dropLast()
    HandMade("{\(entry),\(entry)}").expectRefusal(
      byte: entry.utf8.count + 2, found: #""a" a second time"#, expected: once)
    let escaped = entry.replacing("\"a\"", with: #""\u0061""#)
    HandMade("{\(entry),\(escaped)}").expectRefusal(
      byte: entry.utf8.count + 2, found: #""a" a second time"#, expected: once)
  }

  @Test(arguments: [
    #""dtype":"F32","#, #""shape":[1],"#, #""data_offsets":[0,4],"#,
  ])
  func `SAFE-3 a field twice`(field: String) {
    let fault = fault { try HandMade("{\"a\":{\(field)\(HandMade.body)}}").open() }
    let name = field.prefix { $0 != ":" }
    #expect(fault?.found == "\(name) a second time")
    #expect(fault?.expected == once)
  }

  @Test
  func `SAFE-3 SAFE-5 metadata twice, or one of its keys`() {
    HandMade(#"{"__metadata__":{},"__metadata__":{}}"#, data: 0).expectRefusal(
      byte: 19, found: #""__metadata__" a second time"#, expected: once)
    HandMade(#"{"__metadata__":{"a":"1","a":"2"}}"#, data: 0).expectRefusal(
      byte: 25, found: #""a" a second time"#, expected: once)
  }

  @Test
  func `SAFE-3 names that look the same stay apart`() throws {
    let made = HandMade(
      #"{"\u00e0":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a\u0300":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, data: 3)
    let file = try made.open()
    #expect(file["\u{e0}"]?.shape == [1])
    #expect(file["a\u{300}"]?.shape == [2])
  }

  @Test(arguments: [
    (#"{"a":1}"#, "a", "an integer"), (#"{"a":null}"#, "a", "null"),
    (#"{"a":{}}"#, "a", "an object"),
    (#"{"a":["b"]}"#, "a", "an array"), (#""a""#, nil, "a string"), ("[]", nil, "an array"),
  ])
  func `SAFE-5 metadata that are no strings`(metadata: String, key: String?, found: String) {
    HandMade("{\"__metadata__\":\(metadata)}", data: 0).expectRefusal(
      at: key.map { "__metadata__, \(shown($0))" } ?? "__metadata__", found: found,
      expected: key == nil ? "an object of strings" : "a string")
  }
}
