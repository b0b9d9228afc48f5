import FoxContract

/// `fox spec`: the clauses of SPEC.md (`CLI-91`).
struct SpecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spec",
    abstract: "Print a clause of the specification with its tests, goldens and sources.",
    discussion: """
      Without an argument it lists all clauses. SPEC.md is that of the package above the current \
      folder or above the program.

      Examples:
        fox spec BEAM-3
        fox spec Q1.5
        fox spec --json
      """)

  @Argument(help: "Clauses, such as BEAM-3, or questions of the homework, such as Q1.1.")
  var names: [String] = []
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    try reportingFailures {
      let package = try Self.package()
      let contract = try Contract(package: package)
      let clauses = try names.isEmpty ? contract.clauses : chosen(from: contract)
      let tests = try ClauseTest.all(package: package)
      if json {
        let list = clauses.map { document($0, tests) }
        try Output.json(.object(.init([("clauses", .array(list))])))
      } else if names.isEmpty {
        try printList(clauses)
      } else {
        try Output.write(clauses.map { text($0, tests) }.joined(separator: "\n"))
      }
    }
  }

  private func chosen(from contract: Contract) throws -> [Clause] {
    try names.flatMap { name in
      let id = name.uppercased()
      if let clause = contract[id] { return [clause] }
      if let questions = HomeworkQuestion.named(name) {
        let answers = questions.flatMap { contract.clauses(ofQuestion: $0.rawValue.uppercased()) }
        let ids = Set(answers.map(\.id))
        return contract.clauses.filter { ids.contains($0.id) }
      }
      let near = contract.near(id)
      throw Fault(
        "SPEC.md", found: "no clause \(shown(name))", expected: "a clause or a question",
        hint: near.isEmpty
          ? "fox spec lists them" : "near it are \(near.joined(separator: ", "))")
    }
  }

  /// The folder with SPEC.md, Package.swift and Tests.
  private static func package() throws -> URL {
    if let folder = PackageFolder.holding("SPEC.md", "Package.swift", "Tests") {
      return URL(fileURLWithPath: folder)
    }
    throw Fault(
      "SPEC.md", found: "no package above \(PackageFolder.starts.joined(separator: ", or "))",
      expected: "the package of fox", hint: "run fox within it")
  }

  // MARK: What is printed

  private func printList(_ clauses: [Clause]) throws {
    var lines: [String] = []
    var section = ""
    for clause in clauses {
      if clause.section != section {
        section = clause.section
        lines.append((lines.isEmpty ? "" : "\n") + section)
      }
      lines.append("  \(clause.id.padded(to: 10))  \(cut(clause.rule, to: 86))")
    }
    try Output.line(lines.joined(separator: "\n"))
  }

  private func text(_ clause: Clause, _ tests: [ClauseTest]) -> String {
    var lines =
      ["\(clause.id) · \(clause.section)"] + TextTable.wrapped(clause.rule).map { "  \($0)" }
    func add(_ title: String, _ values: [String]) {
      for (index, value) in values.enumerated() {
        lines.append("  " + (index == 0 ? title : "").padded(to: 10) + value)
      }
    }
    lines.append("")
    add("homework", clause.homework.map { [$0] } ?? [])
    add("tests", verifying(clause, tests).map { "\($0.file):\($0.line)  \($0.words)" })
    add("run", [command(clause)])
    add("golden", clause.goldens)
    add("source", clause.sources)
    return lines.joined(separator: "\n") + "\n"
  }

  private func document(_ clause: Clause, _ tests: [ClauseTest]) -> JSON {
    let tests = verifying(clause, tests).map { test in
      JSON.object(
        .init([
          ("file", .string(test.file)), ("line", .integer(test.line)),
          ("words", .string(test.words)),
        ]))
    }
    return .object(
      .init([
        ("id", .string(clause.id)), ("section", .string(clause.section)),
        ("rule", .string(clause.rule)),
        ("homework", clause.homework.map(JSON.string) ?? .null), ("tests", .array(tests)),
        ("goldens", .array(clause.goldens.map(JSON.string))),
        ("sources", .array(clause.sources.map(JSON.string))), ("command", .string(command(clause))),
      ]))
  }

  private func verifying(_ clause: Clause, _ tests: [ClauseTest]) -> [ClauseTest] {
    tests.filter { $0.clauses.contains(clause.id) }
  }

  /// `\b` on both sides: `BEAM-3` stands in `BEAM-30` and in `HF-3` too.
  private func command(_ clause: Clause) -> String { "swift test --filter '\\b\(clause.id)\\b'" }

  private func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }
}
