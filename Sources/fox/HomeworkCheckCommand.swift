/// `fox homework check`: somebody's own answer, beside the reference.
struct HomeworkCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare your own answer with ours, and explain the first difference.",
    discussion: """
      The file has the JSON of "fox homework q1.1 --json" or "fox beam --json", or lines as the \
      notebook prints them: rank, score per token and text, and the trace of BeamBlock. For q2.1, q3.1 \
      and q3.2 it is JSON whose numbers are named as ours. Compute it with the model that answers \
      here, by default the one that comes with the package. The exit code is 1 when something differs, \
      else 0.

      Examples:
        fox homework check q1.1 mine.txt
        fox homework check q1.5 mine.json --model gpt2
      """)

  @Argument(help: "q1.1, q1.2, q1.3, q1.4, q1.5, q2.1, q3.1 or q3.2.") var question: String
  @Argument(help: "Your answer.", completion: .file()) var file: String
  @Option(
    help: ArgumentHelp(
      "Compare with the answers in this file, which fox homework --save has written.",
      valueName: "file"))
  var reference: String?
  @OptionGroup var sizes: HomeworkSizes
  @OptionGroup var models: HomeworkModels
  @OptionGroup var paraphrases: HomeworkParaphrases

  func validate() throws {
    _ = try asked()
    if file.isEmpty { throw ValidationError("the file's name is empty") }
    if reference == "" { throw ValidationError("--reference is empty; expected a file") }
  }

  private func asked() throws -> HomeworkQuestion {
    if let named = HomeworkQuestion.named(question), named.count == 1 { return named[0] }
    let all = HomeworkQuestion.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("there is no question \(shown(question)); expected \(all)")
  }

  func run() throws {
    try reportingFailures {
      let question = try asked()
      // Read first: a wrong path is told before a minute of computing.
      let text = try Input.file(file)
      let results = try results(question)
      let check = try AnswerCheck(text, path: file, question: question, reference: results)
      if let first = check.unknown.first {
        Output.note(
          "ours has no number named \(Output.visible(first))"
            + (check.unknown.count > 1 ? ", and \(check.unknown.count - 1) others" : ""))
      }
      // A right answer of another model differs too.
      Output.note("compared with the answer of \(Output.visible(results.provenance.model))")
      guard let difference = check.difference else {
        let missing = check.missing > 0 ? "; \(check.missing) of ours are not in the file" : ""
        return try Output.line(
          "\(question.rawValue): equal (\(check.compared) compared\(missing))")
      }
      for line in TextTable.wrapped("\(question.rawValue): differs. \(difference)") {
        try Output.line(Output.visible(line))
      }
      throw ExitCode(ExitStatus.failedOnInput)
    }
  }

  private func results(_ question: HomeworkQuestion) throws -> HomeworkResults {
    if let reference { return try HomeworkResults.read(path: reference) }
    let runner = try HomeworkRunner(
      sizes: sizes, model: models.gpt2.model, classifier: models.classifier,
      paraphrases: paraphrases, skipsMissing: false, save: { _ in })
    return try runner.answer([question]) { _ in }
  }
}
