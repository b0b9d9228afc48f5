import Foundation
import FoxDecoding
import FoxFiles

/// Programs that pass records on to each other, started once and kept: what is written to the first
/// comes out of the last, each record ended by NUL. Without a shell: all are our own children, and
/// what each prints and how it ends is known. SPEC `AUG-5`, `AUG-7`.
final class EnginePipeline {
  /// How an exchange ended.
  enum Ending: Equatable {
    /// All records were answered.
    case complete
    /// A program ended.
    case died(String)
    /// What came is not what is expected, though all programs are there.
    case wrong([UInt8])
    /// Nothing came for so long.
    case stalled
  }

  private static let starting = NSLock()

  private var children: [(program: String, id: pid_t)] = []
  private let input: Int32
  private let output: Int32
  private let errors: Int32
  private var hasErrorsToCome = true
  private var printed: [UInt8] = []
  private var rest: [UInt8] = []

  /// What the programs printed on standard error: its last 400 bytes.
  var lastWords: String {
    String(decoding: printed.suffix(400), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Starts the programs.
  ///
  /// - Throws: `Fault` for a program that does not start.
  init(_ stages: [[String]]) throws {
    // No other child may inherit an end of a pipe, or its reader would never see the end.
    Self.starting.lock()
    defer { Self.starting.unlock() }
    let (first, errors) = (try Self.pipe(isSocket: true), try Self.pipe())
    var source = first.read
    var children: [(program: String, id: pid_t)] = []
    var failure: (any Error)?
    for stage in stages where failure == nil {
      do {
        let next = try Self.pipe()
        defer {
          close(source)
          close(next.write)
          source = next.read
        }
        children.append((stage[0], try Self.start(stage, source, next.write, errors.write)))
      } catch {
        failure = error
      }
    }
    close(errors.write)
    (input, output, self.errors, self.children) = (first.write, source, errors.read, children)
    for descriptor in [input, output, errors.read] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    if let failure { throw failure }
  }

  deinit {
    // Programs end when their input does; who does not is ended.
    for descriptor in [input, output, errors] { close(descriptor) }
    for _ in 0..<50 where !children.isEmpty {
      children.removeAll { waitpid($0.id, nil, WNOHANG) == $0.id }
      if !children.isEmpty { usleep(10_000) }
    }
    for child in children {
      kill(child.id, SIGKILL)
      waitpid(child.id, nil, 0)
    }
  }

  /// Writes records and reads as many, both at once, so that no pipe fills up.
  ///
  /// - Parameters:
  ///   - patience: Seconds without a byte after which the engine counts as stuck.
  ///   - receive: Takes each record without its NUL as it comes; false when it is a wrong one.
  func exchange(
    _ records: [[UInt8]], patience: Int,
    receive: ([UInt8]) throws -> Bool
  ) throws -> Ending {
    var outgoing = records.joined().map { $0 }[...]
    var missing = records.count
    while missing > 0 {
      var polled = [
        pollfd(fd: outgoing.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: hasErrorsToCome ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), Int32(clamping: min(patience, 86_400) * 1000))
      if count == 0 { return .stalled }
      if count < 0 {
        // A signal interrupts the wait; anything else would come back at once, for ever.
        if errno == EINTR { continue }
        throw Fault("the engine", found: systemReason(), expected: "its answers")
      }
      if polled[2].revents != 0 { drainErrors() }
      var isOpen = polled[0].revents == 0 || send(&outgoing)
      if polled[1].revents != 0 { isOpen = fill() && isOpen }
      while missing > 0, let end = rest.firstIndex(of: 0) {
        let record = Array(rest[..<end])
        rest.removeSubrange(...end)
        // When a program ends, those behind it still print the ends of what they have.
        if try !receive(record) { return causeOfDeath().map { .died($0) } ?? .wrong(record) }
        missing -= 1
      }
      if !isOpen, missing > 0 { return .died(causeOfDeath() ?? "it closed its output") }
    }
    return .complete
  }

  /// Writes what the pipe takes; false when nobody reads.
  private func send(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    let count = bytes.prefix(1 << 16).withUnsafeBytes {
      Foundation.send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    bytes = bytes.dropFirst(count)
    return true
  }

  /// Reads what is there; false at the end.
  private func fill() -> Bool {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(output, &piece, piece.count)
    if count > 0 { rest += piece[..<count] }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  private func drainErrors() {
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = read(errors, &piece, piece.count)
    if count > 0 { printed = (printed + piece[..<count]).suffix(4096) }
    // At its end it is ready all the time: nobody would wait any more.
    if count == 0 { hasErrorsToCome = false }
  }

  /// Which program ended, and how: the first that did not end well, else the first that ended.
  private func causeOfDeath() -> String? {
    var endings: [(isGood: Bool, text: String)] = []
    for _ in 0..<20 where !endings.contains(where: { !$0.isGood }) {
      children.removeAll { child in
        var status: Int32 = 0
        guard waitpid(child.id, &status, WNOHANG) == child.id else { return false }
        endings.append((status == 0, "\(child.program) \(Self.words(status))"))
        return true
      }
      usleep(10_000)
    }
    drainErrors()
    // A program that nobody listens to any more ends by SIGPIPE: an effect, not the cause.
    let cause = endings.first { !$0.isGood && !$0.text.hasSuffix("signal \(SIGPIPE)") }
    return (cause ?? endings.first)?.text
  }

  private static func words(_ status: Int32) -> String {
    let signal = status & 0x7F
    return signal == 0 ? "ended with \((status >> 8) & 0xFF)" : "ended by signal \(signal)"
  }
}

extension EnginePipeline {
  /// A pipe; as a socket, writing to it when nobody reads is an error and no signal.
  private static func pipe(
    isSocket: Bool = false
  ) throws(Fault) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    let code =
      isSocket
      ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : Foundation.pipe(&ends)
    if code != 0 { throw Fault.launch(program: "a pipe", reason: systemReason()) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Starts a program in a process group of its own: Ctrl-C is for us, and it ends when we do.
  private static func start(
    _ words: [String], _ input: Int32, _ output: Int32, _ errors: Int32
  ) throws(Fault) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (from, to) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      posix_spawn_file_actions_adddup2(&actions, from, to)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var defaults = sigset_t()
    sigemptyset(&none)
    sigemptyset(&defaults)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGXFSZ] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var id: pid_t = 0
    let code = withCStrings(words) { arguments in
      withCStrings(environment) { environment in
        posix_spawnp(&id, words[0], &actions, &attributes, arguments, environment)
      }
    }
    if code != 0 {
      throw code == ENOENT
        ? Fault.noEngine(missing: "no program \(words[0])")
        : .launch(program: words[0], reason: String(cString: strerror(code)))
    }
    return id
  }

  /// Ours, in a locale of UTF-8, which the engine insists on.
  private static var environment: [String] {
    ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
      .map { "\($0.key)=\($0.value)" }
  }

  /// Calls `body` with a list of C strings that ends with nil.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { body(UnsafePointer($0)) } ?? body([nil])
    }
  }
}
