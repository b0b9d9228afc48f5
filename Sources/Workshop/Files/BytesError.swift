/// What can go wrong with files and JSON text.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum BytesError: Error, Equatable, Sendable {
  /// There is no file at `path`.
  case fileMissing(path: String)
  /// `path` is there but is a folder, a socket or something else that holds no bytes.
  case notAFile(path: String)
  /// The system refused to open or read `path`.
  case unreadable(path: String, reason: String)
  /// The system refused to create, write or rename `path`.
  case unwritable(path: String, reason: String)
  /// The text is not the JSON we accept.
  case json(path: String?, problem: JSONProblem, position: JSONPosition)

  /// The same error, naming the file that the bytes came from.
  public func `in`(path: String) -> BytesError {
    if case .json(nil, let problem, let position) = self {
      return .json(path: path, problem: problem, position: position)
    }
    return self
  }
}

/// A fault in JSON text.
public enum JSONProblem: Equatable, Sendable {
  /// Another byte than the grammar allows.
  case unexpectedByte(UInt8, expected: String)
  /// The text ends too early.
  case unexpectedEnd(expected: String)
  /// A member name appears twice in one object.
  case duplicateKey(String)
  /// Arrays and objects nest deeper than `limit`.
  case tooDeep(limit: Int)
  /// The text begins with a byte-order mark.
  case byteOrderMark
  /// A string holds bytes that are not UTF-8.
  case invalidUTF8
  /// A `\u` escape names half of a surrogate pair.
  case loneSurrogate
  /// A control character stands unescaped in a string.
  case controlCharacter(UInt8)
  /// A backslash is followed by a byte that names no escape.
  case unknownEscape(UInt8)
  /// A number is too large for 64-bit floating point.
  case numberOutOfRange(String)
  /// Something follows the document.
  case trailingBytes
}

/// A place in a text: byte offset from 0, line and column (in bytes) from 1.
public struct JSONPosition: Equatable, Sendable {
  /// Bytes before the place.
  public let offset: Int
  /// Line, counted from 1.
  public let line: Int
  /// Byte of the line, counted from 1.
  public let column: Int

  /// A place given by its numbers.
  public init(offset: Int, line: Int, column: Int) {
    self.offset = offset
    self.line = line
    self.column = column
  }

  init(of offset: Int, in bytes: UnsafeRawBufferPointer) {
    let before = bytes[..<min(offset, bytes.count)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    self.init(offset: offset, line: line, column: offset - lineStart + 1)
  }
}

extension BytesError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .fileMissing(let path): "\(path): no such file"
    case .notAFile(let path): "\(path): is a folder, a device or a pipe, not a file"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .json(let path, let problem, let position):
      "\(path.map { "\($0): " } ?? "")not valid JSON at line \(position.line), "
        + "column \(position.column) (byte \(position.offset)): \(problem)"
    }
  }
}

extension JSONProblem: CustomStringConvertible {
  /// What was wrong, without the place.
  public var description: String {
    switch self {
    case .unexpectedByte(let byte, let expected):
      "expected \(expected), found \(quoted(byte))"
    case .unexpectedEnd(let expected): "expected \(expected), found the end of the text"
    case .duplicateKey(let key): "the name \(shown(key)) appears twice in one object"
    case .tooDeep(let limit): "arrays and objects nest deeper than \(limit)"
    case .byteOrderMark: "the text begins with a byte-order mark; save it as UTF-8 without one"
    case .invalidUTF8: "a string is not valid UTF-8"
    case .loneSurrogate: "a \\u escape names half of a surrogate pair"
    case .controlCharacter(let byte): "\(quoted(byte)) must be escaped in a string"
    case .unknownEscape(let byte): "\\ is followed by \(quoted(byte)), which names no escape"
    case .numberOutOfRange(let text): "the number \(text.prefix(40)) is out of range"
    case .trailingBytes: "something follows the document"
    }
  }

  private func quoted(_ byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte)
      ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(hexadecimal(byte))"
  }
}

/// Text from outside as an error message shows it: quoted, escaped, and cut after 80 characters, so
/// that a hostile file cannot speak to the terminal.
package func shown(_ text: String) -> String {
  let cut = String(text.unicodeScalars.prefix(80))
  return cut.debugDescription + (cut.utf8.count < text.utf8.count ? "…" : "")
}

/// Two lower-case hexadecimal digits.
package func hexadecimal(_ byte: UInt8) -> String {
  let text = String(byte, radix: 16)
  return text.count < 2 ? "0\(text)" : text
}
