import ArgumentParser
import Foundation
import FoxFiles
import FoxQuestions

/// `fox homework verify`: what the homework prints, beside ours.
struct HomeworkVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare every printed number of the homework with ours.",
    discussion: """
      A table of question, printed number, ours, tolerance and verdict: equal, within a tolerance, \
      differs, or needs something that is not there, with what brings it. What needs no weights is \
      computed in any case. The exit code is 1 when a row differs, else 0.

      Weights and data that are in their usual places (Weights/gpt2, Weights/bert-base-cased, coqa and \
      tinySST-homework of FOX_DATA) are found.
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
    let weights = try? DefaultModel.weights()
    let data = ProcessInfo.processInfo.environment["FOX_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    var parts = VerificationParts()
    parts.gpt2 =
      try gpt2.map(NamedModel.folder) ?? known(weights.map { "\($0)/gpt2" }, "config.json")
    parts.bert =
      try bert.map(NamedModel.folder)
      ?? known(weights.map { "\($0)/bert-base-cased" }, "config.json")
    parts.coqa = coqa ?? known(data, "coqa/coqa-dev-v1.0.json")
    parts.tinySST = known(data.map { "\($0)/tinySST-homework" }, "train.tsv")
    parts.trains = train
    return parts
  }

  /// A line for each row; what is needed is numbered and said once, at the end.
  private func printTable(_ verification: Verification) throws {
    var remedies: [String] = []
    for row in verification.rows {
      var verdict = row.verdict.description
      if case .needs(let remedy) = row.verdict {
        if !remedies.contains(remedy) { remedies.append(remedy) }
        verdict = "needs [\((remedies.firstIndex(of: remedy) ?? 0) + 1)]"
      }
      if row.verdict == .differs { verdict = "DIFFERS" }
      try Output.line(
        row.question.padded(18) + verdict.padded(16) + short("\(row.what): \(row.printed)"))
      if row.verdict == .equal { continue }
      if let ours = row.ours {
        try Output.line(String(repeating: " ", count: 28) + short("ours: \(ours)"))
      }
    }
    try Output.line("")
    for (index, remedy) in remedies.enumerated() { try Output.line("[\(index + 1)] \(remedy)") }
    if !remedies.isEmpty { try Output.line("") }
    for line in TextTable.wrapped(summary(verification)) { try Output.line(line) }
  }

  private func summary(_ verification: Verification) -> String {
    func isNeed(_ verdict: Verification.Verdict) -> Bool {
      if case .needs = verdict { true } else { false }
    }
    func isNear(_ verdict: Verification.Verdict) -> Bool {
      if case .within = verdict { true } else { false }
    }
    let counts = [
      ("equal", verification.count { $0 == .equal }),
      ("within their tolerance", verification.count(isNear)),
      ("differ", verification.count { $0 == .differs }),
      ("need what is not here", verification.count(isNeed)),
    ]
    return "Of \(verification.rows.count) printed numbers and texts "
      + counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ") + "."
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
      ]
    }
    return ["holds": .bool(verification.holds), "rows": .array(rows)]
  }
}

extension String {
  /// With blanks behind it, at least one.
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
