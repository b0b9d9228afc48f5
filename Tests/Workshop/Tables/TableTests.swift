import FoxFiles
import TestSupport
import Testing

@testable import FoxTables

extension Table {
  /// The table of a text, as if it were a file of that name.
  static func of(
    _ text: String, name: String, options: TableOptions = TableOptions()
  ) throws(DatasetError) -> Table {
    try of(bytes: Array(text.utf8), name: name, options: options)
  }

  static func of(
    bytes: [UInt8], name: String, options: TableOptions = TableOptions()
  ) throws(DatasetError) -> Table {
    let result: Result<Table, DatasetError> = bytes.withUnsafeBytes { bytes in
      Result { () throws(DatasetError) in try read(bytes, name: name, options: options) }
    }
    return try result.get()
  }

  var rows: [[JSON]] { (0..<count).map { row in columns.indices.map { self[row, $0] } } }
}

@Suite("Tables against Python")
struct TableTests {
  private func golden(_ key: String) throws -> [JSON] {
    try Golden.json("datasets/tables.json").required(key).array ?? []
  }

  @Test("CSV and TSV", .spec("DATA-1", "DATA-3", "DATA-4"), arguments: ["csv", "tsv"])
  func delimited(format: String) throws {
    var (tables, errors) = (0, 0)
    for row in try golden("tables") {
      let text = try row.required("text").string ?? ""
      let expected = try row.required(format)
      let shown = "\(format) \(text.debugDescription)"
      do throws(DatasetError) {
        let table = try Table.of(text, name: "t.\(format)")
        tables += 1
        #expect(table.columns == expected["columns"]?.array?.compactMap(\.string), "\(shown)")
        #expect(table.rows == expected["rows"]?.array?.compactMap(\.array), "\(shown)")
        let lines = (0..<table.count).map { table.place(ofRow: $0) }
        #expect(lines == expected["lines"]?.array?.compactMap(\.integer).map { .line($0) })
      } catch {
        errors += 1
        switch error {
        case .empty: #expect(expected["error"]?.string == "empty", "\(shown)")
        case .openQuote: #expect(expected["error"]?.string == "open quote", "\(shown)")
        case .textAfterQuote: #expect(expected["error"]?.string == "text after quote", "\(shown)")
        case .duplicateColumn: #expect(expected["error"]?.string == "duplicate column", "\(shown)")
        case .fieldCount(_, let line, let found, let names):
          #expect(expected["line"]?.integer == line, "\(shown)")
          #expect(expected["found"]?.integer == found && expected["expected"]?.integer == names)
        default: Issue.record("\(shown): \(error)")
        }
      }
    }
    #expect(tables > 40 && errors > 40)
  }

  @Test("text: lines, with and without their breaks", .spec("DATA-5"))
  func lines() throws {
    for row in try golden("lines") {
      let text = try row.required("text").string ?? ""
      for (key, keeps) in [("kept", true), ("stripped", false)] {
        let table = try Table.of(text, name: "t.txt", options: .init(keepsLineBreaks: keeps))
        #expect(table.columns == ["text"])
        #expect(try table.column("text") == row[key]?.array, "\(key) \(text.debugDescription)")
      }
    }
  }

  @Test("text: documents", .spec("DATA-6"))
  func documents() throws {
    for row in try golden("documents") {
      let text = try row.required("text").string ?? ""
      let expected = try row.required("documents").array
      let options = TableOptions(documentSeparator: "<S>")
      #expect(try Table.of(text, name: "t.txt", options: options).column("text") == expected)
      let windows = text.replacing("\n", with: "\r\n")
      #expect(try Table.of(windows, name: "t.txt", options: options).column("text") == expected)
    }
    let edges = try Table.of(
      "<S>\n\n<S>\na\n<S>\n<S>", name: "t.txt", options: .init(documentSeparator: "<S>"))
    #expect(edges.rows == [["a<S>"]])
    #expect(edges.place(ofRow: 0) == .line(4))
  }

  @Test("JSON in each of its shapes", .spec("DATA-2"))
  func json() throws {
    for row in try golden("json") {
      let options = TableOptions(field: row["field"]?.string)
      let table = try Table.of(
        row.required("text").string ?? "", name: "t.json", options: options)
      let name = row["name"]?.string ?? ""
      #expect(table.columns == row["columns"]?.array?.compactMap(\.string), "\(name)")
      #expect(table.rows == row["rows"]?.array?.compactMap(\.array), "\(name)")
    }
    #expect(try Table.of("{\"data\": []}", name: "t.json").count == 0)
    let composed = try Table.of("[{\"\u{e0}\": 1, \"a\u{300}\": 2}]", name: "t.json")
    #expect(composed.columns.count == 2)
    let nested = try Table.of("{\"q\": [{\"a\": 1}]}\n", name: "t.jsonl")
    #expect(nested.columns == ["q"] && nested.count == 1)
  }

  @Test("the name says what a file holds, else its beginning", .spec("DATA-1"))
  func formats() throws {
    let mark = "\u{feff}"
    #expect(try Table.of("\(mark)a,b\n1,2\n", name: "x/y.CSV").columns == ["a", "b"])
    #expect(try Table.of("\(mark)a\tb\n1\t2", name: "data").columns == ["a", "b"])
    #expect(try Table.of("\(mark) {\"a\": 1}", name: "data").columns == ["a"])
    #expect(try Table.of("\(mark){\"a\": 1}\n{\"a\": 2}", name: "a.b.ndjson").count == 2)
    #expect(try Table.of("\(mark)x", name: "x.txt").rows == [["x"]])
    #expect(try Table.of("a,b\n", name: "x.y", options: .init(format: .csv)).columns == ["a", "b"])
    #expect(throws: DatasetError.unknownFormat(path: "data")) {
      try Table.of("a,b\n1,2", name: "data")
    }
  }

  @Test("columns, types and rows", .spec("DATA-7", "DATA-8"))
  func columns() throws {
    let table = try Table.of("id,n,x,text\n1, 2,3,a\n4,5,6.5,b\n", name: "t.csv")
    #expect(try table.values(column: "n") == .integers([2, 5]))
    #expect(try table.values(column: "x") == .numbers([3, 6.5]))
    #expect(try table.values(column: "text") == .strings(["a", "b"]))
    #expect(try table.textColumn() == .init(name: "text", reason: .known))
    #expect(try table.textColumn(given: "id") == .init(name: "id", reason: .given))
    let stories = try Table(name: "s", columns: ["id", "text", "story"], rows: [])
    #expect(try stories.textColumn().name == "story")
    let other = try Table(name: "s", columns: ["id", "b"], rows: [])
    #expect(try other.textColumn() == .init(name: "id", reason: .first))
    let json = try Table(name: "j", columns: ["n"], rows: [[2], [.number(0.5)], ["7"]])
    #expect(try json.values(column: "n") == .numbers([2, 0.5, 7]))
    for text in ["nan", "inf", "0x10", "1_000", "", "1e999"] {
      let odd = try Table(name: "o", columns: ["n"], rows: [[.string(text)]])
      #expect(try odd.values(column: "n") == .strings([text]))
    }
    #expect(table.rows([1, 7, -1, 0]).rows == [table.rows[1], table.rows[0]])
    #expect(table.rows([1]).place(ofRow: 0) == .line(3))
    #expect(table.prefix(1).count == 1 && table.prefix(-4).count == 0 && table.prefix(9) == table)
    #expect(table[5, 0] == .null)
  }
}
