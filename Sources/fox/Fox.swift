import ArgumentParser
import Foundation

/// The command line: it parses, calls the library and prints. SPEC `CLI-1` to `CLI-16`.
@main
struct Fox: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fox",
    abstract: "GPT-2 beam search and its parts, equal to the reference.",
    discussion: """
      Results go to standard output, logs and progress to standard error. With --json a command \
      prints one JSON document.

      Exit codes: 0 done, 1 failed on the input, 2 internal error, 64 wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      BeamCommand.self, TokenizeCommand.self, DetokenizeCommand.self, LogitsCommand.self,
      InspectCommand.self, ConvertCommand.self, InitCommand.self,
    ])

  static func main() {
    // A reader that goes away shows as an error of the write, with a message; see `Output`.
    signal(SIGPIPE, SIG_IGN)
    // Stopped by the user: leave the terminal's line and colours as they were.
    signal(SIGINT) { _ in
      let reset: StaticString = "\u{1B}[0m\r\u{1B}[K"
      if isatty(STDERR_FILENO) == 1 {
        _ = write(STDERR_FILENO, reset.utf8Start, reset.utf8CodeUnitCount)
      }
      _exit(130)
    }
    unblock(SIGINT)
    if let bad = unreadableArgument() {
      Output.note("fox: argument \(bad) is not valid UTF-8")
      _exit(ExitStatus.failedOnInput)
    }
    main(nil)
  }

  /// Takes a signal out of the mask that a parent's thread may have handed down.
  private static func unblock(_ signal: Int32) {
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, signal)
    sigprocmask(SIG_UNBLOCK, &mask, nil)
  }

  /// The first argument that Swift would silently repair.
  private static func unreadableArgument() -> Int? {
    (1..<max(1, Int(CommandLine.argc))).first { index in
      CommandLine.unsafeArgv[index].map { String(validatingCString: $0) == nil } ?? false
    }
  }
}
