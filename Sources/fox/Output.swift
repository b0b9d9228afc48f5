/// Standard output for results, standard error for everything else.
enum Output {
  /// What a text is, which decides how it reaches a terminal. Elsewhere all are written as they are.
  enum Kind {
    /// Text for people: pictures stand for what would steer the terminal.
    case text
    /// JSON: its own escapes do.
    case json
    /// Text with our own colours, whose other parts are ``visible(_:)`` already.
    case painted
  }

  private static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Writes a line of the result.
  static func line(_ text: String, _ kind: Kind = .text) throws { try write(text + "\n", kind) }

  /// Writes a JSON document on one line.
  static func json(_ document: JSON) throws { try line(document.text(.line), .json) }

  /// Writes text of the result.
  static func write(_ text: String, _ kind: Kind = .text) throws {
    var text = text
    if isTerminal, kind != .painted {
      text = TerminalText.safe(text, kind == .json ? .json : .lines)
    }
    if writeAll(text, to: STDOUT_FILENO) { return }
    throw CommandError(
      errno == EPIPE
        ? "standard output was closed before everything was written"
        : "standard output cannot be written: \(systemReason())")
  }

  /// Writes a line to standard error. Nobody can be told that it failed.
  static func note(_ text: String) { notes(visible(text)) }

  /// Writes lines to standard error.
  static func notes(_ text: String) {
    _ = writeAll(TerminalText.safe(text, .lines) + "\n", to: STDERR_FILENO)
  }

  /// Says that a file will take the place of a symbolic link, whose target stays as it is (`FILE-5`).
  static func noteLink(_ path: String) {
    if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
      note("fox: \(path) is a link to \(target); the new file takes its place")
    }
  }

  /// Writes all of `text`; on failure `errno` says why.
  static func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Foundation.write(descriptor, start, rest.count)
        if count < 0 {
          if errno == EINTR || errno == EAGAIN && wait(for: POLLOUT, on: descriptor) { continue }
          return false
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return true
    }
  }

  /// Waits until a stream that another program has set to not wait is ready again.
  ///
  /// - Returns: Whether it is.
  static func wait(for event: Int32, on descriptor: Int32) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while poll(&polled, 1, -1) < 0 { if errno != EINTR { return false } }
    return true
  }

  /// A text that is to stay on its line on a terminal; elsewhere as it is.
  static func oneLine(_ text: String) -> String { isTerminal ? visible(text) : text }

  /// Text on one line, in which control characters show as pictures.
  static func visible(_ text: String) -> String { TerminalText.safe(text, .line) }
}
