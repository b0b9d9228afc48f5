/// Swift as the report shows it: keywords, strings, comments and numbers have colours.
enum SwiftCode {
  private static let keywords: Set<String> = [
    "let", "var", "try", "for", "in", "if", "else", "func", "return", "import", "guard", "while",
    "await", "async", "struct", "enum", "true", "false", "nil",
  ]

  /// The code with its parts marked.
  static func marked(_ code: String) -> Markup {
    var (rest, pieces): (Substring, [Markup]) = (code[...], [])
    while let first = rest.first {
      let part = token(in: rest, first)
      rest = rest[part.endIndex...]
      pieces.append(mark(part, first))
    }
    return Markup(pieces: pieces)
  }

  /// A string from outside as a literal.
  static func literal(_ text: String) -> String {
    var literal = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case "\u{0}"..<" ", "\u{2028}", "\u{2029}":
        literal += "\\u{\(String(scalar.value, radix: 16))}"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return "\"\(literal)\""
  }

  /// A string from outside as an argument of a command.
  static func shellArgument(_ text: String) -> String {
    let isPlain = !text.contains { "\"\\$`!".contains($0) || $0.isNewline }
    return isPlain ? "\"\(text)\"" : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private static func token(in rest: Substring, _ first: Character) -> Substring {
    if rest.hasPrefix("//") { return rest.prefix { !$0.isNewline } }
    if first == "\"" { return rest[..<endOfString(rest)] }
    if first.isLetter || first == "_" {
      return rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    }
    if first.isNumber { return rest.prefix { $0.isNumber || $0 == "." || $0 == "e" || $0 == "-" } }
    return rest.prefix(1)
  }

  private static func endOfString(_ rest: Substring) -> Substring.Index {
    var (index, isEscaped) = (rest.index(after: rest.startIndex), false)
    while index < rest.endIndex {
      let character = rest[index]
      rest.formIndex(after: &index)
      if character == "\"", !isEscaped { break }
      isEscaped = character == "\\" && !isEscaped
    }
    return index
  }

  private static func mark(_ part: Substring, _ first: Character) -> Markup {
    let text = String(part)
    if text.hasPrefix("//") { return "<span class=\"c\">\(text)</span>" }
    if first == "\"" { return "<span class=\"s\">\(text)</span>" }
    if first.isNumber { return "<span class=\"d\">\(text)</span>" }
    if keywords.contains(text) { return "<span class=\"k\">\(text)</span>" }
    return "\(text)"
  }
}
