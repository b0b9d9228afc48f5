import Foundation
import FoxFiles

/// Standard output for results, standard error for everything else.
enum Output {
  /// Writes a line of the result.
  static func line(_ text: String) throws { try write(text + "\n") }

  /// Writes a JSON document on one line.
  static func json(_ document: JSON) throws { try line(document.text(.line)) }

  /// Writes text of the result.
  static func write(_ text: String) throws {
    if writeAll(text, to: STDOUT_FILENO) { return }
    throw errno == EPIPE ? CommandError.outputClosed : .output(reason: systemReason())
  }

  /// Writes a line to standard error. Nobody can be told that it failed.
  static func note(_ text: String) { _ = writeAll(text + "\n", to: STDERR_FILENO) }

  /// Writes all of `text`; on failure `errno` says why.
  fileprivate static func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Foundation.write(descriptor, start, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return true
    }
  }

  /// Text in which control characters show as pictures, so that generated text cannot steer a
  /// terminal.
  static func visible(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: shown.append("⏎")
      case 0..<0x20: shown.append(Unicode.Scalar(0x2400 + scalar.value) ?? "␀")
      case 0x7F: shown.append("␡")
      case 0x80..<0xA0: shown.append("\u{FFFD}")
      // Marks that turn the direction of what follows.
      case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: shown.append("\u{FFFD}")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }
}

extension Output {
  /// Text of several lines, made safe when it goes to a terminal.
  static func safeLines(_ text: String) -> String {
    if isatty(STDOUT_FILENO) != 1 { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { visible(String($0)) }
      .joined(separator: "\n")
  }
}

/// A line on standard error that is written over as work goes on; nothing when that is no terminal.
struct ProgressLine {
  private let isShown = isatty(STDERR_FILENO) == 1

  /// Shows the state of the work.
  func show(_ text: String) {
    if isShown { _ = Output.writeAll("\r\u{1B}[K\(text)", to: STDERR_FILENO) }
  }

  /// Clears the line.
  func clear() { show("") }
}
