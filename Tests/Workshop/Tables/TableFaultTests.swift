import Foundation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxTables

@Suite("What is wrong with a table", .counted)
struct TableFaultTests {
  /// A file and the words it is refused with.
  struct Refusal: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var options = TableOptions()
    var column: String?
    let words: String
    var testDescription: String { words }

    init(
      _ name: String, _ text: String, options: TableOptions = TableOptions(), column: String? = nil,
      words: String
    ) {
      self.init(name, bytes: Array(text.utf8), options: options, column: column, words: words)
    }

    init(
      _ name: String, bytes: [UInt8], options: TableOptions = TableOptions(),
      column: String? = nil, words: String
    ) {
      (self.name, self.bytes, self.options) = (name, bytes, options)
      (self.column, self.words) = (column, words)
    }
  }

  static let refusals: [Refusal] = [
    .init(
      "t.csv", "", words: "t.csv: found nothing, expected a line with the names of the columns"),
    .init("t.jsonl", " \n\n", words: "t.jsonl: found nothing, expected an object a line"),
    .init(
      "t", "plain",
      words:
        "t: found neither a name nor a beginning that says what it holds, expected .json, .jsonl, "
        + ".csv, .tsv or .txt"
    ),
    .init(
      "t.csv", "a,b\n\n1,\"2\n3\"\n4,5,6\n",
      words: "t.csv, line 5: found 3 fields, expected 2, as the first line has"),
    .init(
      "t.txt", bytes: Array("\u{feff}a\nb\n".utf8) + [0xED, 0xA0, 0x80],
      words:
        "t.txt, line 3, byte 7: found a byte that is not UTF-8, expected UTF-8; save the file as "
        + "UTF-8"),
    .init(
      "t.txt", bytes: Array("a\n<S>\nb\n".utf8) + [0x80],
      options: .init(documentSeparator: "<S>"),
      words:
        "t.txt, line 4, byte 8: found a byte that is not UTF-8, expected UTF-8; save the file as "
        + "UTF-8"),
    .init(
      "t.jsonl", "{\"a\": 1}\n\n{\"a\": }\n",
      words: "t.jsonl, line 3, column 7 (byte 16): found '}', expected a value"),
    .init(
      "t.json", "{\"a\": 1}\n{\"a\": 1\n",
      words: "t.json, line 2, column 8 (byte 16): found the end of the text, "
        + "expected ',' or '}'"),
    .init(
      "t.json", "[\n{\"a\": 1},\n2, ]",
      words: "t.json, line 3, column 4 (byte 15): found ']', expected a value"),
    .init(
      "t.json", "",
      words: "t.json, line 1, column 1 (byte 0): found the end of the text, expected a value"),
    .init(
      "t.json", "[{\"a\": 1}, [2]]",
      words: "t.json, row 2: found an array, expected an object with the columns as members"),
    .init(
      "t.jsonl", "{\"a\": 1}\n\n3\n",
      words: "t.jsonl, line 3: found an integer, expected an object with the columns as members"),
    .init("t.json", "3", words: "t.json: found an integer, expected a list of objects"),
    .init(
      "t.json", "{\"x\": 3}", options: .init(field: "x"),
      words: "t.json, field \"x\": found an integer, expected a list of objects"),
    .init(
      "t.json", "{\"x\": 3, \"y\": 4}", options: .init(field: "data"),
      words: "t.json: found no field \"data\", expected \"x\", \"y\""),
    .init(
      "t.json", "[]", options: .init(field: "data"),
      words: "t.json: found no field \"data\", expected none (there are none)"),
    .init(
      "t.json", "{\"x\": [{}], \"y\": [], \"z\": [1]}",
      words: "t.json: found several lists, \"x\", \"y\", expected one; say which with field"),
    .init(
      "t.json", "{\"x\": [\"a\", \"b\"], \"y\": [1, 0]}",
      words: "t.json: found columns, \"x\", \"y\", expected rows, an object each; "
        + "write them in Python: frame.to_json(new, orient=\"records\")"),
    .init(
      "t.json", "{\"x\": {\"0\": \"a\"}, \"y\": {\"0\": 1}}",
      words: "t.json: found columns, \"x\", \"y\", expected rows, an object each; "
        + "write them in Python: frame.to_json(new, orient=\"records\")"),
    .init(
      "t.csv", "a,b\n1",
      words: "t.csv, line 2: found 1 field, expected 2, as the first line has"),
    .init(
      "t.csv", "a", options: .init(field: "x"),
      words: "field: found \"x\", expected none for a .csv"),
    .init(
      "t.csv", "a", options: .init(documentSeparator: "x"),
      words: "document_separator: found \"x\", expected none for a .csv"),
    .init(
      "t.txt", "a", options: .init(documentSeparator: ""),
      words: "document_separator: found \"\", expected the text of one line"),
    .init(
      "t.csv", (1...12).map { "c\($0)" }.joined(separator: ","), column: "story",
      words: "t.csv: found no column \"story\", expected \"c1\", \"c2\", \"c3\", \"c4\", \"c5\", "
        + "\"c6\", \"c7\", \"c8\", \"c9\", \"c10\" and 2 more"),
    .init(
      "t.json", "[]", column: "a",
      words: "t.json: found no column \"a\", expected none (there are none)"),
    .init(
      "t.json", "[{\"a\": \"x\"}, {\"a\": null}]", column: "a",
      words: "t.json, row 2, column \"a\": found null, expected a text"),
    .init(
      "t.jsonl", "{\"a\": \"x\"}\n\n{\"a\": 2.5}", column: "a",
      words: "t.jsonl, line 3, column \"a\": found 2.5, expected a text"),
  ]

  @Test(arguments: refusals)
  func `FAIL-1 FAIL-2 DATA-1 DATA-2 DATA-7 in words, for every refused file`(refusal: Refusal) {
    do {
      let table = try Table.read(refusal.bytes, name: refusal.name, options: refusal.options)
      _ = try table.texts(column: refusal.column ?? "")
      Issue.record("\(refusal.name) was read")
    } catch {
      #expect("\(error)" == refusal.words)
    }
  }

  @Test
  func `DATA-1 DATA-2 DATA-3 hostile files end in an error or a table`() throws {
    let emoji = String(repeating: "🦊", count: 250_000)
    let sparse = "[" + (0..<20_000).map { "{\"k\($0)\": 1}" }.joined(separator: ",") + "]"
    #expect(
      throws: Fault(
        "t.json", found: "20000 rows with 20000 different columns",
        expected: "rows that share their columns", hint: "almost all cells would be empty")
    ) {
      try Table.of(sparse, name: "t.json")
    }
    for name in ["t.txt", "t.csv", "t.tsv"] {
      #expect(try Table.of(emoji, name: name).columns.count == 1)
    }
    #expect(throws: (any Error).self) { try Table.of(emoji, name: "t.json") }
    #expect(throws: (any Error).self) {
      try Table.of(String(repeating: "[", count: 1_000_000), name: "t.json")
    }
    let wide = String(repeating: ",", count: 1_000_000)
    #expect(
      throws: Fault("t.csv", found: "two columns named \"\"", expected: "different names")
    ) {
      try Table.of(wide, name: "t.csv")
    }
    let quotes = String(repeating: "\"", count: 1_000_001)
    #expect(
      throws: Fault(
        "t.csv", at: "line 1", found: "a quoted field that never ends", expected: "a closing quote")
    ) {
      try Table.of(quotes, name: "t.csv")
    }
    for path in ["/nowhere", "/tmp", "/dev/null"] {
      #expect(throws: (any Error).self) { try Table.read(path: path) }
    }
    for seed in 0..<200 {
      var (bytes, state) = ([UInt8](), UInt32(seed) &+ 1)
      for _ in 0..<64 {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes.append(
          [0x22, 0x2C, 0x0A, 0x0D, 0x7B, 0x7D, 0x09, UInt8(state >> 24)][Int(state >> 29)])
      }
      for format in TableFormat.allCases {
        _ = try? Table.read(bytes, name: "t", options: .init(format: format))
      }
    }
  }
}
