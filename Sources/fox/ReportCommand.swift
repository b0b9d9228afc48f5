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

      With --book the page is one of the book's (make book): each question has a page of its own \
      beside OUT.html, with links into the book.

      Examples:
        fox report report.html
        fox report report.html --results results.json
        fox report report.html --questions part1 --json
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
  @Flag(help: "Write a page for each question, with links to the book's pages beside it.")
  var book = false
  @Option(help: ArgumentHelp("Keep the results in this file.", valueName: "file"))
  var save: String?
  @Option(
    defaultAsFlag: "-", parsing: .next,
    help: ArgumentHelp(
      "Print the results as one JSON document, or write it to a file.", valueName: "file"))
  var json: String?

  func validate() throws {
    if output.isEmpty { throw ValidationError("OUT.html is empty; expected a file to write") }
    if results.contains("") { throw ValidationError("--results is empty; expected a file") }
    for (name, file) in [("--json", json), ("--save", save)] {
      if file == "" { throw ValidationError("\(name) is empty; expected a file to write") }
      if file == output { throw ValidationError("\(name) and OUT.html are the same file") }
    }
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
      for path in [output] + kept {
        try Fault.refuse(path, ifAmong: results + modelFiles())
        Output.noteLink(path)
      }
      let found =
        results.isEmpty
        ? LoadedResults(try compute(), name: "computed for this page")
        : try LoadedResults(paths: results)
      let pages = try pages(found)
      for file in kept { try found.results.write(to: file) }
      // The first page last: it leads to the others.
      for (path, page) in pages.reversed() { try AtomicFile.write(page, to: path) }
      if json == "-" { try Output.json(found.results.json) }
      let answered = found.results.answered.map(\.rawValue).joined(separator: ", ")
      let bytes = pages.reduce(0) { $0 + $1.html.count }
      let size = pages.count > 1 ? "\(pages.count) pages" : counted(bytes, "byte")
      Output.note("\(output): \(answered); \(size)")
    }
  }

  /// Files that the results are kept in.
  private var kept: [String] { [json == "-" ? nil : json, save].compactMap { $0 } }

  /// What is written, and where.
  private func pages(_ found: LoadedResults) throws -> [(path: String, html: [UInt8])] {
    let report = ReportPage(found.results, sources: found.sources)
    guard book else { return [(output, try report.html())] }
    let file = URL(fileURLWithPath: output)
    return try report.pages(file.lastPathComponent).map { name, html in
      (file.deletingLastPathComponent().appendingPathComponent(name).path, html)
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
