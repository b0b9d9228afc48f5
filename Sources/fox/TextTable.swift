struct TextTable {
  private let rows: [[String]]
  private let left: Set<Int>

  /// A table whose first row is the heading, if it has one.
  ///
  /// - Parameter left: Columns that are aligned on the left; the others are on the right.
  init(_ rows: [[String]], left: Set<Int> = []) { (self.rows, self.left) = (rows, left) }

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        return left.contains(column) ? cell + gap : gap + cell
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Writes the lines to standard output.
  func print() throws { for line in lines { try Output.line(line) } }

  /// A text in lines of at most `width` columns, broken at blanks.
  static func wrapped(_ text: String, width: Int = 96) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  /// The text with blanks behind it, `width` characters wide.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
