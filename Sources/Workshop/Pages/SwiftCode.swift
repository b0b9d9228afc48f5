import Foundation

/// Swift as pages show it: keywords, types, texts, comments and numbers have colors.
///
/// A scanner of its own, because the compiler's parser would cost more build time than all chapters of
/// the Book. It knows texts over several lines, texts with `#`, holes in texts, names in backquotes and
/// comments that nest; a test holds it against every file of the Book: what it marks, put together, is
/// the file, and no text or comment ends in the wrong place.
package enum SwiftCode {
  /// What a piece of code is.
  package enum Kind: String, Sendable {
    case plain, keyword, type, text, number, comment
  }

  /// A piece of code.
  package struct Piece: Equatable, Sendable {
    package let kind: Kind
    package let text: Substring
  }

  private static let keywords: Set<Substring> = [
    "actor", "any", "as", "associatedtype", "async", "await", "borrowing", "break", "case", "catch",
    "class", "consuming", "continue", "convenience", "default", "defer", "deinit", "didSet", "do",
    "else", "enum", "extension", "fallthrough", "false", "fileprivate", "final", "for", "func",
    "get",
    "guard", "if", "import", "in", "indirect", "init", "inout", "internal", "is", "lazy", "let",
    "mutating", "nil", "nonisolated", "operator", "override", "package", "private", "protocol",
    "public", "repeat", "rethrows", "return", "self", "Self", "set", "some", "static", "struct",
    "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "unowned", "var",
    "weak", "where", "while", "willSet",
  ]

  /// The code with its parts marked.
  package static func marked(_ code: String) -> Markup {
    Markup(pieces: pieces(of: code).map { mark(String($0.text), $0.kind) })
  }

  /// The code in pieces, which together are the code.
  package static func pieces(of code: String) -> [Piece] {
    var (rest, pieces): (Substring, [Piece]) = (code[...], [])
    while let first = rest.first {
      let piece = piece(of: rest, first)
      rest = rest[piece.text.endIndex...]
      // Signs and blanks that follow each other are one piece: fewer elements on the page.
      if piece.kind == .plain, let last = pieces.last, last.kind == .plain {
        pieces[pieces.count - 1] = Piece(
          kind: .plain, text: code[last.text.startIndex..<piece.text.endIndex])
      } else {
        pieces.append(piece)
      }
    }
    return pieces
  }

  /// A string from outside as a literal.
  package static func literal(_ text: String) -> String {
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
  package static func shellArgument(_ text: String) -> String {
    let isPlain = !text.contains { "\"\\$`!".contains($0) || $0.isNewline }
    return isPlain ? "\"\(text)\"" : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private static func piece(of rest: Substring, _ first: Character) -> Piece {
    if rest.hasPrefix("//") { return Piece(kind: .comment, text: rest.prefix { !$0.isNewline }) }
    if rest.hasPrefix("/*") { return Piece(kind: .comment, text: rest[..<endOfComment(rest)]) }
    let hashes = rest.prefix { $0 == "#" }
    if rest[hashes.endIndex...].first == "\"" {
      return Piece(kind: .text, text: rest[..<endOfText(rest, hashes)])
    }
    if first == "`" {
      let name = rest.dropFirst().prefix { $0 != "`" && !$0.isNewline }
      let end = name.endIndex == rest.endIndex ? name.endIndex : rest.index(after: name.endIndex)
      return Piece(kind: .plain, text: rest[..<end])
    }
    if first.isLetter || first == "_" || first == "@" || first == "#" {
      let name = rest.prefix { $0 == first || $0.isLetter || $0.isNumber || $0 == "_" }
      return Piece(kind: kind(of: name), text: name)
    }
    if first.isNumber, first.isASCII {
      return Piece(kind: .number, text: number(rest))
    }
    return Piece(kind: .plain, text: rest.prefix(1))
  }

  private static func kind(of name: Substring) -> Kind {
    if keywords.contains(name) || name.first == "@" || name.first == "#" { return .keyword }
    return name.first?.isUppercase == true ? .type : .plain
  }

  /// `0x1F`, `1_000`, `2.5e-3`; not the dots of `0...9`.
  private static func number(_ rest: Substring) -> Substring {
    rest.prefixMatch(of: /0[xob][0-9A-Fa-f_]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][-+]?[0-9]+)?/)
      .map { rest[$0.range] } ?? rest.prefix(1)
  }

  private static func endOfComment(_ rest: Substring) -> Substring.Index {
    var (index, depth) = (rest.startIndex, 0)
    while index < rest.endIndex {
      let here = rest[index...]
      if here.hasPrefix("/*") {
        (depth, index) = (depth + 1, rest.index(index, offsetBy: 2))
      } else if here.hasPrefix("*/") {
        (depth, index) = (depth - 1, rest.index(index, offsetBy: 2))
        if depth == 0 { return index }
      } else {
        index = rest.index(after: index)
      }
    }
    return index
  }

  /// The end of a literal, over holes that hold literals in turn.
  private static func endOfText(_ rest: Substring, _ hashes: Substring) -> Substring.Index {
    let quotes = rest[hashes.endIndex...].hasPrefix("\"\"\"") ? "\"\"\"" : "\""
    let (closing, escape) = (quotes + hashes, "\\" + hashes)
    var index = rest.index(hashes.endIndex, offsetBy: quotes.count)
    while index < rest.endIndex {
      let here = rest[index...]
      if here.hasPrefix(closing) { return rest.index(index, offsetBy: closing.count) }
      if here.hasPrefix(escape + "(") {
        index = endOfHole(rest, from: rest.index(index, offsetBy: escape.count + 1))
      } else if here.hasPrefix(escape) {
        let end = rest.index(index, offsetBy: escape.count)
        index = end < rest.endIndex ? rest.index(after: end) : end
      } else if quotes.count == 1, rest[index].isNewline {
        return index  // not closed: the compiler would refuse it
      } else {
        index = rest.index(after: index)
      }
    }
    return index
  }

  private static func endOfHole(
    _ rest: Substring, from start: Substring.Index
  ) -> Substring.Index {
    var (index, depth) = (start, 1)
    while index < rest.endIndex, depth > 0 {
      if rest[index] == "\"" {
        index = endOfText(rest[index...], rest[index..<index])
        continue
      }
      if rest[index] == "(" { depth += 1 }
      if rest[index] == ")" { depth -= 1 }
      index = rest.index(after: index)
    }
    return index
  }

  private static func mark(_ text: String, _ kind: Kind) -> Markup {
    switch kind {
    case .plain: "\(text)"
    case .keyword: "<span class=\"k\">\(text)</span>"
    case .type: "<span class=\"y\">\(text)</span>"
    case .text: "<span class=\"s\">\(text)</span>"
    case .number: "<span class=\"d\">\(text)</span>"
    case .comment: "<span class=\"c\">\(text)</span>"
    }
  }
}
