import Foundation

/// Runs the program on a terminal of its own, so that it behaves as for a user.
struct FoxTerminal {
  let status: Int32
  /// What came to the terminal, of both streams.
  let shown: String

  private struct NoTerminal: Error {}

  /// Runs `fox` to its end.
  static func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
  ) throws -> FoxTerminal {
    let (master, terminal) = try openTerminal()
    defer { close(master) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: FoxProcess.path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
      .merging(environment) { $1 }.filter { !$0.value.isEmpty }
    let pipe = Pipe()
    process.standardInput = pipe
    process.standardOutput = FileHandle(fileDescriptor: terminal, closeOnDealloc: false)
    process.standardError = process.standardOutput
    try process.run()
    close(terminal)
    try pipe.fileHandleForReading.close()
    try pipe.fileHandleForWriting.write(contentsOf: input)
    try pipe.fileHandleForWriting.close()
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(master, &piece, piece.count)
      if count > 0 { bytes += piece[..<count] }
      // EIO: nobody has the terminal open any more.
      if count == 0 || count < 0 && errno != EINTR { break }
    }
    process.waitUntilExit()
    // The terminal itself puts a carriage return before each line feed.
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
    return FoxTerminal(status: process.terminationStatus, shown: text)
  }

  /// The two ends of a new terminal, as Linux makes them; the C library's functions for it are not
  /// imported.
  private static func openTerminal() throws -> (master: Int32, terminal: Int32) {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // TIOCSPTLCK and TIOCGPTN.
    var (isLocked, number): (Int32, Int32) = (0, 0)
    guard master >= 0, ioctl(master, 0x4004_5431, &isLocked) == 0,
      ioctl(master, 0x8004_5430, &number) == 0
    else { throw NoTerminal() }
    let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    if terminal < 0 { throw NoTerminal() }
    return (master, terminal)
  }
}
