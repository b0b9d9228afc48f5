import ArgumentParser
import Bytes
import Foundation
import Homework
import Report

/// `fox report`: the homework as a page. SPEC `CLI-70`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the homework as one page: code, results, figures, answers.",
    discussion: """
      The page needs nothing else: no network, font or file. With --results it shows what earlier \
      runs found, and nothing is computed; of a question that several files answer, the last counts.
      """)

  @Argument(help: ArgumentHelp("The page to write.", valueName: "out.html")) var output: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Results of \"fox homework --json\".", valueName: "file"))
  var results: [String] = []
  @Option(help: ArgumentHelp("Keep the results in this file too.", valueName: "file"))
  var json: String?

  func validate() throws {
    if output.isEmpty { throw ValidationError("OUT.html is empty; expected a file to write") }
    if results.contains("") { throw ValidationError("--results is empty; expected a file") }
    if json == "" { throw ValidationError("--json is empty; expected a file to write") }
  }

  func run() throws {
    try reportingFailures {
      let loaded = try LoadedResults(paths: results)
      let page = try ReportPage(loaded.results, sources: loaded.sources).html()
      try AtomicFile.write(page, to: output)
      if let json { try AtomicFile.write(loaded.results.document(), to: json) }
      Output.note("\(output): \(page.count) bytes")
    }
  }
}
