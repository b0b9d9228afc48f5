import FoxDecoding
import FoxFiles

/// # Rows of CSV and TSV
///
/// The homework's tinySST is a TSV file: a line with the names of the columns, then a line for each
/// sentence, a tab between sentence and label.
///
///     sentence⇥label                  columns  sentence, label
///     a " lone quote⇥1         →      row      a " lone quote | 1        (line 2)
///
/// TSV has no quotes, as the phrases of SST hold lone ones. CSV has them (RFC 4180): a field that
/// begins with `"` ends with `"`, may hold separators and line breaks, and holds `""` for a quote.
/// A quote elsewhere is a character like any other. Blank lines do not count.
///
/// Source: Python's `csv`, with `QUOTE_NONE` for TSV and `strict=True` for CSV; homework part 0
/// (`tsv_to_csv`) and Q3.1. Clauses `DATA-1`, `DATA-3` and `DATA-4`. Guesses nothing: what a column
/// means and whether `1` is a number is decided where it is used (the Workshop's tables).
package struct DelimitedRows: Equatable, Sendable {
  /// The names in the first line, all different.
  package let columns: [String]
  /// The fields of each row, one for each column.
  package private(set) var rows: [[String]] = []
  /// The line, from 1, on which each row begins.
  package private(set) var lines: [Int] = []

  /// What separates fields, and whether they may stand in quotes.
  package enum Format: Sendable {
    case csv, tsv
    // One byte, so that the readers below can compare bytes.
    fileprivate var separator: UInt8 { self == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t") }
  }

  package static func read(_ source: SourceText, _ format: Format) throws(Fault) -> DelimitedRows {
    var reader = Reader(source: source, format: format)
    // The first line that is not blank has the names. A file without one is not a table, not even
    // an empty one.
    guard let (names, _) = try reader.row() else {
      throw Fault(source.name, found: "nothing", expected: "a line with the names of the columns")
    }
    try checkColumns(names, name: source.name)
    var table = DelimitedRows(columns: names)
    while let (fields, line) = try reader.row() {
      // A row that is too long usually has a separator in a text that should have been quoted; one
      // that is too short was cut off. To fill up or drop fields would move labels into other
      // columns.
      guard fields.count == names.count else {
        throw Fault(
          source.name, at: "line \(line)", found: counted(fields.count, "field"),
          expected: "\(names.count), as the first line has")
      }
      table.rows.append(fields)
      // Kept beside the row, since line and row differ: blank lines, and quoted fields of several
      // lines.
      table.lines.append(line)
    }
    return table
  }

  private init(columns: [String]) { self.columns = columns }

  /// Refuses two columns of one name: which of them `label` means could not be said. Compared by
  /// bytes.
  package static func checkColumns(_ names: [String], name: String) throws(Fault) {
    // As bytes: `é` in two spellings is two names, as in Python.
    var seen: Set<[UInt8]> = []
    // pandas would rename the second to `label.1`.
    for column in names where !seen.insert(Array(column.utf8)).inserted {
      throw Fault(
        name, found: "two columns named \(column.debugDescription)", expected: "different names")
    }
  }
}

/// Reads field by field, from the first byte to the last.
private struct Reader {
  let source: SourceText
  let format: DelimitedRows.Format
  // The next byte to read, and the line it is on. Everything before is done.
  var offset: Int
  var line = 1

  init(source: SourceText, format: DelimitedRows.Format) {
    (self.source, self.format, offset) = (source, format, source.start)  // after a byte-order mark
  }

  /// The fields of the next line that is not blank, and its number; `nil` at the end of the text.
  mutating func row() throws(Fault) -> (fields: [String], line: Int)? {
    // A break where a line should begin is a blank line.
    // Python's `DictReader` skips blank lines too. A line of spaces is not blank: it is a row of
    // one field.
    while case let next = source.afterBreak(offset), next > offset {
      offset = next
      line += 1
    }
    // Only here is the end of the text the end of the table. In a row it ends the row: the last
    // line needs no line break.
    if offset == source.bytes.count { return nil }
    // Quoted fields may run over several lines, so the row's own line is noted now.
    let first = line
    // A line has one field more than it has separators: "a," has two, the second empty.
    var fields = [try field()]
    // A field stops at a separator, at a line break or at the end. Only the first promises another
    // field.
    while offset < source.bytes.count, source.bytes[offset] == format.separator {
      offset += 1
      fields.append(try field())
    }
    // A line break, or the end of the text.
    offset = source.afterBreak(offset)
    line += 1
    return (fields, first)
  }

  /// A field; leaves `offset` at the separator, line break or end after it.
  private mutating func field() throws(Fault) -> String {
    let bytes = source.bytes
    // A quote counts only as the first byte of a field, and in TSV never.
    if format == .csv, offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
      return try quotedField()
    }
    // Separators and breaks are ASCII, and no byte of a longer UTF-8 sequence is: bytes will do.
    let start = offset
    // Up to the first of three bytes: separator, LF, CR.
    while offset < bytes.count, case let byte = bytes[offset], byte != format.separator,
      byte != 0x0A, byte != 0x0D
    {
      offset += 1
    }
    // Only now are the bytes checked to be UTF-8, with the line for the fault.
    return try source.text(start..<offset, line: line)
  }

  /// A field from its opening quote to its closing one.
  private mutating func quotedField() throws(Fault) -> String {
    // If the quote is never closed, the line where it was opened is the one to look at.
    let (opening, bytes) = (line, source.bytes)  // an array: shared, not copied
    offset += 1
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      // `\r\n` is one line break: it counts at its `\n`.
      // Inside of quotes a line break belongs to the text, but it still is a new line of the file.
      if byte == 0x0A || (byte == 0x0D && (offset == bytes.count || bytes[offset] != 0x0A)) {
        line += 1
      }
      // Anything else, separators too, is text here.
      if byte != UInt8(ascii: "\"") { continue }
      if offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
        offset += 1  // Two quotes stand for one.
        continue
      }
      // The quote closes the field, so the field has to end here.
      if offset < bytes.count, bytes[offset] != format.separator,
        source.afterBreak(offset) == offset
      {
        throw Fault(
          source.name, at: "line \(line)", found: "text after a closing quote",
          expected: "a separator or the end of the line", hint: "a quote in a field is doubled")
      }
      // `offset − 1` is the closing quote. The text may still have doubled ones in it.
      return Self.single(try source.text(start..<offset - 1, line: opening))
    }
    throw Fault(
      source.name, at: "line \(opening)", found: "a quoted field that never ends",
      expected: "a closing quote")
  }

  /// The text with one quote for each two, which is all that is left of quotes in it.
  private static func single(_ text: String) -> String {
    // Most fields have none.
    guard text.utf8.contains(UInt8(ascii: "\"")) else { return text }
    // Quotes come in pairs here: of each pair the first is kept, the second dropped.
    var (bytes, isFirst): ([UInt8], Bool) = ([], false)
    for byte in text.utf8 {
      // True at the first quote of a pair, false at its second and at all other bytes.
      isFirst = byte == UInt8(ascii: "\"") && !isFirst
      if byte != UInt8(ascii: "\"") || isFirst { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
