import TestSupport
import Testing

@testable import FoxFiles

@Suite("The words of file and JSON errors")
struct BytesErrorTests {
  @Test(
    "files", .spec("FILE-3"),
    arguments: [
      (BytesError.fileMissing(path: "f"), "f: no such file"),
      (.notAFile(path: "f"), "f: is a folder, a device or a pipe, not a file"),
      (.unreadable(path: "f", reason: "Permission denied"), "f: cannot be read: Permission denied"),
      (
        .unwritable(path: "f", reason: "No space left on device"),
        "f: cannot be written: No space left on device"
      ),
    ])
  func files(error: BytesError, words: String) {
    #expect(error.description == words)
    #expect(error.in(path: "other") == error)
  }

  @Test(
    "JSON", .spec("JSON-8"),
    arguments: [
      (JSONProblem.unexpectedByte(0x78, expected: "a value"), "expected a value, found 'x'"),
      (.unexpectedByte(0x0A, expected: "':'"), "expected ':', found byte 0x0a"),
      (.unexpectedEnd(expected: "a value"), "expected a value, found the end of the text"),
      (.duplicateKey("a\n"), #"the name "a\n" appears twice in one object"#),
      (.tooDeep(limit: 127), "arrays and objects nest deeper than 127"),
      (.byteOrderMark, "the text begins with a byte-order mark; save it as UTF-8 without one"),
      (.invalidUTF8, "a string is not valid UTF-8"),
      (.loneSurrogate, "a \\u escape names half of a surrogate pair"),
      (.controlCharacter(0x1B), "byte 0x1b must be escaped in a string"),
      (.unknownEscape(0x78), "\\ is followed by 'x', which names no escape"),
      (.numberOutOfRange("1e400"), "the number 1e400 is out of range"),
      (.trailingBytes, "something follows the document"),
    ])
  func problems(problem: JSONProblem, words: String) {
    #expect(problem.description == words)
  }

  @Test("the place of a fault: byte, line and column in bytes", .spec("JSON-8"))
  func place() {
    let error = BytesError.json(
      path: nil, problem: .unexpectedByte(0x78, expected: "a value"),
      position: JSONPosition(offset: 11, line: 3, column: 4))
    #expect(throws: error) { try JSON.parse("[\n\"é\",\n1, x]".utf8) }
    #expect(
      error.in(path: "f.json").description
        == "f.json: not valid JSON at line 3, column 4 (byte 11): expected a value, found 'x'")
  }

  @Test("text from outside is escaped and cut", .spec("JSON-8"))
  func shownText() {
    #expect(shown("a\u{1B}[31m\"") == #""a\u{1B}[31m\"""#)
    #expect(shown(String(repeating: "x", count: 1000)).utf8.count < 90)
  }
}
