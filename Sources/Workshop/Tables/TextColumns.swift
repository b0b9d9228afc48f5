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
    if let values = try? values(column: column), case .strings(let texts) = values {
      let name = column.lowercased()
      if Self.texts.contains(name) { return nil }
      if Self.isIdentifier(name) { return "names the rows" }
      return texts.allSatisfy { $0.isEmpty || Self.isCode($0) } ? "holds codes or dates" : nil
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

  /// What columns of texts are called, in the homework and in GLUE.
  private static let texts: Set<String> = ["story", "text", "sentence", "sentence1", "sentence2"]

  /// Whether columns of this name tell rows apart.
  private static func isIdentifier(_ name: String) -> Bool {
    ["id", "idx", "index", "guid", "uuid"].contains(name) || name.hasPrefix("unnamed:")
      || ["_id", "-id", " id", ".id"].contains { name.hasSuffix($0) }
  }

  /// Whether a cell is an address, a date, or one word of ASCII with a digit in it: `abc-1`.
  private static func isCode(_ cell: String) -> Bool {
    let bytes = cell.utf8
    if bytes.allSatisfy({ "0123456789-/:.+TZ ".utf8.contains($0) }) { return true }
    guard bytes.allSatisfy({ (0x21..<0x7F).contains($0) }) else { return false }
    return cell.contains("://") || bytes.contains { (0x30...0x39).contains($0) }
  }

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
