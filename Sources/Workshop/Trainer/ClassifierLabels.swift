import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxModels
import FoxTables

/// # What a classifier tells apart
///
/// Adds to BERT the meaning of its outputs: which labels there are, and in which order.

/// The labels of a classifier: names in the order of its outputs, or scores to be met.
///
/// SPEC `CLASS-2`. Source: `run_glue` of the notebook.
package struct ClassifierLabels: Sendable, Equatable {
  /// The names, by id; none for scores.
  package private(set) var names: [String]
  /// Whether the data spells them as integers: `config.json` then has them so, as the reference's.
  package private(set) var areIntegers = false
  private var ids: [UTF8Key: Int] = [:]
  /// The names that several outputs have.
  private var shared: Set<UTF8Key> = []

  /// Whether the labels are scores.
  package var isRegression: Bool { names.isEmpty }
  /// How many outputs a model has for them.
  package var outputs: Int { max(1, names.count) }

  /// Scores.
  package static let scores = ClassifierLabels(names: [])

  private init(names: [String]) {
    self.names = names
    for (id, name) in names.enumerated() {
      if ids.updateValue(id, forKey: UTF8Key(name)) != nil { shared.insert(UTF8Key(name)) }
    }
    // Which of the outputs such a name means cannot be said.
    for name in shared { ids[name] = nil }
  }

  /// The names, those that several outputs have with the number of the output.
  package var distinctNames: [String] {
    names.enumerated().map { id, name in
      shared.contains(UTF8Key(name)) ? "\(name) (\(id))" : name
    }
  }

  /// The labels of the user's own data, sorted: numbers with a fraction are scores.
  ///
  /// - Throws: `Fault` for a column that is not there or of mixed types, and for
  ///   fewer than two classes.
  package init(of table: Table, column: String) throws {
    try Self.refuseMissing(table, column)
    switch try table.values(column: column) {
    case .numbers: self = .scores
    case .integers(let values):
      self.init(names: Set(values).sorted().map(String.init))
      areIntegers = true
    case .strings(let values):
      var seen: Set<UTF8Key> = []
      let names = values.filter { seen.insert(UTF8Key($0)).inserted }
      self.init(names: names.sorted { UTF8Key.precedes($0, $1) })
    }
    if names.count == 1 {
      throw Fault(
        table.name, at: column, found: "one class only, \(Fault.quoted(names[0]))",
        expected: "at least two", hint: "there is nothing to learn")
    }
  }

  /// Refuses a row without a label: nothing, or what spells a missing value where all others are
  /// numbers. `nan` is never a name. SPEC `CLASS-11`.
  private static func refuseMissing(_ table: Table, _ column: String) throws(Fault) {
    let cells = try table.column(column)
    func isMissing(_ cell: JSON) -> Bool {
      guard let text = cell.string else { return cell.isNull }
      return text.utf8.allSatisfy { $0 == 0x20 } || text.lowercased() == "nan"
    }
    func isPlaceholder(_ cell: JSON) -> Bool {
      [
        "na", "n/a", "#n/a", "<na>", "none", "null", "inf", "-inf", "missing", "unknown", "?", "-",
        "--", ".",
      ].contains(cell.string?.lowercased() ?? "")
    }
    func isNumber(_ cell: JSON) -> Bool { cell.double != nil || Double(cell.string ?? "") != nil }
    // Whoever calls two classes "none" and "some" means them so.
    let areNumbers =
      cells.contains(where: isNumber)
      && cells.allSatisfy { isNumber($0) || isMissing($0) || isPlaceholder($0) }
    for (row, cell) in cells.enumerated()
    where isMissing(cell) || (areNumbers && isPlaceholder(cell)) {
      throw table.wrong(cell, row: row, column: column, expected: "a label")
    }
  }

  /// What the user should hear about labels that may not be meant as they were taken.
  static func warning(about table: Table, column: String) -> String? {
    switch try? table.values(column: column) {
    case .numbers(let values):
      let areWhole = values.allSatisfy { $0.rounded() == $0 }
      return
        "\(table.name): the labels \(Fault.quoted(column)) are numbers with a fraction, so the "
        + "model learns scores (regression)\(areWhole ? "; for classes write 1, not 1.0" : "")"
    case .integers(let values) where values.contains(-1):
      return "\(table.name): the label -1 of \(Fault.quoted(column)) is taken as a class; in files "
        + "of GLUE it means that the label is not known"
    case .strings(let values): return spellings(of: values, in: table, column)
    default: return nil
    }
  }

  /// A warning about two labels that differ in white space around them, or in capitals.
  private static func spellings(
    of values: [String], in table: Table, _ column: String
  ) -> String? {
    var seen: [UTF8Key: String] = [:]
    for value in values {
      let plain = UTF8Key(PythonText.strip(value).lowercased())
      let first = seen[plain] ?? value
      seen[plain] = first
      if !UTF8Key.equal(first, value) {
        return "\(table.name): the labels \(Fault.quoted(first)) and \(Fault.quoted(value)) of "
          + "\(Fault.quoted(column)) are taken as two classes"
      }
    }
    return nil
  }

  /// The labels of a task of GLUE, in the order of the model's own when it has the same ones,
  /// letters in capitals or not; the data may have the task's ids or names.
  ///
  /// - Parameter own: The labels of the checkpoint.
  package init(of task: GLUETask, own: [String]) {
    if task.isRegression {
      self = .scores
      return
    }
    let known = task.labelNames
    let lower = own.map { $0.lowercased() }
    self.init(names: lower.sorted() == known.sorted() ? own : known)
    for (id, name) in known.enumerated() {
      let place = lower.sorted() == known.sorted() ? lower.firstIndex(of: name) ?? id : id
      ids[UTF8Key(name)] = place
      ids[UTF8Key(String(id))] = place
    }
  }

  /// The labels that a model was trained on: data may have its names, or ids where no name is one.
  package init(of configuration: BERTConfiguration) {
    if configuration.labels.count == 1 {
      self = .scores
      return
    }
    self.init(names: configuration.labels)
    areIntegers = names.allSatisfy { Int($0).map(String.init) == $0 }
    if names.contains(where: { Int($0) != nil }) { return }
    for id in names.indices { ids[UTF8Key(String(id))] = id }
  }

  /// The labels of a table's rows.
  ///
  /// - Throws: `Fault`, with the line, for any other label.
  package func targets(of table: Table, column: String) throws -> BERTLabels {
    let values = try table.values(column: column)
    if isRegression {
      switch values {
      case .integers(let values): return .values(values.map(Float.init))
      case .numbers(let values): return .values(try finite(values, table, column))
      case .strings:
        let cells = try table.column(column)
        let row = cells.firstIndex { Double($0.string ?? "") == nil && $0.double == nil } ?? 0
        throw table.wrong(cells[row], row: row, column: column, expected: "a number")
      }
    }
    let texts =
      switch values {
      case .integers(let values): values.map(String.init)
      case .numbers(let values): values.map(\.description)
      case .strings(let values): values
      }
    return .classes(
      try texts.enumerated().map { row, text in
        if let id = ids[UTF8Key(text)] { return id }
        let known = distinctNames.prefix(10).map { Fault.quoted($0) }.joined(separator: ", ")
        throw table.wrong(
          .string(text), row: row, column: column,
          expected: "one of the labels \(known)\(names.count > 10 ? " …" : "")")
      })
  }

  private func finite(_ values: [Double], _ table: Table, _ column: String) throws -> [Float] {
    try values.enumerated().map { row, value in
      let small = Float(value)
      if small.isFinite { return small }
      throw table.wrong(.number(value), row: row, column: column, expected: "a float32 number")
    }
  }
}
