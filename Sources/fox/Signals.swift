/// The three standard descriptors.
enum StandardStreams {
  /// Puts something on those that the caller closed: otherwise the next file to be opened, a
  /// checkpoint for instance, would take their number, and messages would go into it. What is put
  /// there fails when it is used.
  static func reserve() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      if fcntl(descriptor, F_GETFD) != -1 { continue }
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// What signals do (`CLI-2`).
enum Signals {
  /// A reader that goes away shows as an error of the write. A user who stops the program gets the
  /// terminal's line and colours back and finds no temporary files; then the signal does its work,
  /// so that a shell sees how the program ended.
  static func install() {
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is a full disk.
    signal(SIGXFSZ, SIG_IGN)
    Temporaries.prepare()
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let former = signal(number) { number in Signals.end(by: number) }
      // Ignored by the caller, as nohup does: so be it.
      if unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      } else {
        unblock(number)
      }
    }
  }

  /// Runs in a signal handler: only calls that are safe there.
  fileprivate static func end(by number: Int32) {
    let reset: StaticString = "\u{1B}[0m\r\u{1B}[K"
    if isatty(STDERR_FILENO) == 1 {
      _ = write(STDERR_FILENO, reset.utf8Start, reset.utf8CodeUnitCount)
    }
    Temporaries.removeFiles()
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Takes a signal out of the mask that a parent's thread may have handed down.
  private static func unblock(_ number: Int32) {
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, number)
    sigprocmask(SIG_UNBLOCK, &mask, nil)
  }
}

/// Ctrl-C, remembered until the work looks.
enum Interruption {
  private static let signalNumber = Atomic<Int32>(0)

  /// Runs work that Ctrl-C, or another of `signals`, does not end; it asks ``wasRequested`` instead. A
  /// second one does end it.
  static func during<Result>(
    _ signals: [Int32] = [SIGINT], _ work: () throws -> Result
  ) rethrows -> Result {
    let former = signals.map { number in
      let former = signal(number) { number in
        Interruption.signalNumber.store(number, ordering: .relaxed)
        signal(number) { Signals.end(by: $0) }
      }
      // Ignored by the caller, as nohup does: so be it.
      let isIgnored = unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      if isIgnored { signal(number, SIG_IGN) }
      return former
    }
    defer { for (number, former) in zip(signals, former) { signal(number, former) } }
    return try work()
  }

  /// Whether Ctrl-C was pressed, or another of the signals came.
  static var wasRequested: Bool { number != 0 }

  /// The exit code of a program that a signal ended: 130 for Ctrl-C, which another rank may have got.
  static var status: Int32 { 128 + (wasRequested ? number : SIGINT) }

  private static var number: Int32 { signalNumber.load(ordering: .relaxed) }
}
