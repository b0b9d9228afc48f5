import ArgumentParser
import Foundation
import FoxFiles
import FoxQuestions
import FoxReport

/// `fox report`: the homework as a page. SPEC `CLI-90`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the homework as one page: code, results, figures, answers.",
    discussion: """
      The page needs nothing else: no network, font or file. Part 1 is computed on the spot, which \
      takes seconds on the default model. With --results the page shows what earlier runs found and \
      nothing is computed; of a question that several files answer, the last counts.

      Examples:
        fox report report.html
        fox report report.html --results results.json
      """)

  @Argument(help: ArgumentHelp("The page to write.", valueName: "out.html")) var output: String
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the GPT-2.", discussion: "Default: FOX_MODEL, else Weights/tale-gpt2.",
      valueName: "dir"))
  var model: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of \"fox homework --save\" or \"--json\".", valueName: "file"))
  var results: [String] = []
  @Option(help: ArgumentHelp("Keep the results in this file too.", valueName: "file"))
  var json: String?

  func validate() throws {
    if output.isEmpty { throw ValidationError("OUT.html is empty; expected a file to write") }
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
    if results.contains("") { throw ValidationError("--results is empty; expected a file") }
    if json == "" { throw ValidationError("--json is empty; expected a file to write") }
    if json == output { throw ValidationError("--json and OUT.html are the same file") }
    if model != nil, !results.isEmpty {
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
      Output.note("\(output): \(answered); \(page.count) bytes")
    }
  }

  /// What is read where the results are computed.
  private func modelFiles() throws -> [String] {
    results.isEmpty ? Folder.files(in: try DefaultModel.find(explicit: model)) : []
  }

  /// The questions that need nothing but the model.
  private func compute() throws -> HomeworkResults {
    let runner = try HomeworkRunner(
      sizes: HomeworkSizes.parse([]),
      models: HomeworkModels.parse(model.map { ["--model", $0] } ?? []),
      paraphrases: HomeworkParaphrases.parse([]), skipsMissing: true, save: { _ in })
    let questions: [HomeworkQuestion] = [
      .beamSearch, .certainty, .beamSizes, .wordBlock, .beamBlock,
    ]
    return try runner.answer(questions) { _ in }
  }
}
