import FoxFiles

/// How texts are written into Apertium's stream and read from it.
///
/// A text is a record: `[#7]` (a blank, which the engine passes on as it is), the text, `.[]` (the
/// end of a sentence, as `apertium-destxt` writes it) and NUL. What comes back under another number
/// is not taken: label and sentence cannot shift. SPEC `AUG-6`.
enum ApertiumStream {
  /// The bytes that mean something to the engine: a backslash before them takes it away.
  private static let special = Set("\\[]{}^$/@<>".utf8)
  private static let end = Array(".[]".utf8)

  /// A text on one line: white space and control characters become one space, none at the ends.
  static func line(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    var isGap = true
    for scalar in text.unicodeScalars {
      let isBlank = scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
      if isBlank {
        if !isGap { line.append(" ") }
      } else {
        line.append(scalar)
      }
      isGap = isBlank
    }
    if line.last == " " { line.removeLast() }
    return String(line)
  }

  /// The record of a text.
  ///
  /// `~` is a mark of the last program, which takes it away. As `apertium-destxt` does, it goes with the
  /// spaces beside it as a blank: `5~6` is `5[~]6`.
  static func record(_ text: String, number: Int) -> [UInt8] {
    var bytes = Array("[#\(number)]".utf8)
    var gap: [UInt8] = []
    func close() {
      bytes += gap.contains(UInt8(ascii: "~")) ? Array("[".utf8) + gap + Array("]".utf8) : gap
      gap = []
    }
    for byte in line(text).utf8 {
      if byte == UInt8(ascii: "~") || byte == UInt8(ascii: " ") {
        gap.append(byte)
        continue
      }
      close()
      if special.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    close()
    return bytes + end + [0]
  }

  /// The text of a record without its NUL; nil when it has not this number.
  static func text(_ record: some Collection<UInt8>, number: Int) -> String? {
    var bytes: [UInt8] = []
    var isNumbered = false
    let body = Array(record)
    var index = 0
    let stop = body.suffix(end.count) == end[...] ? body.count - end.count : body.count
    while index < stop {
      switch body[index] {
      case UInt8(ascii: "\\") where index + 1 < stop:
        bytes.append(body[index + 1])
        index += 2
      case UInt8(ascii: "["):
        let close = body[index...].firstIndex(of: UInt8(ascii: "]")) ?? stop
        let blank = body[index..<min(close, stop)].dropFirst()
        if blank.elementsEqual("#\(number)".utf8) { isNumbered = true }
        // Of all other blanks only ours are text.
        if blank.allSatisfy({ $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: " ") }) {
          bytes += blank
        }
        index = close + 1
      default:
        bytes.append(body[index])
        index += 1
      }
    }
    guard isNumbered else { return nil }
    return line(String(decoding: bytes, as: UTF8.self))
  }
}
