import FoxFiles

/// What can go wrong with a data set.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum DatasetError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// The file cannot be read, or its JSON is broken.
  case file(Fault)
  /// Neither the name nor the beginning of a file says what it holds.
  case unknownFormat(path: String)
  /// An option does not go with the file or with another option.
  case option(name: String, value: String, expected: String)
  /// A byte that is not part of UTF-8.
  case notUTF8(path: String, line: Int, offset: Int)
  /// A line of a table has another number of fields than its header.
  case fieldCount(path: String, line: Int, found: Int, expected: Int)
  /// The text ends within a quoted field.
  case openQuote(path: String, line: Int)
  /// Something stands between a closing quote and the next separator.
  case textAfterQuote(path: String, line: Int)
  /// Two columns have one name.
  case duplicateColumn(path: String, name: String)
  /// What should be a row is no object.
  case notARow(path: String, place: RowPlace, found: String)
  /// The document holds no list of rows where one was looked for.
  case noList(path: String, field: String?, found: String)
  /// The document has no member of that name.
  case noField(path: String, field: String, members: [String])
  /// The document has several lists, and none was named.
  case severalLists(path: String, members: [String])
  /// The rows have so many different columns that the table would be almost empty.
  case sparse(path: String, rows: Int, columns: Int)
  /// There is no column of that name.
  case noColumn(path: String, name: String?, columns: [String])
  /// A cell holds something else than its use needs.
  case cell(path: String, place: RowPlace, column: String, found: String, expected: String)
  /// A batch of texts has fewer tokens than one block.
  case shortBlock(name: String, block: ShortBlock, blockSize: Int)
  /// The encoder gave another number of texts than it was given, or an id no vocabulary has.
  case encoder(String)
}

/// Where a row is: its line in the file where lines are known, else its number from 1.
public enum RowPlace: Equatable, Sendable, CustomStringConvertible {
  /// The line on which the row begins, from 1.
  case line(Int)
  /// The number of the row, from 1.
  case row(Int)

  /// `line 3` or `row 3`.
  public var description: String {
    switch self {
    case .line(let line): "line \(line)"
    case .row(let row): "row \(row)"
    }
  }
}

extension DatasetError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .file(let error): error.description
    case .unknownFormat(let path):
      "\(path): neither its name (.json, .jsonl, .csv, .tsv, .txt) nor its beginning says what it "
        + "holds"
    case .option(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    case .notUTF8(let path, let line, let offset):
      "\(path), line \(line): is not valid UTF-8 (first wrong byte at offset \(offset))"
    case .fieldCount, .openQuote, .textAfterQuote, .duplicateColumn: delimitedWords
    case .notARow, .noList, .noField, .severalLists, .sparse: documentWords
    case .noColumn, .cell, .shortBlock, .encoder: useWords
    }
  }

  private var delimitedWords: String {
    switch self {
    case .fieldCount(let path, let line, let found, let expected):
      "\(path), line \(line): has \(found) fields, the header has \(expected)"
    case .openQuote(let path, let line):
      "\(path), line \(line): a quoted field begins here and never ends"
    case .textAfterQuote(let path, let line):
      "\(path), line \(line): something follows a closing quote; a quote in a field is doubled"
    case .duplicateColumn(let path, let name):
      "\(path): two columns are named \(shown(name))"
    default: ""
    }
  }

  private var documentWords: String {
    switch self {
    case .notARow(let path, let place, let found):
      "\(path), \(place): is \(found); expected an object with the columns as members"
    case .noList(let path, let field, let found):
      "\(path): \(field.map { "the field \(shown($0))" } ?? "the document") is \(found); "
        + "expected a list of objects"
    case .noField(let path, let field, let members):
      "\(path): has no field \(shown(field)); it has \(Self.list(members))"
    case .severalLists(let path, let members):
      "\(path): has several lists, \(Self.list(members)); say which with field"
    case .sparse(let path, let rows, let columns):
      "\(path): \(rows) rows have \(columns) different columns; almost all cells would be empty"
    default: ""
    }
  }

  private var useWords: String {
    switch self {
    case .noColumn(let path, let name?, let columns):
      "\(path): has no column \(shown(name)); it has \(Self.list(columns))"
    case .noColumn(let path, nil, _): "\(path): has no columns"
    case .cell(let path, let place, let column, let found, let expected):
      "\(path), \(place): \(shown(column)) is \(found); expected \(expected)"
    case .shortBlock(let name, let block, let blockSize):
      "\(name): texts \(block.rows.lowerBound + 1) to \(block.rows.upperBound) have only "
        + "\(block.length) tokens in all, fewer than a block of \(blockSize); give a smaller "
        + "block_size or more text"
    case .encoder(let what): what
    default: ""
    }
  }

  /// At most ten names, quoted.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "none" }
    let more = names.count > 10 ? " and \(names.count - 10) more" : ""
    return names.prefix(10).map { shown($0) }.joined(separator: ", ") + more
  }
}
