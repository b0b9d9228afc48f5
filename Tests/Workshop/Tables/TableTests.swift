import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxTables

extension Table {
  /// The table of a text, as if it were a file of that name.
  static func of(
    _ text: String, name: String, options: TableOptions = TableOptions()
  ) throws -> Table {
    try read(Array(text.utf8), name: name, options: options)
  }

  var rows: [[JSON]] { (0..<count).map { row in columns.indices.map { self[row, $0] } } }
}

@Suite("Tables against Python", .counted)
struct TableTests {
  private func golden(_ key: String) throws -> [JSON] {
    try Golden.arguments("datasets/tables.json", in: key)
  }

  @Test
  func `DATA-3 DATA-4 CSV and TSV: cells are texts, rows know their lines`() throws {
    let csv = try Table.of("a,b\n\"x,\n\",1\n2,y\n", name: "t.csv")
    #expect(csv.rows == [["x,\n", "1"], ["2", "y"]])
    #expect((0..<2).map { csv.place(ofRow: $0) } == [.line(2), .line(4)])
    #expect(try Table.of("a\tb\n\"\t1\n", name: "t.tsv").rows == [["\"", "1"]])
  }

  @Test
  func `DATA-5 text: lines, with and without their breaks`() throws {
    for row in try golden("lines") {
      let text = try row.required("text").string ?? ""
      for (key, keeps) in [("kept", true), ("stripped", false)] {
        let table = try Table.of(text, name: "t.txt", options: .init(keepsLineBreaks: keeps))
        #expect(table.columns == ["text"])
        #expect(try table.column("text") == row[key]?.array, "\(key) \(text.debugDescription)")
      }
    }
  }

  @Test
  func `DATA-6 text: documents`() throws {
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

  @Test
  func `DATA-2 JSON in each of its shapes`() throws {
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

  @Test
  func `DATA-1 the name says what a file holds, else its beginning`() throws {
    let mark = "\u{feff}"
    #expect(try Table.of("\(mark)a,b\n1,2\n", name: "x/y.CSV").columns == ["a", "b"])
    #expect(try Table.of("\(mark)a\tb\n1\t2", name: "data").columns == ["a", "b"])
    #expect(try Table.of("\(mark) {\"a\": 1}", name: "data").columns == ["a"])
    #expect(try Table.of("\(mark){\"a\": 1}\n{\"a\": 2}", name: "a.b.ndjson").count == 2)
    #expect(try Table.of("\(mark)x", name: "x.txt").rows == [["x"]])
    #expect(try Table.of("a,b\n", name: "x.y", options: .init(format: .csv)).columns == ["a", "b"])
    #expect(throws: Fault.self) {
      try Table.of("a,b\n1,2", name: "data")
    }
  }

  @Test
  func `DATA-6 DATA-11 splits, only when they are needed`() throws {
    let table = try Table(name: "t", columns: ["n"], rows: (0..<40).map { [.integer($0)] })
    let file = table.prefix(3)
    #expect(try table.split(validation: nil, evaluates: false) == (table, nil))
    #expect(try table.split(validation: file, evaluates: true) == (table, file))
    let split = try table.split(validation: nil, evaluates: true)
    #expect(split.validation == table.prefix(2) && split.train.rows.first == [2])
    let parts = try table.holdOut(every: 20)
    #expect(parts.heldOut.rows == [[19], [39]] && parts.train.count == 38)
    #expect(throws: Fault.self) { try table.holdOut(every: 1) }
  }

  @Test
  func `DATA-7 DATA-8 columns, types and rows`() throws {
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
    let flags = try Table(name: "j", columns: ["n"], rows: [[true], [false]])
    #expect(try flags.values(column: "n") == .strings(["true", "false"]))
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

  @Test(arguments: [
    ("id,tweet\n1,a b\n2,c\n", "tweet"), (",sentence\n0,a b\n", "sentence"),
    ("text,body\n1,a b\n", "body"), ("idx,a\nx1,a b\n", "a"), ("a,b\n,c\n,d\n", "b"),
    ("row_id,a\nr,b c\n", "a"), ("Tweet ID,a\nx,b c\n", "a"), ("Unnamed: 3,a\nx,b c\n", "a"),
    ("d,a\n2020-01-02,b\n2020-01-03 10:00,c\n", "a"), ("u,a\nhttps://x.y/z,b\n", "a"),
    ("code,a\nab-1,b\nab-2,c\n", "a"), ("story,a\nr2d2,b\n", "story"), ("a,b\nc3 po,d\n", "a"),
    ("a,b\n2020年,d\n", "a"),
  ])
  func `DATA-14 ids, numbers, nameless and empty columns are not texts`(
    text: String, column: String
  ) throws {
    #expect(try Table.of(text, name: "t.csv").textColumn().name == column)
  }

  @Test
  func `DATA-14 a table without texts is refused with what its columns are`() throws {
    let table = try Table.of("id,x,\n1,2.5,a\n", name: "t.csv")
    let fault = #expect(throws: Fault.self) { try table.textColumn() }
    #expect(fault?.found == "\"id\" holds numbers, \"x\" holds numbers, \"\" has no name")
    // Whoever names a column means it.
    #expect(try table.textColumn(given: "id").name == "id")
  }

  @Test(
    arguments: [
      ("t.csv", Array("a;b\n1, 2;3\n".utf8), ForeignFile.semicolons),
      ("t.csv", [0xFF, 0xFE, 0x61, 0], .utf16), ("t.json", [0xFE, 0xFF, 0, 0x61], .utf16),
      ("t.json", Array("\n<!DOCTYPE html>".utf8), .webPage),
      ("t.tsv", Array("version https://git-lfs.github.com/spec/v1\n".utf8), .gitLFSPointer),
      ("t.txt", [0x1F, 0x8B, 0x08, 0], .gzip),
    ] as [(String, [UInt8], ForeignFile)])
  func `FILE-14 a data file of another kind is named`(
    name: String, bytes: [UInt8], kind: ForeignFile
  ) throws {
    #expect(throws: kind.fault(name)) { try Table.read(bytes, name: name) }
  }

  @Test
  func `FILE-14 what may be meant is left alone`() throws {
    #expect(try Table.of("a;b,c\n1,2\n", name: "t.csv").columns == ["a;b", "c"])
    #expect(try Table.of("a;b\n", name: "t.txt").count == 1)
  }
}
