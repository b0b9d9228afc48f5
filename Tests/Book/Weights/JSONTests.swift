import Foundation
import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

private let once = "every name once in an object"
private let levels = "128 levels of arrays and objects"
private let escaped = "control characters in a string to be escaped"
private let escapes = #"one of " \ / b f n r t u after a backslash"#

@Suite("Reading JSON", .counted)
struct JSONTests {
  @Test
  func `JSON-1 JSON-2 JSON-6 a configuration, by hand`() throws {
    let document = try JSON.parse(
      #"{"n_head": 12, "eps": 1e-5, "tied": true, "end": [50256]}"#.utf8)
    #expect(document["n_head"]?.integer == 12)
    #expect(document["n_head"]?.double == 12)
    #expect(document["eps"]?.double == 0.00001)
    #expect(document["eps"]?.integer == nil)
    #expect(document["tied"]?.bool == true)
    #expect(document["end"]?.array?.first?.integer == 50256)
    #expect(document["n_layer"] == nil)
    #expect(document.object?.members.map(\.key) == ["n_head", "eps", "tied", "end"])
  }

  @Test
  func `JSON-8 the place of a fault: line and column in bytes, and the byte`() {
    expectFault(
      "f.json", at: "line 3, column 4 (byte 11)", found: "'x'", expected: "a value"
    ) { try JSON.parse("[\n\"é\",\n1, x]".utf8, in: "f.json") }
    // A part of a text has its faults where they are in the whole.
    expectFault("JSON", at: "line 2, column 3 (byte 5)", found: "'x'", expected: "a value") {
      try Array("{}\n [x]".utf8).withUnsafeBytes { try JSON.parse($0, part: 3..<7) }
    }
  }

  @Test
  func `JSON-8 text from outside is quoted, escaped and cut`() {
    #expect(shown("a\u{1B}[31m\"") == #""a\u{1B}[31m\"""#)
    #expect(shown(String(repeating: "x", count: 1000)).utf8.count < 90)
    #expect(shown((0..<9).map { "\($0)" }) == #""0", "1", "2", "3", "4", "5" and 3 more"#)
    #expect(shown(Array(repeating: 1, count: 9)) == "[1, 1, 1, 1, 1, 1, 1, 1, …]")
    #expect(shown([1, 2]) == "[1, 2]")
    #expect(hexadecimal(UInt32(0xABC)) == "00000abc")
  }
  @Test(arguments: [
    "{}", " [] ", "\n\t\r 1 \n", "\"a\"", "null", "true", "false",
  ])
  func `JSON-1 one document, white space around it`(text: String) throws {
    #expect(throws: Never.self) { try JSON.parse(text.utf8) }
  }

  @Test(arguments: [
    ("", "the end of the text", "a value", 0),
    ("  ", "the end of the text", "a value", 2),
    ("\u{FEFF}{}", "a byte-order mark", "a value", 0),
    ("{} {}", "'{'", "the end of the text", 3),
    ("1\0", "byte 0x00", "the end of the text", 1),
    ("\0", "byte 0x00", "a value", 0),
    ("[1,]", "']'", "a value", 3),
    ("[1 2]", "'2'", "',' or ']'", 3),
    ("[", "the end of the text", "a value", 1),
    ("[1", "the end of the text", "',' or ']'", 2),
    (#"{"a"}"#, "'}'", "':'", 4),
    (#"{"a":1,}"#, "'}'", "a member name", 7),
    (#"{"a":1;"#, "';'", "',' or '}'", 6),
    ("{a:1}", "'a'", "a member name", 1),
    ("nul", "the end of the text", "'null'", 3),
    ("nulL", "'L'", "'null'", 3),
    ("NaN", "'N'", "a value", 0),
    ("Infinity", "'I'", "a value", 0),
    ("// a\n1", "'/'", "a value", 0),
    ("'a'", "'''", "a value", 0),
  ])
  func `JSON-1 what is no JSON, and where`(
    text: String, found: String, expected: String, offset: Int
  ) {
    expectRefusal(Array(text.utf8), found, expected, at: offset)
  }

  @Test
  func `JSON-2 members keep their order; names are unique by bytes`() throws {
    let document = try JSON.parse(#"{"b":1,"a":2,"c":{"b":3}}"#.utf8)
    #expect(document.object?.members.map(\.key) == ["b", "a", "c"])
    expectRefusal(Array(#"{"a":1,"b":2,"a":3}"#.utf8), #""a" a second time"#, once, at: 13)
    expectRefusal(Array(#"{"a":1,"\u0061":3}"#.utf8), #""a" a second time"#, once, at: 7)
  }

  @Test(arguments: [7, 8, 9, 5_000])
  func `JSON-2 a name repeated among thousands`(count: Int) {
    let members = (0..<count).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
    #expect(throws: Never.self) { try JSON.parse("{\(members)}".utf8) }
    let repeated = Array("{\(members),\"n3\":0}".utf8)
    expectRefusal(repeated, #""n3" a second time"#, once, at: members.utf8.count + 2)
  }

  @Test
  func `JSON-2 canonically equivalent names are two names`() throws {
    let pairs = [("\u{e0}", "a\u{300}"), ("\u{212B}", "\u{c5}"), ("\u{1EA5}", "\u{e2}\u{301}")]
    for (one, other) in pairs {
      #expect(one == other, "Swift's String holds these to be equal")
      let document = try JSON.parse("{\"\(one)\":1,\"\(other)\":2}".utf8)
      #expect(document[one] == 1)
      #expect(document[other] == 2)
      #expect(document != (try JSON.parse("{\"\(other)\":1,\"\(one)\":2}".utf8)))
      #expect(Set([UTF8Key(one), UTF8Key(other)]).count == 2)
      #expect(JSON.string(one) == .string(one))
    }
    #expect(UTF8Key("") == UTF8Key("") && UTF8Key("a") != UTF8Key(""))
    #expect(UTF8Key.precedes("Z", "a") && UTF8Key.precedes("z", "\u{e0}"))
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `JSON-3 depth up to 127`(opening: String) throws {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ depth: Int) -> [UInt8] {
      let open = String(repeating: opening, count: depth - 1)
      let inner = opening == "[" ? "[]" : "{}"
      return Array((open + inner + String(repeating: closing, count: depth - 1)).utf8)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(127)) }
    let offset = 127 * opening.utf8.count
    expectRefusal(nested(128), levels, "at most 127", at: offset)
    expectRefusal(nested(100_000), levels, "at most 127", at: offset)
    let wide = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
    #expect(throws: Never.self) { try JSON.parse(wide.utf8) }
  }

  @Test(arguments: [
    (#""""#, ""), (#""a/b""#, "a/b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83e\udd8a""#, "🦊"), (#""x\uD83E\uDD8Ay""#, "x🦊y"),
    ("\"🦊\u{7F}\u{2028}\"", "🦊\u{7F}\u{2028}"), (#""\u0000""#, "\0"),
    ("\"\u{FEFF}#\"", "\u{FEFF}#"),
    (#""\ufeff""#, "\u{FEFF}"),
  ])
  func `JSON-4 strings`(text: String, value: String) throws {
    let string = try #require(try JSON.parse(text.utf8).string)
    #expect(Array(string.utf8) == Array(value.utf8))
  }

  @Test(arguments: [
    (#""\ud800""#, "half of a surrogate pair", "both halves", 1),
    (#""\udc00""#, "half of a surrogate pair", "both halves", 1),
    (#""\ud800\ud800""#, "half of a surrogate pair", "both halves", 1),
    (#""\ud800\n""#, "half of a surrogate pair", "both halves", 1),
    (#""\ud800x""#, "half of a surrogate pair", "both halves", 1),
    ("\"a\nb\"", "byte 0x0a", escaped, 2),
    ("\"\0\"", "byte 0x00", escaped, 1), (#""\x41""#, "'x'", escapes, 2),
    (#""\u12g4""#, "'g'", "a hexadecimal digit", 5),
    (#""\u12"#, "the end of the text", "a hexadecimal digit", 5),
    (#""abc"#, "the end of the text", "'\"'", 4),
    (#""a\"#, "the end of the text", escapes, 3),
    (#""a\n"#, "the end of the text", "'\"'", 4),
  ])
  func `JSON-4 what is no string`(text: String, found: String, expected: String, offset: Int) {
    expectRefusal(Array(text.utf8), found, expected, at: offset)
  }

  @Test(arguments: [
    [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80],
  ])
  func `JSON-4 bytes that are not UTF-8`(bytes: [UInt8]) {
    expectRefusal([0x22] + bytes + [0x22], "bytes that are not UTF-8", "a string of UTF-8", at: 1)
    expectRefusal(
      [0x22, 0x5C, 0x6E] + bytes + [0x22], "bytes that are not UTF-8", "a string of UTF-8", at: 1)
  }

  @Test(arguments: [
    ("0", 0), ("7", 7), ("-1", -1), ("9223372036854775807", Int.max),
    ("-9223372036854775808", .min), ("999999999999999999", 999_999_999_999_999_999),
    ("9007199254740993", 9_007_199_254_740_993),
  ])
  func `JSON-6 integers of 64 bits are exact`(text: String, value: Int) throws {
    #expect(try JSON.parse(text.utf8) == .integer(value))
  }

  @Test(arguments: [
    ("-0", -0.0), ("0.1", 0.1), ("1e2", 100), ("1E+2", 100), ("-2.5e-3", -0.0025), ("1.0", 1),
    ("9223372036854775808", 0x1p63), ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0),
    ("1.7976931348623157e308", .greatestFiniteMagnitude),
    ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
  ])
  func `JSON-6 other numbers are the nearest Double`(text: String, value: Double) throws {
    guard case .number(let read) = try JSON.parse(text.utf8) else {
      Issue.record("\(text) is no Double")
      return
    }
    #expect(read.bitPattern == value.bitPattern)
  }

  @Test(arguments: [
    ("01", "'1'", "'.', 'e' or the end of the number", 1),
    ("-", "the end of the text", "a digit", 1),
    ("+1", "'+'", "a value", 0),
    (".5", "'.'", "a value", 0),
    ("1.", "the end of the text", "a digit after '.'", 2),
    ("1.e2", "'e'", "a digit after '.'", 2),
    ("1e", "the end of the text", "a digit in the exponent", 2),
    ("0x10", "'x'", "the end of the text", 1),
    ("1e400", "1e400", "a number that a Double holds", 0),
    ("-1e400", "-1e400", "a number that a Double holds", 0),
  ])
  func `JSON-6 what is no number`(text: String, found: String, expected: String, offset: Int) {
    expectRefusal(Array(text.utf8), found, expected, at: offset)
  }

  @Test
  func `JSON-1 any bytes: a document or a typed error`() {
    let alphabet =
      Array(#"{}[]",:0123456789.-+eE\u/bfnrtls a"#.utf8) + [0x00, 0x1F, 0xC3, 0xA9, 0xFF]
    var random = SplitMix(state: 3)
    func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    for _ in 0..<20_000 {
      let text = (0..<next(24)).map { _ in alphabet[next(alphabet.count)] }
      if let document = try? JSON.parse(text) {
        #expect((try? JSON.parse(document.text().utf8)) == document)
      }
    }
  }

  @Test(arguments: [
    ("null", "null"), ("true", "a boolean"), ("1", "an integer"), ("1.5", "a number"),
    ("\"\"", "a string"), ("[]", "an array"), ("{}", "an object"),
  ])
  func `JSON-8 values tell what they are`(text: String, kind: String) throws {
    let value = try JSON.parse(text.utf8)
    #expect(value.kind == kind)
    #expect((value.object != nil) == (kind == "an object"))
    #expect((value.array != nil) == (kind == "an array"))
    #expect((value.string != nil) == (kind == "a string"))
    #expect((value.integer != nil) == (kind == "an integer"))
    #expect((value.double != nil) == (kind == "an integer" || kind == "a number"))
    #expect((value.bool != nil) == (kind == "a boolean"))
    #expect(value.isNull == (kind == "null"))
  }

  private func expectRefusal(
    _ bytes: [UInt8], _ found: String, _ expected: String, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let fault = fault(sourceLocation: sourceLocation) { try JSON.parse(bytes) }
    #expect(fault?.subject == "JSON", sourceLocation: sourceLocation)
    #expect(fault?.place?.hasSuffix("(byte \(offset))") == true, sourceLocation: sourceLocation)
    #expect(fault?.found == found, sourceLocation: sourceLocation)
    #expect(fault?.expected == expected, sourceLocation: sourceLocation)
  }
}
