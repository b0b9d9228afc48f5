import Bytes
import Foundation

/// Text from files and standard input, checked to be UTF-8.
enum Input {
  /// The text of standard input, up to its end.
  static func standardInput() throws -> String {
    try text(Array(FileHandle.standardInput.readDataToEndOfFile()), name: "standard input")
  }

  /// The text of a file.
  static func file(_ path: String) throws -> String {
    let file = try MappedFile(path: path)
    return try text(Array(file.bytes), name: path)
  }

  /// Calls `body` with each line of standard input as it arrives, split at `\n` only and without it.
  /// A last line without `\n` counts; nothing after the last `\n` does not.
  static func lines(_ body: (String) throws -> Void) throws {
    var rest: [UInt8] = []
    var number = 0
    func take(_ line: [UInt8]) throws {
      number += 1
      try body(text(line, name: "line \(number) of standard input"))
    }
    while true {
      let chunk = FileHandle.standardInput.availableData
      if chunk.isEmpty { break }
      var parts = chunk.split(separator: 0x0A, omittingEmptySubsequences: false)
      let last = parts.removeLast()
      for part in parts {
        try take(rest + part)
        rest = []
      }
      rest += last
    }
    if !rest.isEmpty { try take(rest) }
  }

  private static func text(_ bytes: [UInt8], name: String) throws -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    throw CommandError.inputNotUTF8(name: name, offset: firstInvalidByte(bytes))
  }

  /// Where the first sequence starts that is not UTF-8.
  private static func firstInvalidByte(_ bytes: [UInt8]) -> Int {
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while case .valid(let sequence) = decoder.parseScalar(from: &iterator) {
      offset += sequence.count
    }
    return offset
  }
}
