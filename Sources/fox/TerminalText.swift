/// Text from outside on its way to a terminal: tokens, paths, names, values, what a model says. SPEC
/// `CLI-13`.
///
/// A terminal takes some characters as commands: to move the cursor, to rename the window, to answer
/// as if the user had typed. Marks that turn the direction of writing make a line read as another
/// one. None of these comes through.
enum TerminalText {
  enum Style {
    /// One line: a line feed is shown too.
    case line
    /// Lines with tabs.
    case lines
    /// JSON documents, where harmful characters stand in strings only.
    case json
  }

  /// The text without harmful characters: pictures stand for them, or the escapes of JSON.
  static func safe(_ text: String, _ style: Style) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isKept = style != .line && scalar == "\n" || style == .lines && scalar == "\t"
      if isKept || !isHarmful(scalar) {
        shown.append(scalar)
      } else if style == .json {
        let digits = String(scalar.value, radix: 16)
        shown += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
      } else {
        shown.append(picture(scalar))
      }
    }
    return String(shown)
  }

  /// Whether a terminal would do something else than show the character.
  static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // C0, DEL and C1: ESC and CSI begin sequences in either form.
    case 0..<0x20, 0x7F..<0xA0: true
    // Marks of direction: ALM, LRM and RLM, embeddings and overrides, isolates.
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    // The separators of lines and paragraphs.
    case 0x2028, 0x2029: true
    default: false
    }
  }

  private static func picture(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x0A: "⏎"
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "␡"
    default: "\u{FFFD}"
    }
  }
}
