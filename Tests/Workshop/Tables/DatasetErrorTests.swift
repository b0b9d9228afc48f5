import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxTables

@Suite("DatasetError")
struct DatasetErrorTests {
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
    .init("t.csv", "", words: "t.csv is empty"),
    .init("t.jsonl", " \n\n", words: "t.jsonl is empty"),
    .init(
      "t", "plain",
      words:
        "t: neither its name (.json, .jsonl, .csv, .tsv, .txt) nor its beginning says what it holds"
    ),
    .init(
      "t.csv", "a,b\n\n1,\"2\n3\"\n4,5,6\n",
      words: "t.csv, line 5: has 3 fields, the header has 2"),
    .init("t.tsv", "a\tb\n1\t2\n3", words: "t.tsv, line 3: has 1 fields, the header has 2"),
    .init(
      "t.csv", "a,b\n1,\"2\n3,4\n5,6\n",
      words: "t.csv, line 2: a quoted field begins here and never ends"),
    .init(
      "t.csv", "a,b\n1,\"2\" ,3\n",
      words: "t.csv, line 2: something follows a closing quote; a quote in a field is doubled"),
    .init("t.csv", "a,\u{1B},a\n", words: "t.csv: two columns are named \"a\""),
    .init(
      "t.csv", bytes: Array("é,b\r\n1,2\r\n\"3\"\",\n".utf8) + [0xC3, 0x28],
      words: "t.csv, line 3: a quoted field begins here and never ends"),
    .init(
      "t.csv", bytes: Array("é,b\r\n1,2\r\n\"3\"\",\n".utf8) + [0xC3, 0x28, 0x22, 0x0A],
      words: "t.csv, line 4: is not valid UTF-8 (first wrong byte at offset 17)"),
    .init(
      "t.tsv", bytes: Array("a\tb\n1\t".utf8) + [0xFF],
      words: "t.tsv, line 2: is not valid UTF-8 (first wrong byte at offset 6)"),
    .init(
      "t.txt", bytes: Array("\u{feff}a\nb\n".utf8) + [0xED, 0xA0, 0x80],
      words: "t.txt, line 3: is not valid UTF-8 (first wrong byte at offset 7)"),
    .init(
      "t.txt", bytes: Array("a\n<S>\nb\n".utf8) + [0x80],
      options: .init(documentSeparator: "<S>"),
      words: "t.txt, line 4: is not valid UTF-8 (first wrong byte at offset 8)"),
    .init(
      "t.jsonl", "{\"a\": 1}\n\n{\"a\": }\n",
      words: "t.jsonl: not valid JSON at line 3, column 7 (byte 16): expected a value, found '}'"),
    .init(
      "t.json", "{\"a\": 1}\n{\"a\": 1\n",
      words: "t.json: not valid JSON at line 2, column 8 (byte 16): expected ',' or '}', found the "
        + "end of the text"),
    .init(
      "t.json", "[\n{\"a\": 1},\n2, ]",
      words: "t.json: not valid JSON at line 3, column 4 (byte 15): expected a value, found ']'"),
    .init(
      "t.json", "",
      words: "t.json: not valid JSON at line 1, column 1 (byte 0): expected a "
        + "value, found the end of the text"),
    .init(
      "t.json", "[{\"a\": 1}, [2]]",
      words: "t.json, row 2: is an array; expected an object with the columns as members"),
    .init(
      "t.jsonl", "{\"a\": 1}\n\n3\n",
      words: "t.jsonl, line 3: is an integer; expected an object with the columns as members"),
    .init("t.json", "3", words: "t.json: the document is an integer; expected a list of objects"),
    .init(
      "t.json", "{\"x\": 3}", options: .init(field: "x"),
      words: "t.json: the field \"x\" is an integer; expected a list of objects"),
    .init(
      "t.json", "{\"x\": 3, \"y\": 4}", options: .init(field: "data"),
      words: "t.json: has no field \"data\"; it has \"x\", \"y\""),
    .init(
      "t.json", "[]", options: .init(field: "data"),
      words: "t.json: has no field \"data\"; it has none"),
    .init(
      "t.json", "{\"x\": [{}], \"y\": [], \"z\": [1]}",
      words: "t.json: has several lists, \"x\", \"y\"; say which with field"),
    .init(
      "t.csv", "a", options: .init(field: "x"),
      words: "field is \"x\"; expected none for a .csv"),
    .init(
      "t.csv", "a", options: .init(documentSeparator: "x"),
      words: "document_separator is \"x\"; expected none for a .csv"),
    .init(
      "t.txt", "a", options: .init(documentSeparator: ""),
      words: "document_separator is \"\"; expected the text of one line"),
    .init(
      "t.csv", (1...12).map { "c\($0)" }.joined(separator: ","), column: "story",
      words: "t.csv: has no column \"story\"; it has \"c1\", \"c2\", \"c3\", \"c4\", \"c5\", "
        + "\"c6\", \"c7\", \"c8\", \"c9\", \"c10\" and 2 more"),
    .init("t.json", "[]", column: "a", words: "t.json: has no column \"a\"; it has none"),
    .init(
      "t.json", "[{\"a\": \"x\"}, {\"a\": null}]", column: "a",
      words: "t.json, row 2: \"a\" is null; expected a text"),
    .init(
      "t.jsonl", "{\"a\": \"x\"}\n\n{\"a\": 2.5}", column: "a",
      words: "t.jsonl, line 3: \"a\" is 2.5; expected a text"),
  ]

  @Test(
    "has words for every file it refuses", .spec("FAIL-1", "DATA-1", "DATA-7"),
    arguments: refusals)
  func words(refusal: Refusal) {
    do throws(DatasetError) {
      let table = try Table.of(
        bytes: refusal.bytes, name: refusal.name, options: refusal.options)
      _ = try table.texts(column: refusal.column ?? "")
      Issue.record("\(refusal.name) was read")
    } catch {
      #expect(error.description == refusal.words)
    }
  }

  @Test("has words for every case", .spec("FAIL-1", "DATA-2", "DATA-10"))
  func otherWords() {
    let short = ShortBlock(block: 0, length: 7, rows: 1000..<1003)
    let cases: [(DatasetError, String)] = [
      (.empty("x"), "x is empty"),
      (.encoder("x"), "x"),
      (.noColumn(path: "t", name: nil, columns: []), "t: has no columns"),
      (
        .sparse(path: "t", rows: 3, columns: 9),
        "t: 3 rows have 9 different columns; almost all cells would be empty"
      ),
      (
        .shortBlock(name: "t", block: short, blockSize: 256),
        "t: texts 1001 to 1003 have only 7 tokens in all, fewer than a block of 256; give a smaller "
          + "block_size or more text"
      ),
      (
        .option(name: "holdout_every", value: "1", expected: "at least 2"),
        "holdout_every is 1; expected at least 2"
      ),
      (.file(.fileMissing(path: "t")), "t: found nothing, expected a file"),
    ]
    for (error, words) in cases { #expect(error.description == words) }
  }

  @Test("hostile files end in an error or a table", .spec("DATA-1", "DATA-2", "DATA-3"))
  func hostile() throws {
    let emoji = String(repeating: "🦊", count: 250_000)
    let sparse = "[" + (0..<20_000).map { "{\"k\($0)\": 1}" }.joined(separator: ",") + "]"
    #expect(throws: DatasetError.sparse(path: "t.json", rows: 20_000, columns: 20_000)) {
      try Table.of(sparse, name: "t.json")
    }
    for name in ["t.txt", "t.csv", "t.tsv"] {
      #expect(try Table.of(emoji, name: name).columns.count == 1)
    }
    #expect(throws: DatasetError.self) { try Table.of(emoji, name: "t.json") }
    #expect(throws: DatasetError.self) {
      try Table.of(String(repeating: "[", count: 1_000_000), name: "t.json")
    }
    let wide = String(repeating: ",", count: 1_000_000)
    #expect(throws: DatasetError.duplicateColumn(path: "t.csv", name: "")) {
      try Table.of(wide, name: "t.csv")
    }
    let quotes = String(repeating: "\"", count: 1_000_001)
    #expect(throws: DatasetError.openQuote(path: "t.csv", line: 1)) {
      try Table.of(quotes, name: "t.csv")
    }
    for path in ["/nowhere", "/tmp", "/dev/null"] {
      #expect(throws: DatasetError.self) { try Table.read(path: path) }
    }
    for seed in 0..<200 {
      var (bytes, state) = ([UInt8](), UInt32(seed) &+ 1)
      for _ in 0..<64 {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes.append(
          [0x22, 0x2C, 0x0A, 0x0D, 0x7B, 0x7D, 0x09, UInt8(state >> 24)][Int(state >> 29)])
      }
      for format in TableFormat.allCases {
        _ = try? Table.of(bytes: bytes, name: "t", options: .init(format: format))
      }
    }
  }
}
