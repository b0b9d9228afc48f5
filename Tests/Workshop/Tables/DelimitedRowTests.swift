import FoxDecoding
import FoxFiles
import FoxTables
import TestSupport
import Testing

@Suite("Rows of CSV and TSV", .counted)
struct DelimitedRowTests {
  private func read(
    _ text: String, _ format: DelimitedRows.Format
  ) throws(Fault) -> DelimitedRows {
    try .read(SourceText(bytes: Array(text.utf8), name: "t"), format)
  }

  @Test
  func `DATA-1 DATA-3 DATA-4 by hand: tinySST's form, and the same as CSV`() throws {
    let tsv = try read("\u{feff}sentence\tlabel\r\na \" lone, quote\t1\r\n\r\nb\t0", .tsv)
    #expect(tsv.columns == ["sentence", "label"])
    #expect(tsv.rows == [["a \" lone, quote", "1"], ["b", "0"]] && tsv.lines == [2, 4])
    let csv = try read("sentence,label\n\"a \"\" lone, quote\",1\n\"two\nlines\",0\nx\"y,\n", .csv)
    #expect(csv.rows == [["a \" lone, quote", "1"], ["two\nlines", "0"], ["x\"y", ""]])
    #expect(csv.lines == [2, 3, 5])
    let quotes = try read("a,b\n\"\",\"\"\"\"\"\"\n", .csv)
    #expect(quotes.rows == [["", "\"\""]])
  }

  @Test(arguments: ["csv", "tsv"])
  func `DATA-1 DATA-3 DATA-4 Python's csv`(format: String) throws {
    var (tables, faults) = (0, 0)
    for row in try Golden.arguments("datasets/tables.json", in: "tables") {
      let text = try row.required("text").string ?? ""
      let expected = try row.required(format)
      let shown = "\(format) \(text.debugDescription)"
      do throws(Fault) {
        let table = try read(text, format == "csv" ? .csv : .tsv)
        tables += 1
        #expect(table.columns == expected["columns"]?.array?.compactMap(\.string), "\(shown)")
        let rows = expected["rows"]?.array?.map { $0.array?.compactMap(\.string) ?? [] }
        #expect(table.rows == rows, "\(shown)")
        #expect(table.lines == expected["lines"]?.array?.compactMap(\.integer), "\(shown)")
      } catch {
        faults += 1
        #expect(error.subject == "t")
        switch expected["error"]?.string {
        case "empty": #expect(error.found == "nothing", "\(shown)")
        case "open quote": #expect(error.found == "a quoted field that never ends", "\(shown)")
        case "text after quote": #expect(error.found == "text after a closing quote", "\(shown)")
        case "duplicate column": #expect(error.expected == "different names", "\(shown)")
        default:
          let (line, found) = (expected["line"]?.integer ?? 0, expected["found"]?.integer ?? 0)
          #expect(
            error.place == "line \(line)" && error.found == counted(found, "field"), "\(shown)")
          #expect(error.expected.hasPrefix("\(expected["expected"]?.integer ?? 0),"), "\(shown)")
        }
      }
    }
    #expect(tables > 40 && faults > 40)
  }

  /// A text and where its fault is.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let format: DelimitedRows.Format
    let bytes: [UInt8]
    let place: String?
    let found: String
    var testDescription: String { "\(place ?? "") \(found)" }
    init(
      _ format: DelimitedRows.Format, _ text: String, then more: [UInt8] = [], at place: String?,
      _ found: String
    ) {
      (self.format, self.place, self.found) = (format, place, found)
      bytes = Array(text.utf8) + more
    }
  }

  static let refusals: [Refusal] = [
    .init(.csv, "", at: nil, "nothing"),
    .init(.csv, "a,b\n\n1,\"2\n3\"\n4,5,6\n", at: "line 5", "3 fields"),
    .init(.tsv, "a\tb\n1\t2\n3", at: "line 3", "1 field"),
    .init(.csv, "a,b\n1,\"2\n3,4\n5,6\n", at: "line 2", "a quoted field that never ends"),
    .init(.csv, "a,b\n1,\"2\" ,3\n", at: "line 2", "text after a closing quote"),
    .init(.csv, "a,\u{1B},a\n", at: nil, "two columns named \"a\""),
    .init(
      .csv, "é,b\r\n1,2\r\n\"3\"\",\n", then: [0xC3, 0x28], at: "line 3",
      "a quoted field that never ends"),
    .init(
      .csv, "é,b\r\n1,2\r\n\"3\"\",\n", then: [0xC3, 0x28, 0x22, 0x0A], at: "line 4, byte 17",
      "a byte that is not UTF-8"),
    // Line breaks within a quoted field: LF, CR LF and CR are one each.
    .init(
      .csv, "a\n\"1\n2\r\n3\r4", then: [0xFF, 0x22], at: "line 5, byte 11",
      "a byte that is not UTF-8"),
    .init(.tsv, "a\tb\n1\t", then: [0xFF], at: "line 2, byte 6", "a byte that is not UTF-8"),
  ]

  @Test(arguments: refusals)
  func `DATA-1 DATA-3 DATA-4 FAULT-1 what is refused, and where`(_ refusal: Refusal) {
    do throws(Fault) {
      _ = try DelimitedRows.read(SourceText(bytes: refusal.bytes, name: "t"), refusal.format)
      Issue.record("was read")
    } catch {
      #expect(error.place == refusal.place && error.found == refusal.found, "\(error)")
    }
  }

  @Test
  func `AUG-20 examples are numbered from 1`() {
    let texts = LabelledText.numbered([(text: "a", label: "1"), (text: "b", label: "0")])
    #expect(texts.map(\.guid) == ["train-1", "train-2"] && texts[1].label == "0")
  }
}
