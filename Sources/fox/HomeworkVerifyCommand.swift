/// `fox homework verify`: what the homework prints, beside ours.
struct HomeworkVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare every printed number of the homework with ours.",
    discussion: """
      Three tables. What is computed differs when our code is wrong. What is consistent only shows \
      that printed numbers agree with each other: one runtime explains three speeds, an accuracy is a \
      whole number of 872, the pivots were copied without a slip. What needs true weights or CoQA \
      comes with the command that gets them. The exit code is 1 when a row differs, else 0.

      Weights and data that are in their usual places (Weights/gpt2, Weights/bert-base-cased, coqa and \
      tinySST-homework of FOX_DATA) are found.

      Examples:
        fox homework verify
        fox homework verify --gpt2 Weights/gpt2 --json
      """)

  @Option(help: ArgumentHelp("Folder of OpenAI's gpt2.", valueName: "dir")) var gpt2: String?
  @Option(help: ArgumentHelp("Folder of Google's bert-base-cased.", valueName: "dir"))
  var bert: String?
  @Option(
    help: ArgumentHelp(
      "Folder with coqa-train.json and coqa-dev.json, or a folder coqa with the files as they are "
        + "distributed.", valueName: "dir"))
  var coqa: String?
  @Flag(help: "Fine-tune too, which takes the better part of an hour.") var train = false
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    for (name, value) in [("gpt2", gpt2), ("bert", bert), ("coqa", coqa)] where value == "" {
      throw ValidationError("--\(name) is empty; expected a folder")
    }
  }

  func run() throws {
    try reportingFailures {
      let line = ProgressLine()
      let verification = try Verification(parts()) { line.show($0) }
      line.clear()
      if json {
        try Output.json(document(verification))
      } else {
        try printTable(verification)
      }
      if !verification.holds { throw ExitCode(ExitStatus.failedOnInput) }
    }
  }

  private func parts() throws -> VerificationParts {
    func known(_ path: String?, _ file: String) -> String? {
      path.flatMap { FileManager.default.fileExists(atPath: "\($0)/\(file)") ? $0 : nil }
    }
    let data = ProcessInfo.processInfo.environment["FOX_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    var parts = VerificationParts()
    parts.gpt2 = try gpt2.map(NamedModel.folder) ?? DefaultModel.inWeights("gpt2")
    parts.bert = try bert.map(NamedModel.folder) ?? DefaultModel.inWeights("bert-base-cased")
    parts.coqa = coqa ?? known(data, "coqa/coqa-dev-v1.0.json")
    parts.tinySST = known(data.map { "\($0)/tinySST-homework" }, "train.tsv")
    parts.trains = train
    return parts
  }

  /// A table for each kind of row; what is needed is numbered and said once, at the end.
  private func printTable(_ verification: Verification) throws {
    var remedies: [String] = []
    for kind in Verification.Kind.allCases where !verification.rows(kind).isEmpty {
      try Output.line(kind.heading)
      for row in verification.rows(kind) { try printRow(row, &remedies) }
      try Output.line("")
    }
    for (index, remedy) in remedies.enumerated() { try Output.line("[\(index + 1)] \(remedy)") }
    if !remedies.isEmpty { try Output.line("") }
    for line in TextTable.wrapped(summary(verification)) { try Output.line(line) }
  }

  private func printRow(_ row: Verification.Row, _ remedies: inout [String]) throws {
    var verdict = row.verdict.description
    if case .needs(let remedy) = row.verdict {
      if !remedies.contains(remedy) { remedies.append(remedy) }
      verdict = "needs [\((remedies.firstIndex(of: remedy) ?? 0) + 1)]"
    }
    if row.verdict == .differs { verdict = "DIFFERS" }
    if row.verdict == .equal, row.kind == .consistent { verdict = "consistent" }
    try Output.line(
      row.question.padded(to: 18) + verdict.padded(to: 16) + short("\(row.what): \(row.printed)"))
    if row.verdict == .equal { return }
    if let ours = row.ours {
      try Output.line(String(repeating: " ", count: 28) + short("ours: \(ours)"))
    }
  }

  private func summary(_ verification: Verification) -> String {
    func count(_ kind: Verification.Kind, _ isCounted: (Verification.Verdict) -> Bool) -> Int {
      verification.rows(kind).count { isCounted($0.verdict) }
    }
    let near = count(.computed) { if case .within = $0 { true } else { false } }
    let counts = [
      "\(count(.computed) { $0 == .equal }) are computed and equal",
      "\(near) are computed and within their tolerance",
      "\(count(.consistent) { $0 == .equal }) are consistent with the print",
      "\(verification.rows(.needs).count) need what is not here",
      "\(verification.rows.count { $0.verdict == .differs }) differ",
    ]
    return "Of \(verification.rows.count) printed numbers and texts "
      + counts.joined(separator: ", ") + "."
  }

  /// A text that fits the line.
  private func short(_ text: String) -> String {
    let shown = Output.visible(text)
    return shown.count > 66 ? shown.prefix(65) + "…" : shown
  }

  private func document(_ verification: Verification) -> JSON {
    let rows = verification.rows.map { row -> JSON in
      [
        "question": .string(row.question), "what": .string(row.what),
        "printed": .string(row.printed), "ours": row.ours.map { .string($0) } ?? .null,
        "tolerance": .number(row.tolerance), "verdict": .string(row.verdict.description),
        "kind": .string(row.kind.rawValue),
      ]
    }
    return ["holds": .bool(verification.holds), "rows": .array(rows)]
  }
}

extension Verification.Kind {
  /// Over the table.
  fileprivate var heading: String {
    switch self {
    case .computed: "Computed here"
    case .consistent: "Consistent with the print, which tries no code of ours"
    case .needs: "Needs true weights or data"
    }
  }
}
