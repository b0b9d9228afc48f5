import FoxDecoding
import FoxFiles

/// # Which columns can be texts
///
/// Adds to tables the check that stands between a guess and a wrong training run: ids, indexes,
/// numbers and empty columns are not texts. SPEC `DATA-14`.
extension Table {
  /// Why a column is not taken for texts; `nil` when it can be.
  ///
  /// A column of an empty table cannot be told by its cells, only by its name.
  func whyNotText(_ column: String) -> String? {
    if column.utf8.allSatisfy({ $0 == 0x20 }) { return "has no name" }
    guard count > 0, let cells = try? self.column(column) else { return nil }
    if cells.allSatisfy({ $0.isNull || $0.string?.isEmpty == true }) { return "is empty" }
    if let values = try? values(column: column), case .strings = values {
      return Self.identifiers.contains(column.lowercased()) ? "names the rows" : nil
    }
    // Of a mixed column the reader names the row that is not a text.
    if !cells.contains(where: { Self.isWord($0) }) {
      return cells.contains { $0.string == nil && $0.double == nil }
        ? "is not text" : "holds numbers"
    }
    return nil
  }

  private static func isWord(_ cell: JSON) -> Bool {
    cell.string.map { !$0.isEmpty && Double($0) == nil } ?? false
  }

  /// What the columns that name rows are called.
  private static let identifiers: Set<String> = ["id", "idx", "index", "guid", "unnamed: 0"]

  /// The columns that can be texts, in their order.
  ///
  /// - Parameter label: The column of the labels, which is never a text.
  package func textColumns(besides label: String? = nil) -> [String] {
    columns.filter { name in
      if let label, UTF8Key.equal(name, label) { return false }
      return whyNotText(name) == nil
    }
  }

  /// The fault for a table without a column of texts, with what each column is.
  package func noTextColumn(besides label: String? = nil) -> Fault {
    let reasons = columns.map { name in
      let isLabel = label.map { UTF8Key.equal(name, $0) } ?? false
      return "\(shown(name)) \(isLabel ? "holds the labels" : whyNotText(name) ?? "is a text")"
    }
    return Fault(
      name, found: reasons.isEmpty ? "no columns" : reasons.prefix(10).joined(separator: ", "),
      expected: "a column of texts", hint: "if one of them is meant, name it")
  }
}
