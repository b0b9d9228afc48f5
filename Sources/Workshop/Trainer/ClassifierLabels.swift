import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxModels
import FoxTables

/// # What a classifier tells apart
///
/// Adds to BERT the meaning of its outputs: which labels there are, in which order, and which columns of
/// a table hold texts and labels.

/// The labels of a classifier: names in the order of its outputs, or scores to be met.
///
/// SPEC `CLASS-2`. Source: `run_glue` of the notebook.
public struct ClassifierLabels: Sendable, Equatable {
  /// The names, by id; none for scores.
  public private(set) var names: [String]
  /// Whether the data spells them as integers: `config.json` then has them so, as the reference's.
  public private(set) var areIntegers = false
  private var ids: [UTF8Key: Int] = [:]

  /// Whether the labels are scores.
  public var isRegression: Bool { names.isEmpty }
  /// How many outputs a model has for them.
  public var outputs: Int { max(1, names.count) }

  /// Scores.
  public static let scores = ClassifierLabels(names: [])

  private init(names: [String]) {
    self.names = names
    for (id, name) in names.enumerated() { ids[UTF8Key(name)] = id }
  }

  /// The labels of the user's own data, sorted: numbers with a fraction are scores.
  ///
  /// - Throws: `Fault` for a column that is not there or of mixed types, and for
  ///   fewer than two classes.
  public init(of table: Table, column: String) throws {
    switch try table.values(column: column) {
    case .numbers: self = .scores
    case .integers(let values):
      self.init(names: Set(values).sorted().map(String.init))
      areIntegers = true
      if values.contains(-1) {
        throw Fault(
          table.name, at: column, found: "the label -1", expected: "labels that are known",
          hint: "-1 stands for an unknown one")
      }
    case .strings(let values):
      let unique = Set(values.map { UTF8Key($0) })
      var seen: Set<UTF8Key> = []
      let names = values.filter { seen.insert(UTF8Key($0)).inserted }
      self.init(names: names.sorted { UTF8Key.precedes($0, $1) })
      if unique.contains(UTF8Key("")) {
        throw Fault(table.name, at: column, found: "an empty label", expected: "names")
      }
    }
    if names.count == 1 {
      throw Fault(
        table.name, at: column, found: "one class only, \(Fault.quoted(names[0]))",
        expected: "at least two", hint: "there is nothing to learn")
    }
  }

  /// The labels of a task of GLUE, in the order of the model's own when it has the same ones,
  /// letters in capitals or not; the data may have the task's ids or names.
  ///
  /// - Parameter own: The labels of the checkpoint.
  public init(of task: GLUETask, own: [String]) {
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
  public init(of configuration: BERTConfiguration) {
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
  public func targets(of table: Table, column: String) throws -> BERTLabels {
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
        let known = names.prefix(10).map { Fault.quoted($0) }.joined(separator: ", ")
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

/// The columns of a table that a classifier reads.
///
/// SPEC `CLASS-3`. Source: `run_glue` of the notebook.
public struct ClassifierColumns: Sendable, Equatable {
  /// The column of the sentence, or of the first of a pair.
  public let first: String
  /// The column of the second sentence of a pair.
  public let second: String?
  /// The column of the label.
  public let label: String

  /// The columns that are given; else those of the task; else `sentence1` and `sentence2`; else the
  /// first two that are no labels, or the only one.
  ///
  /// - Throws: `Fault` for a column that is not there, and for a table of labels
  ///   only.
  public init(
    of table: Table, task: GLUETask? = nil, text: String? = nil, pair: String? = nil,
    label: String = "label"
  ) throws {
    self.label = label
    let others = table.columns.filter { !UTF8Key.equal($0, label) }
    let chosen: [String]
    if let text {
      chosen = [text] + (pair.map { [$0] } ?? [])
    } else if let task {
      chosen = task.sentenceColumns
    } else if ["sentence1", "sentence2"].allSatisfy({ table.has(column: $0) }) {
      chosen = ["sentence1", "sentence2"]
    } else {
      chosen = Array(others.prefix(2))
    }
    guard let name = chosen.first else {
      throw Fault(
        table.name, found: "only the column \(Fault.quoted(label))",
        expected: "a column of texts beside the labels")
    }
    for name in chosen where !table.has(column: name) {
      throw Fault.noColumn(path: table.name, name: name, columns: table.columns)
    }
    (first, second) = (name, chosen.count > 1 ? chosen[1] : nil)
  }

  /// Which columns are taken, in words.
  public var description: String {
    let sentences =
      second.map {
        "sentence pairs are \(Fault.quoted(first)) and \(Fault.quoted($0))"
      }
      ?? "sentences are \(Fault.quoted(first))"
    return "\(sentences), labels \(Fault.quoted(label))"
  }
}
