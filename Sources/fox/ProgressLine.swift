/// How far long work is, on standard error: a line that is written over on a terminal, elsewhere a line now
/// and then, so that a log tells whether there is still somebody at work. SPEC `CLI-33`.
final class ProgressLine: Sendable {
  /// Seconds between two lines where there is no terminal.
  static let period = 30.0

  private let isTerminal: Bool
  private let clock: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let last: Mutex<Double>

  /// - Parameters:
  ///   - clock: Seconds.
  ///   - write: Takes what is written.
  init(
    isTerminal: Bool = isatty(STDERR_FILENO) == 1,
    clock: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime },
    write: @escaping @Sendable (String) -> Void = { _ = Output.writeAll($0, to: STDERR_FILENO) }
  ) {
    (self.isTerminal, self.clock, self.write) = (isTerminal, clock, write)
    last = Mutex(clock())
  }

  /// Shows the state of the work; an empty text clears the line.
  func show(_ text: String) {
    if isTerminal { return write("\r\u{1B}[K\(Output.visible(text))") }
    if text.isEmpty { return }
    let now = clock()
    let isDue = last.withLock { last in
      if now - last < Self.period { return false }
      last = now
      return true
    }
    if isDue { write("\(Output.visible(text))\n") }
  }

  func clear() { show("") }
}
