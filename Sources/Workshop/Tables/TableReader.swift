import FoxFiles

/// What a data file holds.
public enum TableFormat: String, Sendable, CaseIterable {
  /// A list of objects, an object with such a list, or one object a line.
  case json
  /// One object a line.
  case jsonLines = "jsonl"
  /// Comma-separated values with quotes.
  case csv
  /// Tab-separated values without quotes.
  case tsv
  /// Texts, one a line or one a document.
  case text = "txt"
}

/// How a data file is read.
public struct TableOptions: Equatable, Sendable {
  /// What the file holds; by default its name says so, else its beginning.
  public var format: TableFormat?
  /// The member of a JSON document that holds the rows.
  public var field: String?
  /// Whether the texts of a text file keep their line break.
  public var keepsLineBreaks: Bool
  /// The line that separates the documents of a text file, such as `<|endoftext|>`; each document is
  /// then one text, followed by this separator.
  public var documentSeparator: String?

  /// The options of `run_clm`: line breaks are kept.
  public init(
    format: TableFormat? = nil, field: String? = nil, keepsLineBreaks: Bool = true,
    documentSeparator: String? = nil
  ) {
    self.format = format
    self.field = field
    self.keepsLineBreaks = keepsLineBreaks
    self.documentSeparator = documentSeparator
  }
}

extension Table {
  /// Reads a data file.
  ///
  /// - Throws: ``DatasetError``, with the file and the line where there is one.
  /// - Complexity: O(*n*) in the bytes of the file.
  public static func read(
    path: String, options: TableOptions = TableOptions()
  ) throws(DatasetError) -> Table {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    return try file.withBytes { bytes throws(DatasetError) in
      try read(bytes, name: path, options: options)
    }
  }

  /// Reads a table from bytes, as if they were a file called `name`. A byte-order mark at the
  /// beginning is no part of it.
  ///
  /// - Throws: ``DatasetError``, with the name and the line where there is one.
  public static func read(
    _ bytes: UnsafeRawBufferPointer, name: String, options: TableOptions = TableOptions()
  ) throws(DatasetError) -> Table {
    let source = SourceText(bytes: bytes, name: name)
    guard let format = options.format ?? .of(name: name) ?? .of(beginning: source) else {
      throw .unknownFormat(path: name)
    }
    try check(options, format)
    switch format {
    case .json, .jsonLines:
      return try JSONRows(source: source).table(field: options.field, isLines: format == .jsonLines)
    case .csv: return try DelimitedRows.table(source, separator: UInt8(ascii: ","), isQuoted: true)
    case .tsv:
      return try DelimitedRows.table(source, separator: UInt8(ascii: "\t"), isQuoted: false)
    case .text:
      if let separator = options.documentSeparator {
        return try TextRows(source: source).documents(separator: separator)
      }
      return try TextRows(source: source).lines(keepingBreaks: options.keepsLineBreaks)
    }
  }

  private static func check(
    _ options: TableOptions, _ format: TableFormat
  ) throws(DatasetError) {
    if let field = options.field, format != .json {
      throw .option(name: "field", value: shown(field), expected: "none for a .\(format.rawValue)")
    }
    guard let separator = options.documentSeparator else { return }
    if format != .text {
      throw .option(
        name: "document_separator", value: shown(separator),
        expected: "none for a .\(format.rawValue)")
    }
    if separator.isEmpty || separator.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      throw .option(
        name: "document_separator", value: shown(separator), expected: "the text of one line")
    }
  }
}

extension TableFormat {
  /// The format that the end of a file's name says, in any case.
  static func of(name: String) -> TableFormat? {
    switch name.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() {
    case "json": .json
    case "jsonl", "ndjson": .jsonLines
    case "csv": .csv
    case "tsv": .tsv
    case "txt": .text
    default: nil
    }
  }

  /// The format that the beginning of a text says: a bracket is JSON, a tab in the first line TSV.
  static func of(beginning source: SourceText) -> TableFormat? {
    let bytes = source.bytes[source.start...]
    switch bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
    case UInt8(ascii: "["), UInt8(ascii: "{"): return .json
    default: return bytes.prefix { $0 != 0x0A && $0 != 0x0D }.contains(0x09) ? .tsv : nil
    }
  }
}

/// The bytes of a file and its name.
struct SourceText {
  let bytes: UnsafeRawBufferPointer
  let name: String
  /// Where the text begins: behind a byte-order mark.
  let start: Int

  init(bytes: UnsafeRawBufferPointer, name: String) {
    self.bytes = bytes
    self.name = name
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The text of a part, which must be UTF-8.
  func text(_ range: Range<Int>, line: Int) throws(DatasetError) -> String {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    if let text = String(validating: part, as: UTF8.self) { return text }
    throw notUTF8(in: range, line: line)
  }

  /// The first wrong byte of a part that begins on `line`.
  private func notUTF8(in range: Range<Int>, line: Int) -> DatasetError {
    let good = validUTF8Prefix(bytes[range])
    let before = bytes[range.prefix(good)]
    return .notUTF8(
      path: name, line: line + before.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 },
      offset: range.lowerBound + good)
  }

  /// Where the line that begins at `start` ends, and where the next begins. Lines end with `\n`,
  /// `\r\n` or `\r`, as Python's universal newlines have it.
  @inline(__always)
  func line(from start: Int) -> (end: Int, next: Int) {
    var end = start
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    return (end, afterBreak(end))
  }

  /// The place behind the line break at `offset`; `offset` itself when there is none.
  @inline(__always)
  func afterBreak(_ offset: Int) -> Int {
    guard offset < bytes.count else { return offset }
    switch bytes[offset] {
    case 0x0A: return offset + 1
    case 0x0D:
      return offset + 1 < bytes.count && bytes[offset + 1] == 0x0A ? offset + 2 : offset + 1
    default: return offset
    }
  }
}
