// Who imports tables has the chapter that they grew out of.
@_exported public import FoxData
import FoxDecoding
import FoxFiles

/// Where a row is: its line in the file where lines are known, else its number from 1.
package enum RowPlace: Equatable, Sendable, CustomStringConvertible {
  case line(Int)
  case row(Int)

  /// `line 3` or `row 3`.
  package var description: String {
    switch self {
    case .line(let line): "line \(line)"
    case .row(let row): "row \(row)"
    }
  }
}

/// What can go wrong with a table, in the words of `Fault`.
extension Fault {
  /// There is no column of that name.
  package static func noColumn(path: String, name: String?, columns: [String]) -> Fault {
    guard let name else { return Fault(path, found: "no columns", expected: "at least 1") }
    return Fault(path, found: "no column \(shown(name))", expected: list(columns))
  }

  /// There are columns, but nothing in them.
  package static func noRows(_ path: String) -> Fault {
    Fault(path, found: "no rows", expected: "at least 1")
  }

  /// No story has two sentences.
  package static func noPairs(name: String, stories: Int) -> Fault {
    Fault(
      name, found: "two sentences in none of \(counted(stories, "story", "stories"))",
      expected: "\". \" between the first two of some")
  }

  /// What should be a row is not an object.
  static func notARow(path: String, place: RowPlace, found: String) -> Fault {
    Fault(
      path, at: "\(place)", found: found, expected: "an object with the columns as members")
  }

  /// The document holds no list of rows where one was looked for.
  static func noList(path: String, field: String?, found: String) -> Fault {
    Fault(
      path, at: field.map { "field \(shown($0))" }, found: found, expected: "a list of objects")
  }

  /// The document has no member of that name.
  static func noField(path: String, field: String, members: [String]) -> Fault {
    Fault(path, found: "no field \(shown(field))", expected: list(members))
  }

  /// At most ten names, quoted.
  package static func list(_ names: [String]) -> String {
    if names.isEmpty { return "none (there are none)" }
    let more = names.count > 10 ? " and \(names.count - 10) more" : ""
    return names.prefix(10).map { shown($0) }.joined(separator: ", ") + more
  }
}
