import FoxFiles

/// The rows of CSV and TSV text, under the names of the first.
///
/// CSV is RFC 4180, as Python's `csv` reads it with `strict=True`: a field that begins with `"` ends
/// with `"`, holds separators and line breaks, and `""` for a quote; a quote elsewhere is a character
/// like any other. TSV has no quotes (`csv.QUOTE_NONE`). SPEC `DATA-3`, `DATA-4`.
struct DelimitedRows {
  private let source: SourceText
  private let separator: UInt8
  private let isQuoted: Bool
  private var offset: Int
  private var line = 1
  private var scratch: [UInt8] = []

  static func table(
    _ source: SourceText, separator: UInt8, isQuoted: Bool
  ) throws(DatasetError) -> Table {
    var reader = DelimitedRows(source: source, separator: separator, isQuoted: isQuoted)
    var columns: [JSON] = []
    if try reader.row(into: &columns) == nil { throw .empty(source.name) }
    let names = columns.compactMap(\.string)
    try Table.check(names, name: source.name)
    var (cells, lines): ([JSON], [Int32]) = ([], [])
    while true {
      let before = cells.count
      guard let line = try reader.row(into: &cells) else { break }
      guard cells.count - before == names.count else {
        throw .fieldCount(
          path: source.name, line: line, found: cells.count - before, expected: names.count)
      }
      lines.append(Int32(clamping: line))
    }
    return Table(name: source.name, columns: names, cells: cells, lines: lines)
  }

  private init(source: SourceText, separator: UInt8, isQuoted: Bool) {
    self.source = source
    self.separator = separator
    self.isQuoted = isQuoted
    offset = source.start
  }

  /// Appends the fields of the next line that is not blank.
  ///
  /// - Returns: The number of the line on which they begin; nil at the end of the text.
  private mutating func row(into fields: inout [JSON]) throws(DatasetError) -> Int? {
    while case let next = source.afterBreak(offset), next > offset {
      offset = next
      line += 1
    }
    if offset == source.bytes.count { return nil }
    let first = line
    while true {
      fields.append(.string(try field()))
      if offset < source.bytes.count, source.bytes[offset] == separator {
        offset += 1
        continue
      }
      // A line break, or the end of the text.
      offset = source.afterBreak(offset)
      line += 1
      return first
    }
  }

  private mutating func field() throws(DatasetError) -> String {
    if isQuoted, offset < source.bytes.count, source.bytes[offset] == UInt8(ascii: "\"") {
      return try quotedField()
    }
    let start = offset
    while offset < source.bytes.count, case let byte = source.bytes[offset], byte != separator,
      byte != 0x0A, byte != 0x0D
    {
      offset += 1
    }
    return try source.text(start..<offset, line: line)
  }

  /// A field from its opening quote; ends before a separator, a line break or the end of the text.
  private mutating func quotedField() throws(DatasetError) -> String {
    let (opening, bytes) = (line, source.bytes)
    offset += 1
    let first = offset
    var start = offset
    scratch.removeAll(keepingCapacity: true)
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == 0x0A || (byte == 0x0D && (offset == bytes.count || bytes[offset] != 0x0A)) {
        line += 1
      }
      if byte != UInt8(ascii: "\"") { continue }
      if offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
        // Of two quotes, the first belongs to the field.
        scratch.append(contentsOf: bytes[start..<offset])
        offset += 1
        start = offset
        continue
      }
      if offset < bytes.count, bytes[offset] != separator, source.afterBreak(offset) == offset {
        throw .textAfterQuote(path: source.name, line: line)
      }
      return try text(first: first, last: start..<offset - 1, line: opening)
    }
    throw .openQuote(path: source.name, line: opening)
  }

  /// The text of a quoted field: what is in the scratch, and the part behind its last double quote.
  private mutating func text(
    first: Int, last: Range<Int>, line: Int
  ) throws(DatasetError) -> String {
    if scratch.isEmpty { return try source.text(last, line: line) }
    scratch.append(contentsOf: source.bytes[last])
    if let text = String(validating: scratch, as: UTF8.self) { return text }
    // With its double quotes the field has the same fault, at a place that is known.
    return try source.text(first..<last.upperBound, line: line)
  }
}
