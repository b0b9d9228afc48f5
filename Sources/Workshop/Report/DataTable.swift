/// Rows of text and numbers: what a figure shows, for those who do not see it, and results that are
/// best read as a table.
package struct DataTable {
  package struct Column {
    package let name: String
    package let isNumber: Bool

    static func text(_ name: String) -> Column { Column(name: name, isNumber: false) }
    static func number(_ name: String) -> Column { Column(name: name, isNumber: true) }
  }

  package let caption: String
  package let columns: [Column]
  package let rows: [[String]]
  /// The row to be marked.
  package var chosen: Int?
  /// Whether the first column holds names of several words.
  var hasLongNames = false

  /// The table, in a box of its own that scrolls.
  var html: Markup {
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(caption)\">\(bare)</div>"
  }

  /// The table, closed until it is asked for.
  var folded: Markup {
    "<details class=\"data\"><summary>The numbers as a table</summary>\(html)</details>"
  }

  private var kind: Markup { hasLongNames ? " class=\"runs\"" : "" }

  private var bare: Markup {
    let head = columns.map { column -> Markup in
      "<th scope=\"col\"\(numeric(column))>\(column.name)</th>"
    }
    let body = rows.enumerated().map { index, row -> Markup in
      let cells = zip(columns, row).enumerated().map { place, cell -> Markup in
        let content: Markup = "<bdi>\(cell.1)</bdi>"
        return place == 0
          ? "<th scope=\"row\"\(numeric(cell.0))>\(content)</th>"
          : "<td\(numeric(cell.0))>\(content)</td>"
      }
      let mark: Markup = index == chosen ? " class=\"chosen\"" : ""
      return "<tr\(mark)>\(cells)</tr>\n"
    }
    return """
      <table\(kind)><caption>\(caption)</caption><thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)</tbody></table>
      """
  }

  private func numeric(_ column: Column) -> Markup { column.isNumber ? " class=\"n\"" : "" }
}
