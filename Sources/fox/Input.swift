/// Text from files and standard input, checked to be UTF-8.
enum Input {
  /// The text of standard input, up to its end.
  static func standardInput() throws -> String {
    var bytes: [UInt8] = []
    while try read(into: &bytes) {}
    return try text(bytes, name: "standard input")
  }

  static func file(_ path: String) throws -> String {
    try text(MappedFile(path: path).withBytes { Array($0) }, name: path)
  }

  /// Calls `body` with the lines of standard input as they arrive, split at `\n` only and without
  /// it. A last line without `\n` counts; nothing after the last `\n` does not.
  ///
  /// - Parameter body: Is given all lines that have arrived; there may be none.
  static func lines(_ body: ([String]) throws -> Void) throws {
    var rest: [UInt8] = []
    var number = 0
    func line(_ bytes: some Collection<UInt8>) throws -> String {
      number += 1
      return try text(bytes, name: "line \(number) of standard input", isFirst: number == 1)
    }
    while try read(into: &rest) {
      guard let end = rest.lastIndex(of: 0x0A) else { continue }
      let parts = rest[..<end].split(separator: 0x0A, omittingEmptySubsequences: false)
      // Lines before a wrong one still count.
      var good: [String] = []
      do {
        for part in parts { good.append(try line(part)) }
      } catch {
        try body(good)
        throw error
      }
      try body(good)
      rest.removeSubrange(...end)
    }
    if !rest.isEmpty { try body([line(rest)]) }
  }

  /// Calls `body` with the lines of standard input as texts, as a file has them (`DATA-5`): without the
  /// `\r` of a line that ends with `\r\n`, and without a byte order mark before the first.
  static func texts(_ body: ([String]) throws -> Void) throws {
    var isFirst = true
    try lines { lines in
      try body(
        lines.map { line in
          // Scalars: with what stands beside them, they may be one character.
          var scalars = Substring(line).unicodeScalars
          if isFirst, scalars.first == "\u{FEFF}" { scalars.removeFirst() }
          if scalars.last == "\r" { scalars.removeLast() }
          isFirst = false
          return String(scalars)
        })
    }
  }

  /// Appends what standard input has; `false` at its end.
  private static func read(into bytes: inout [UInt8]) throws -> Bool {
    let size = 1 << 16
    while true {
      let start = bytes.count
      var count = 0
      bytes.reserveCapacity(start + size)
      bytes.append(contentsOf: repeatElement(0, count: size))
      bytes.withUnsafeMutableBytes { buffer in
        count = Foundation.read(STDIN_FILENO, buffer.baseAddress.map { $0 + start }, size)
      }
      bytes.removeLast(size - max(count, 0))
      if count >= 0 { return count > 0 }
      if errno == EINTR || errno == EAGAIN && Output.wait(for: POLLIN, on: STDIN_FILENO) {
        continue
      }
      throw CommandError("standard input cannot be read: \(systemReason())")
    }
  }

  /// - Parameter isFirst: Whether they begin the input: what it is, its first bytes tell.
  private static func text(
    _ bytes: some Collection<UInt8>, name: String, isFirst: Bool = true
  ) throws -> String {
    // Without a mark UTF-16 is valid UTF-8, with zeros between its letters. Text of any other kind
    // may be meant.
    let foreign = isFirst ? ForeignFile(bytes, for: .other) : nil
    let isWide = foreign == .utf16 || foreign == .utf32
    if !isWide, let text = String(validating: bytes, as: UTF8.self) { return text }
    if let foreign { throw foreign.fault(name) }
    throw CommandError(
      "\(name) is not valid UTF-8 (first wrong byte at offset \(validUTF8Prefix(bytes)))")
  }
}

/// Texts that are worked on one after the other: one that cannot be used is named, and the others are
/// worked on all the same. SPEC `CLI-14`.
struct Batch {
  private var number = 0
  private var hasFailed = false

  /// Works on the next text.
  ///
  /// - Throws: What is not about the text.
  mutating func next(_ work: () throws -> Void) throws {
    number += 1
    do { try work() } catch let fault as Fault {
      Output.note("fox: line \(number) of standard input: \(fault)")
      hasFailed = true
    }
  }

  /// Works on the text that is given, else on each line of standard input.
  static func each(_ given: String?, _ work: (String) throws -> Void) throws {
    if let given { return try work(given) }
    var batch = Batch()
    try Input.texts { for line in $0 { try batch.next { try work(line) } } }
    try batch.finish()
  }

  /// Ends the command with 1 when a text could not be used.
  func finish() throws { if hasFailed { throw ExitCode(ExitStatus.failedOnInput) } }
}
