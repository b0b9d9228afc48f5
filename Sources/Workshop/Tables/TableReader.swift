import FoxDecoding
import FoxFiles

/// What a data file holds.
package enum TableFormat: String, Sendable, CaseIterable {
  /// A list of objects, an object with such a list, or one object a line.
  case json
  /// One object a line.
  case jsonLines = "jsonl"
  case csv
  /// Tab-separated values without quotes.
  case tsv
  /// Texts, one a line or one a document.
  case text = "txt"
}

/// How a data file is read.
package struct TableOptions: Equatable, Sendable {
  /// What the file holds; by default its name says so, else its beginning.
  package var format: TableFormat?
  /// The member of a JSON document that holds the rows.
  package var field: String?
  package var keepsLineBreaks: Bool
  /// The line that separates the documents of a text file, such as `<|endoftext|>`; each document
  /// is then one text, followed by this separator.
  package var documentSeparator: String?

  /// The options of `run_clm`: line breaks are kept.
  package init(
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
  /// - Throws: `Fault`, with the file and the line where there is one.
  /// - Complexity: O(*n*) in the bytes of the file.
  package static func read(path: String, options: TableOptions = TableOptions()) throws -> Table {
    // A copy: what is a text and what is not can then be written in plain Swift.
    let bytes = try MappedFile(path: path).withBytes { Array($0) }
    return try read(bytes, name: path, options: options)
  }

  /// Reads a table from bytes, as if they were a file called `name`.
  ///
  /// - Throws: `Fault`, with the name and the line where there is one.
  package static func read(
    _ bytes: [UInt8], name: String, options: TableOptions = TableOptions()
  ) throws -> Table {
    let reader = (options.format ?? .of(name: name))?.reader ?? .text
    if let foreign = ForeignFile(bytes, for: reader) { throw foreign.fault(name) }
    let source = SourceText(bytes: bytes, name: name)
    guard let format = options.format ?? .of(name: name) ?? .of(beginning: source) else {
      throw Fault(
        name, found: "neither a name nor a beginning that says what it holds",
        expected: ".json, .jsonl, .csv, .tsv or .txt")
    }
    try check(options, format)
    switch format {
    case .json, .jsonLines:
      return try JSONRows(source: source).table(field: options.field, isLines: format == .jsonLines)
    case .csv: return Table(try DelimitedRows.read(source, .csv), name: name)
    case .tsv: return Table(try DelimitedRows.read(source, .tsv), name: name)
    case .text:
      if let separator = options.documentSeparator {
        return try TextRows(source: source).documents(separator: separator)
      }
      return try TextRows(source: source).lines(keepingBreaks: options.keepsLineBreaks)
    }
  }

  /// The rows of CSV or TSV, whose cells are strings.
  private init(_ rows: DelimitedRows, name: String) {
    self.init(
      name: name, columns: rows.columns, cells: rows.rows.flatMap { $0.map { .string($0) } },
      lines: rows.lines.map { Int32(clamping: $0) })
  }

  private static func check(
    _ options: TableOptions, _ format: TableFormat
  ) throws(Fault) {
    if let field = options.field, format != .json {
      throw Fault(
        "field", found: shown(field), expected: "none for a .\(format.rawValue)")
    }
    guard let separator = options.documentSeparator else { return }
    if format != .text {
      throw Fault(
        "document_separator", found: shown(separator), expected: "none for a .\(format.rawValue)")
    }
    if separator.isEmpty || separator.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      throw Fault(
        "document_separator", found: shown(separator), expected: "the text of one line")
    }
  }
}

extension TableFormat {
  /// What its reader can read.
  fileprivate var reader: ForeignFile.Reader {
    switch self {
    case .json, .jsonLines: .json
    case .csv: .table(UInt8(ascii: ","))
    case .tsv: .table(UInt8(ascii: "\t"))
    case .text: .text
    }
  }

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
