import FoxReport

/// `fox report`: the homework as a page. SPEC `CLI-90`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the homework as one page: code, results, figures, answers.",
    discussion: """
      The page needs nothing else: no network, font or file. All eight questions are computed on the \
      spot from few texts, as "fox homework all" does, in a minute on the default model; what needs a \
      BERT or a translator that is not here is left out, and the page says how to get it. With \
      --results the page shows what earlier runs found and nothing is computed; of a question that \
      several files answer, the last counts.

      Examples:
        fox report report.html
        fox report report.html --results results.json
      """)

  @Argument(help: ArgumentHelp("The page to write.", valueName: "out.html")) var output: String
  @OptionGroup var gpt2: AnsweringModel
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Compute these only: q1.1 to q3.2, part1 to part3. Default: all.", valueName: "question"))
  var questions: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of \"fox homework --save\" or \"--json\".", valueName: "file"))
  var results: [String] = []
  @Option(help: ArgumentHelp("Keep the results in this file too.", valueName: "file"))
  var json: String?

  func validate() throws {
    if output.isEmpty { throw ValidationError("OUT.html is empty; expected a file to write") }
    if results.contains("") { throw ValidationError("--results is empty; expected a file") }
    if json == "" { throw ValidationError("--json is empty; expected a file to write") }
    if json == output { throw ValidationError("--json and OUT.html are the same file") }
    _ = try HomeworkQuestion.all(questions)
    if !questions.isEmpty, !results.isEmpty {
      throw ValidationError(
        "--questions computes results and --results reads them; give one of the two")
    }
    if gpt2.model != nil, !results.isEmpty {
      throw ValidationError(
        "--model computes results and --results reads them; give one of the two")
    }
  }

  func run() throws {
    try reportingFailures {
      for path in [output] + (json.map { [$0] } ?? []) {
        try Fault.refuse(path, ifAmong: results + modelFiles())
        Output.noteLink(path)
      }
      let found =
        results.isEmpty
        ? LoadedResults(try compute(), name: "computed for this page")
        : try LoadedResults(paths: results)
      let page = try ReportPage(found.results, sources: found.sources).html()
      if let json { try found.results.write(to: json) }
      try AtomicFile.write(page, to: output)
      let answered = found.results.answered.map(\.rawValue).joined(separator: ", ")
      Output.note("\(output): \(answered); \(counted(page.count, "byte"))")
    }
  }

  /// What is read where the results are computed.
  private func modelFiles() throws -> [String] {
    results.isEmpty ? Folder.files(in: try DefaultModel.find(explicit: gpt2.model)) : []
  }

  /// What was asked for, of it all that can be answered here.
  private func compute() throws -> HomeworkResults {
    let runner = try HomeworkRunner(
      sizes: HomeworkSizes.parse([]), model: gpt2.model, classifier: nil,
      paraphrases: HomeworkParaphrases.parse([]), skipsMissing: true, save: { _ in })
    return try runner.answer(HomeworkQuestion.all(questions.isEmpty ? ["all"] : questions)) { _ in }
  }
}
