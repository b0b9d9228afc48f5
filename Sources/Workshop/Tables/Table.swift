import FoxDecoding
import FoxFiles

/// Rows of cells under named columns: what every data file is read as.
///
/// Cells are ``JSON`` values: string, integer, number, boolean, null, or nested lists and objects.
/// CSV, TSV and text files give strings only; what they spell is decided where it is used
/// (``values(column:)``). SPEC `DATA-1`.
package struct Table: Equatable, Sendable {
  /// What the table was read from, for messages.
  package let name: String
  /// The names of the columns, unique by their bytes.
  package let columns: [String]
  package let count: Int
  private let cells: [JSON]
  /// The line of the file on which each row begins; empty where lines mean nothing.
  private let lines: [Int32]

  /// A table of rows that all have one cell for each column.
  ///
  /// - Parameters:
  ///   - cells: Row by row; what is after the last whole row is dropped.
  ///   - lines: The line of each row, or none.
  init(name: String, columns: [String], cells: [JSON], lines: [Int32] = []) {
    self.name = name
    self.columns = columns
    self.cells = cells
    count = columns.isEmpty ? 0 : cells.count / columns.count
    self.lines = lines.count == count ? lines : []
  }

  /// A table made in memory.
  ///
  /// - Throws: `Fault` for two columns of one name and for a row of another length.
  package init(name: String, columns: [String], rows: [[JSON]]) throws(Fault) {
    try DelimitedRows.checkColumns(columns, name: name)
    for (index, row) in rows.enumerated() where row.count != columns.count {
      throw Fault(
        name, at: "row \(index + 1)", found: "\(row.count) cells", expected: "\(columns.count)")
    }
    self.init(name: name, columns: columns, cells: rows.flatMap { $0 })
  }

  /// The cell of a row and a column, both counted from 0; null where there is none.
  package subscript(row: Int, column: Int) -> JSON {
    guard (0..<count).contains(row), columns.indices.contains(column) else { return .null }
    return cells[row * columns.count + column]
  }

  /// Where a row, counted from 0, is in the file.
  package func place(ofRow row: Int) -> RowPlace {
    lines.indices.contains(row) ? .line(Int(lines[row])) : .row(row + 1)
  }

  /// Whether there is a column of that name, compared by bytes.
  package func has(column name: String) -> Bool { index(of: name) != nil }

  private func index(of name: String) -> Int? {
    columns.firstIndex { UTF8Key.equal($0, name) }
  }

  /// The cells of a column.
  ///
  /// - Throws: `Fault` when there is none of that name.
  package func column(_ name: String) throws(Fault) -> [JSON] {
    guard let column = index(of: name) else {
      throw .noColumn(path: self.name, name: name, columns: columns)
    }
    return (0..<count).map { cells[$0 * columns.count + column] }
  }

  /// The texts of a column.
  ///
  /// - Throws: `Fault` when there is none of that name, and for a cell that is not a string.
  package func texts(column name: String) throws(Fault) -> [String] {
    var texts: [String] = []
    for (row, cell) in try column(name).enumerated() {
      guard case .string(let text) = cell else {
        throw wrong(cell, row: row, column: name, expected: "a text")
      }
      texts.append(text)
    }
    return texts
  }

  /// The error for a cell that holds something else than `expected`.
  package func wrong(
    _ cell: JSON, row: Int, column: String, expected: String
  ) -> Fault {
    let found =
      switch cell {
      case .string(let text): shown(text)
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      default: cell.kind
      }
    return Fault(
      name, at: "\(place(ofRow: row)), column \(shown(column))", found: found, expected: expected)
  }

  /// The rows of the given numbers, from 0, in that order; numbers without a row are left out.
  package func rows(_ numbers: some Sequence<Int>) -> Table {
    let numbers = numbers.filter { (0..<count).contains($0) }
    let width = columns.count
    return Table(
      name: name, columns: columns,
      cells: numbers.flatMap { cells[$0 * width..<($0 + 1) * width] },
      lines: lines.isEmpty ? [] : numbers.map { lines[$0] })
  }

  /// The first `limit` rows, or all when there are fewer.
  package func prefix(_ limit: Int) -> Table { rows(0..<max(0, min(limit, count))) }
}
