import Foundation
import TestSupport
import Testing

@testable import FoxFiles

@Suite("Reading JSON")
struct JSONParserTests {
  @Test(
    "one document, white space around it", .spec("JSON-1"),
    arguments: [
      "{}", " [] ", "\n\t\r 1 \n", "\"a\"", "null", "true", "false",
    ])
  func documents(text: String) throws {
    #expect(throws: Never.self) { try JSON.parse(text.utf8) }
  }

  @Test(
    "what is no JSON, and where", .spec("JSON-1"),
    arguments: [
      ("", JSONProblem.unexpectedEnd(expected: "a value"), 0),
      ("  ", .unexpectedEnd(expected: "a value"), 2),
      ("\u{FEFF}{}", .byteOrderMark, 0),
      ("{} {}", .trailingBytes, 3), ("1\0", .trailingBytes, 1),
      ("\0", .unexpectedByte(0, expected: "a value"), 0),
      ("[1,]", .unexpectedByte(0x5D, expected: "a value"), 3),
      ("[1 2]", .unexpectedByte(0x32, expected: "',' or ']'"), 3),
      ("[", .unexpectedEnd(expected: "a value"), 1),
      ("[1", .unexpectedEnd(expected: "',' or ']'"), 2),
      (#"{"a"}"#, .unexpectedByte(0x7D, expected: "':'"), 4),
      (#"{"a":1,}"#, .unexpectedByte(0x7D, expected: "a member name"), 7),
      (#"{"a":1;"#, .unexpectedByte(0x3B, expected: "',' or '}'"), 6),
      ("{a:1}", .unexpectedByte(0x61, expected: "a member name"), 1),
      ("nul", .unexpectedEnd(expected: "'null'"), 3),
      ("nulL", .unexpectedByte(0x4C, expected: "'null'"), 3),
      ("NaN", .unexpectedByte(0x4E, expected: "a value"), 0),
      ("Infinity", .unexpectedByte(0x49, expected: "a value"), 0),
      ("// a\n1", .unexpectedByte(0x2F, expected: "a value"), 0),
      ("'a'", .unexpectedByte(0x27, expected: "a value"), 0),
    ])
  func faults(text: String, problem: JSONProblem, offset: Int) {
    expectFault(Array(text.utf8), problem, at: offset)
  }

  @Test("members keep their order; names are unique by bytes", .spec("JSON-2"))
  func order() throws {
    let document = try JSON.parse(#"{"b":1,"a":2,"c":{"b":3}}"#.utf8)
    #expect(document.object?.members.map(\.key) == ["b", "a", "c"])
    expectFault(Array(#"{"a":1,"b":2,"a":3}"#.utf8), .duplicateKey("a"), at: 13)
    expectFault(Array(#"{"a":1,"\u0061":3}"#.utf8), .duplicateKey("a"), at: 7)
  }

  @Test("a name repeated among thousands", .spec("JSON-2"), arguments: [7, 8, 9, 5_000])
  func manyNames(count: Int) {
    let members = (0..<count).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
    #expect(throws: Never.self) { try JSON.parse("{\(members)}".utf8) }
    let repeated = Array("{\(members),\"n3\":0}".utf8)
    expectFault(repeated, .duplicateKey("n3"), at: members.utf8.count + 2)
  }

  @Test("canonically equivalent names are two names", .spec("JSON-2"))
  func equivalents() throws {
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

  @Test("depth up to 127", .spec("JSON-3"), arguments: ["[", "{\"a\":"])
  func depth(opening: String) throws {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ depth: Int) -> [UInt8] {
      let open = String(repeating: opening, count: depth - 1)
      let inner = opening == "[" ? "[]" : "{}"
      return Array((open + inner + String(repeating: closing, count: depth - 1)).utf8)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(127)) }
    let offset = 127 * opening.utf8.count
    expectFault(nested(128), .tooDeep(limit: 127), at: offset)
    expectFault(nested(100_000), .tooDeep(limit: 127), at: offset)
    let wide = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
    #expect(throws: Never.self) { try JSON.parse(wide.utf8) }
  }

  @Test(
    "strings", .spec("JSON-4"),
    arguments: [
      (#""""#, ""), (#""a/b""#, "a/b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83e\udd8a""#, "🦊"), (#""x\uD83E\uDD8Ay""#, "x🦊y"),
      ("\"🦊\u{7F}\u{2028}\"", "🦊\u{7F}\u{2028}"), (#""\u0000""#, "\0"),
      ("\"\u{FEFF}#\"", "\u{FEFF}#"),
      (#""\ufeff""#, "\u{FEFF}"),
    ])
  func strings(text: String, value: String) throws {
    let string = try #require(try JSON.parse(text.utf8).string)
    #expect(Array(string.utf8) == Array(value.utf8))
  }

  @Test(
    "what is no string", .spec("JSON-4"),
    arguments: [
      (#""\ud800""#, JSONProblem.loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
      (#""\ud800\ud800""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
      (#""\ud800x""#, .loneSurrogate, 1), ("\"a\nb\"", .controlCharacter(0x0A), 2),
      ("\"\0\"", .controlCharacter(0), 1), (#""\x41""#, .unknownEscape(0x78), 2),
      (#""\u12g4""#, .unexpectedByte(0x67, expected: "a hexadecimal digit"), 5),
      (#""\u12"#, .unexpectedEnd(expected: "a hexadecimal digit"), 5),
      (#""abc"#, .unexpectedEnd(expected: "'\"'"), 4),
      (#""a\"#, .unexpectedEnd(expected: "an escape"), 3),
      (#""a\n"#, .unexpectedEnd(expected: "'\"'"), 4),
    ])
  func badStrings(text: String, problem: JSONProblem, offset: Int) {
    expectFault(Array(text.utf8), problem, at: offset)
  }

  @Test(
    "bytes that are not UTF-8", .spec("JSON-4"),
    arguments: [
      [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80],
    ])
  func notUTF8(bytes: [UInt8]) {
    expectFault([0x22] + bytes + [0x22], .invalidUTF8, at: 1)
    expectFault([0x22, 0x5C, 0x6E] + bytes + [0x22], .invalidUTF8, at: 1)
  }

  @Test(
    "integers of 64 bits are exact", .spec("JSON-6"),
    arguments: [
      ("0", 0), ("7", 7), ("-1", -1), ("9223372036854775807", Int.max),
      ("-9223372036854775808", .min), ("999999999999999999", 999_999_999_999_999_999),
      ("9007199254740993", 9_007_199_254_740_993),
    ])
  func integers(text: String, value: Int) throws {
    #expect(try JSON.parse(text.utf8) == .integer(value))
  }

  @Test(
    "other numbers are the nearest Double", .spec("JSON-6"),
    arguments: [
      ("-0", -0.0), ("0.1", 0.1), ("1e2", 100), ("1E+2", 100), ("-2.5e-3", -0.0025), ("1.0", 1),
      ("9223372036854775808", 0x1p63), ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
    ])
  func doubles(text: String, value: Double) throws {
    guard case .number(let read) = try JSON.parse(text.utf8) else {
      Issue.record("\(text) is no Double")
      return
    }
    #expect(read.bitPattern == value.bitPattern)
  }

  @Test(
    "what is no number", .spec("JSON-6"),
    arguments: [
      ("01", JSONProblem.unexpectedByte(0x31, expected: "'.', 'e' or the end of the number"), 1),
      ("-", .unexpectedEnd(expected: "a digit"), 1),
      ("+1", .unexpectedByte(0x2B, expected: "a value"), 0),
      (".5", .unexpectedByte(0x2E, expected: "a value"), 0),
      ("1.", .unexpectedEnd(expected: "a digit after '.'"), 2),
      ("1.e2", .unexpectedByte(0x65, expected: "a digit after '.'"), 2),
      ("1e", .unexpectedEnd(expected: "a digit in the exponent"), 2), ("0x10", .trailingBytes, 1),
      ("1e400", .numberOutOfRange("1e400"), 0), ("-1e400", .numberOutOfRange("-1e400"), 0),
    ])
  func badNumbers(text: String, problem: JSONProblem, offset: Int) {
    expectFault(Array(text.utf8), problem, at: offset)
  }

  @Test("any bytes: a document or a typed error", .spec("JSON-1"))
  func anyBytes() {
    let alphabet =
      Array(#"{}[]",:0123456789.-+eE\u/bfnrtls a"#.utf8) + [0x00, 0x1F, 0xC3, 0xA9, 0xFF]
    var state: UInt64 = 3
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<20_000 {
      let text = (0..<next(24)).map { _ in alphabet[next(alphabet.count)] }
      if let document = try? JSON.parse(text) {
        #expect((try? JSON.parse(document.text().utf8)) == document)
      }
    }
  }

  private func expectFault(
    _ bytes: [UInt8], _ problem: JSONProblem, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(sourceLocation: sourceLocation) {
      try JSON.parse(bytes)
    } throws: { error in
      guard case BytesError.json(nil, problem, let position) = error else { return false }
      return position.offset == offset
    }
  }
}
