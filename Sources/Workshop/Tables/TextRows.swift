import FoxDecoding
import FoxFiles

/// The rows of plain text: its lines, or its documents. The one column is called `text`.
///
/// Lines end with `\n`, `\r\n` or `\r`, all of which become `\n`, as in the text loader of
/// `datasets` (Python's universal newlines). SPEC `DATA-5`, `DATA-6`.
struct TextRows {
  let source: SourceText

  /// One text a line; empty lines are texts too.
  func lines(keepingBreaks: Bool) throws(Fault) -> Table {
    var (cells, lines): ([JSON], [Int32]) = ([], [])
    var (offset, number) = (source.start, 1)
    while offset < source.bytes.count {
      let line = source.line(from: offset)
      var text = try source.text(offset..<line.end, line: number)
      if keepingBreaks, line.next > line.end { text += "\n" }
      cells.append(.string(text))
      lines.append(Int32(clamping: number))
      (offset, number) = (line.next, number + 1)
    }
    return Table(name: source.name, columns: ["text"], cells: cells, lines: lines)
  }

  /// One text a document, with the separator at its end.
  ///
  /// A document is what stands between two lines that are the separator, without the line break
  /// before the second; the last ends with the file. Documents without a byte do not count.
  func documents(separator: String) throws(Fault) -> Table {
    var (cells, lines): ([JSON], [Int32]) = ([], [])
    var document = PendingDocument(start: source.start, line: 1)
    func finish(at end: Int) throws(Fault) {
      if end <= document.start { return }
      let text = try source.text(document.start..<end, line: document.line)
      cells.append(.string(document.hasReturn ? Self.unified(text) + separator : text + separator))
      lines.append(Int32(clamping: document.line))
    }
    var (offset, number, previousEnd) = (source.start, 1, source.start)
    while offset < source.bytes.count {
      let line = source.line(from: offset)
      if isSeparator(offset..<line.end, separator) {
        try finish(at: previousEnd)
        document = PendingDocument(start: line.next, line: number + 1)
      } else if line.next - line.end == 2 || source.bytes[line.next - 1] == 0x0D {
        document.hasReturn = true
      }
      (offset, number, previousEnd) = (line.next, number + 1, line.end)
    }
    try finish(at: source.bytes.count)
    return Table(name: source.name, columns: ["text"], cells: cells, lines: lines)
  }

  private struct PendingDocument {
    let start: Int
    let line: Int
    /// Whether a line break is not just `\n`.
    var hasReturn = false
  }

  private func isSeparator(_ range: Range<Int>, _ separator: String) -> Bool {
    range.count == separator.utf8.count && source.bytes[range].elementsEqual(separator.utf8)
  }

  /// The text with `\n` for each `\r\n` and `\r`.
  private static func unified(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var isAfterReturn = false
    for byte in text.utf8 {
      if byte != 0x0A || !isAfterReturn { bytes.append(byte == 0x0D ? 0x0A : byte) }
      isAfterReturn = byte == 0x0D
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
