/// The command line: it parses, calls the library and prints. SPEC `CLI-1` to `CLI-12`.
@main
struct Fox: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fox",
    abstract: "GPT-2 and BERT, run and trained, equal to the reference.",
    discussion: """
      Results go to standard output, logs and progress to standard error. With --json a command \
      prints one JSON document.

      Exit codes: 0 done, 1 failed on the input, 2 internal error, 64 wrong usage.

      Examples:
        fox beam "The brown fox jumps" --beams 5 --steps 10
        fox generate "Once upon a time" --max-new-tokens 40
        fox homework q1.1
      """,
    version: Version.text,
    subcommands: [
      BeamCommand.self, GenerateCommand.self, TokenizeCommand.self, DetokenizeCommand.self,
      LogitsCommand.self, EmbedCommand.self, InspectCommand.self, ConvertCommand.self,
      InitCommand.self, FetchCommand.self, TrainCommand.self, EvalCommand.self, PredictCommand.self,
      RougeCommand.self, MetricsCommand.self, AugmentCommand.self, HomeworkCommand.self,
      ReportCommand.self, SpecCommand.self,
    ])

  static func main() {
    StandardStreams.reserve()
    Signals.install()
    Kernels.install()
    if let bad = unreadableArgument() {
      Output.note("fox: argument \(bad) is not valid UTF-8")
      _exit(ExitStatus.failedOnInput)
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(error)
    }
  }

  /// Ends the program with the argument parser's message, which may quote what the user gave.
  private static func end(_ error: any Error) -> Never {
    if let hint = UsageHint.of(message(for: error), arguments: CommandLine.arguments) {
      Output.note("fox: \(hint)")
    }
    let (code, message) = (exitCode(for: error), fullMessage(for: error))
    if code.isSuccess, let hint = UsageHint.ofHelp(CommandLine.arguments) {
      Output.note("fox: \(hint)")
      Foundation.exit(ExitCode.validationFailure.rawValue)
    }
    if !message.isEmpty {
      if code.isSuccess { try? Output.line(message) } else { Output.notes(message) }
    }
    Foundation.exit(code.rawValue)
  }

  /// The first argument that Swift would silently repair.
  private static func unreadableArgument() -> Int? {
    (1..<max(1, Int(CommandLine.argc))).first { index in
      CommandLine.unsafeArgv[index].map { String(validatingCString: $0) == nil } ?? false
    }
  }
}
