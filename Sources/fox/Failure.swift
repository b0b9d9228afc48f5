/// What the process tells its caller (`CLI-2`). Wrong usage, 64, comes from the argument parser.
enum ExitStatus {
  static let failedOnInput: Int32 = 1
  static let internalError: Int32 = 2
  static let interrupted: Int32 = 130
}

/// A failure that the commands themselves find, as a sentence.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static let noIDs = CommandError("there are no token ids")

  static func notAnID(_ text: String) -> CommandError {
    CommandError("\(shown(text)) is not a token id")
  }

  /// - Parameters:
  ///   - option: What names an encoder.
  ///   - looked: Where one was looked for.
  static func noEncoder(option: String, looked: String) -> CommandError {
    CommandError(
      "no encoder: give \(option) (looked for \(looked), which Weights/fetch-minilm.sh brings)")
  }
}

/// Runs a command's work and turns what it throws into a message and an exit code.
func reportingFailures(_ work: () throws -> Void) throws {
  do {
    if let refusal = BLASKernels.refusal { throw refusal }
    try work()
  } catch let error as ExitCode {
    throw error
  } catch let error as any CustomStringConvertible & Error where isAboutInput(error) {
    Output.note("fox: \(Diagnosis.message(of: error))")
    throw ExitCode(ExitStatus.failedOnInput)
  } catch {
    Output.note("fox: internal error: \(error)")
    throw ExitCode(ExitStatus.internalError)
  }
}

private func isAboutInput(_ error: any Error) -> Bool {
  error is Fault || error is HubError || error is CommandError
    || error is StoryError || error is NonFinite
}
