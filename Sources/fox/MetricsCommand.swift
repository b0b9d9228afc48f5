/// `fox metrics`: numbers from files of predictions.
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Compute metrics of predictions.",
    discussion: """
      Examples:
        fox metrics glue --task sst2 --predictions said.txt --references gold.txt
      """,
    subcommands: [MetricsGLUECommand.self])
}

/// `fox metrics glue`.
struct MetricsGLUECommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "glue",
    abstract: "Compute the metrics of a GLUE task.",
    discussion: """
      A file has one label or score a line, or is a table (CSV, TSV, JSON) whose column prediction or \
      label is taken, else its last one. Labels are ids or the task's names for them.

      Examples:
        fox metrics glue --task sst2 --predictions said.txt --references gold.txt
        fox metrics glue --task stsb --predictions scores.txt --references dev.tsv --json
      """)

  @Option(help: "The task.") var task: GLUETaskName
  @Option(help: ArgumentHelp("The predictions.", valueName: "file")) var predictions: String
  @Option(help: ArgumentHelp("The references.", valueName: "file")) var references: String
  @OptionGroup var rows: FieldOption
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    for (name, value) in [("--predictions", predictions), ("--references", references)]
    where value.isEmpty {
      throw ValidationError("\(name) is empty; expected a file")
    }
    let isJSON = [predictions, references].contains { $0.lowercased().hasSuffix(".json") }
    if rows.field != nil, !isJSON { throw ValidationError("--field needs a .json file") }
  }

  func run() throws {
    try reportingFailures {
      let values = try compute()
      if json {
        return try Output.json([
          "task": .string(task.name), "count": .integer(values.count),
          "metrics": .object(.init(values.metrics.map { ($0.name, .number($0.value)) })),
        ])
      }
      let width = values.metrics.map(\.name.count).max() ?? 0
      for (name, value) in values.metrics { try Output.line("\(name.padded(to: width)) \(value)") }
    }
  }

  private func compute() throws -> (metrics: [(name: String, value: Double)], count: Int) {
    let predicted = try LabelFile(predictions, preferring: "prediction", rows)
    let given = try LabelFile(references, preferring: "label", rows)
    let glue = task.task
    if glue.isRegression {
      let scores = try predicted.scores()
      return (try glue.metrics(scores: scores, references: given.scores()), scores.count)
    }
    let labels = try predicted.labels(of: task)
    return (
      try glue.metrics(predictions: labels, references: given.labels(of: task)), labels.count
    )
  }
}

/// A task by its name, or by another that `evaluate` and transformers have: MNLI's two sets, and HANS,
/// which is scored as RTE is (`GLUE-1`).
struct GLUETaskName: ExpressibleByArgument {
  let name: String
  let task: GLUETask

  private static let others: KeyValuePairs<String, GLUETask> = [
    "mnli_matched": .mnli, "mnli_mismatched": .mnli, "mnli-mm": .mnli, "hans": .rte,
  ]
  static let allValueStrings = GLUETask.allCases.map(\.rawValue) + others.map(\.key)

  init?(argument: String) {
    guard
      let task = GLUETask(rawValue: argument)
        ?? Self.others.first(where: { $0.key == argument })?.value
    else { return nil }
    (name, self.task) = (argument, task)
  }

  /// The ids of labels by their names.
  var ids: [String: Int] {
    let names = name == "hans" ? ["entailment", "non-entailment"] : task.labelNames
    return Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
  }
}

struct LabelFile {
  private let table: Table
  private let column: String

  /// Reads a file: lines, or a table of which the preferred column is taken, else `label`, else the
  /// last.
  init(_ path: String, preferring name: String, _ rows: FieldOption) throws {
    table = try Self.read(path, rows)
    guard let last = table.columns.last, table.count > 0 else { throw Fault.noRows(path) }
    column = [name, "label"].first { [table] in table.has(column: $0) } ?? last
  }

  /// What is called a table is read as one; other files are TSV when their first line has a tab (such
  /// as `run_glue`'s predict_results), else lines.
  private static func read(_ path: String, _ rows: FieldOption) throws -> Table {
    let name = path.lowercased()
    // The other file may be of another kind.
    if name.hasSuffix(".json") { return try rows.read(path) }
    if [".jsonl", ".ndjson", ".csv", ".tsv"].contains(where: { name.hasSuffix($0) }) {
      return try Table.read(path: path)
    }
    let lines = try Table.read(
      path: path, options: TableOptions(format: .text, keepsLineBreaks: false))
    guard lines[0, 0].string?.contains("\t") == true else { return lines }
    return try Table.read(path: path, options: TableOptions(format: .tsv))
  }

  func scores() throws -> [Double] {
    try cells().map { place, text in
      guard let score = Double(text), score.isFinite else {
        throw wrong(text, place, expected: "a number")
      }
      return score
    }
  }

  /// The cells as ids of the task's labels.
  func labels(of task: GLUETaskName) throws -> [Int] {
    let names = task.ids
    return try cells().map { place, text in
      if let id = Int(text) ?? names[text] { return id }
      let expected = names.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
      throw wrong(text, place, expected: "a whole number or one of \(expected)")
    }
  }

  /// The texts of the column, without spaces and line breaks around them.
  private func cells() throws -> [(place: RowPlace, text: String)] {
    try table.column(column).enumerated().map { row, cell in
      let text =
        switch cell {
        case .string(let text): PythonText.strip(text)
        case .integer(let value): String(value)
        case .number(let value): value.description
        default: throw table.wrong(cell, row: row, column: column, expected: "a label or a score")
        }
      return (table.place(ofRow: row), text)
    }
  }

  private func wrong(_ text: String, _ place: RowPlace, expected: String) -> Fault {
    Fault(table.name, at: "\(place)", found: shown(text), expected: expected)
  }
}
