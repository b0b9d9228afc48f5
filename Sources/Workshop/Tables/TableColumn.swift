import FoxDecoding
import FoxFiles

extension Table {
  /// The cells of a column as one type. SPEC `DATA-8`.
  package enum Values: Equatable, Sendable {
    /// All are integers, or strings that spell one.
    case integers([Int])
    /// All are numbers, or strings that spell one, and one has a fraction or an exponent.
    case numbers([Double])
    case strings([String])
  }

  /// The cells of a column as integers, else as numbers, else as strings: how `datasets` types the
  /// columns of a CSV file, and so how `run_glue` tells regression from classification.
  ///
  /// - Throws: `Fault` when there is no such column, and for null, nested values, and numbers or
  ///   booleans among strings.
  package func values(column name: String) throws(Fault) -> Values {
    let cells = try column(name)
    let integers = cells.compactMap(Self.integer)
    if integers.count == cells.count { return .integers(integers) }
    let numbers = cells.compactMap(Self.number)
    if numbers.count == cells.count { return .numbers(numbers) }
    // As a CSV file spells them.
    let flags = cells.compactMap(\.bool)
    if flags.count == cells.count { return .strings(flags.map { $0 ? "true" : "false" }) }
    return .strings(try texts(column: name))
  }

  private static func integer(_ cell: JSON) -> Int? {
    switch cell {
    case .integer(let value): value
    case .string(let text): spelled(text).flatMap { Int($0) }
    default: nil
    }
  }

  private static func number(_ cell: JSON) -> Double? {
    switch cell {
    case .string(let text): spelled(text).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    default: cell.double
    }
  }

  /// The text without spaces around it, when it is made of what decimal numbers are made of.
  private static func spelled(_ text: String) -> String? {
    let bytes = text.utf8
    guard bytes.count <= 64 else { return nil }
    let trimmed = bytes.drop { $0 == 0x20 }
    let core = trimmed.prefix(trimmed.count - trimmed.reversed().prefix { $0 == 0x20 }.count)
    return core.allSatisfy { "0123456789+-.eE".utf8.contains($0) } ? String(core) : nil
  }
}

extension Table {
  /// Which column holds the texts, and why.
  package struct TextColumn: Equatable, Sendable {
    package let name: String
    package let reason: Reason

    /// Why a column was taken.
    package enum Reason: Equatable, Sendable {
      /// The caller named it.
      case given
      /// It has a name that texts are known by: `story` or `text`.
      case known
      /// It is the first column that can be a text.
      case first
    }
  }

  /// The column of the texts: the one that is given, else `story` (the homework's rule), else
  /// `text` (`run_clm`'s), else the first that can be a text. SPEC `DATA-7`, `DATA-14`.
  ///
  /// - Throws: `Fault` when there is no such column.
  package func textColumn(given name: String? = nil) throws(Fault) -> TextColumn {
    if let name {
      guard has(column: name) else {
        throw .noColumn(path: self.name, name: name, columns: columns)
      }
      return TextColumn(name: name, reason: .given)
    }
    if let known = ["story", "text"].first(where: {
      has(column: $0) && whyNotText($0) == nil
    }) {
      return TextColumn(name: known, reason: .known)
    }
    guard let first = textColumns().first else { throw noTextColumn() }
    return TextColumn(name: first, reason: .first)
  }
}
