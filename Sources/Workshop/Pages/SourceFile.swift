import Foundation

/// # A source file in passages
///
/// A page shows a file in rows: on the left what a comment says, beside it the code that follows the
/// comment. So a file is cut before each comment that has lines of its own. A comment at the end of a
/// line of code, such as a shape, stays where it is.
///
///     /// What comes first.        → prose of passage 1
///     func first() {              → code of passage 1
///       // Why this is so.        → prose of passage 2
///       second()                  → code of passage 2, and the brace
///     }
///
/// What it does not do: it does not parse Swift. Lines that look like comments within a text of several
/// lines would be taken for prose; a test says that the Book has none.
package struct SourceFile: Sendable {
  /// A comment and the code that follows it.
  package struct Passage: Sendable {
    /// The lines of the comment, without their signs and indentation.
    package var prose: [String] = []
    /// The lines of the code, as they stand.
    package var code: [String] = []
    /// The line of the file where the code begins, from 1.
    package var line = 0
    /// Whether the comment documents a declaration (`///`).
    package var isDocumentation = false
  }

  /// A declaration.
  package struct Symbol: Equatable, Sendable {
    /// With its type: `BeamSearch.run`.
    package let name: String
    /// `func`, `struct` …
    package let kind: String
    package let line: Int
  }

  /// The path, from the root of the package.
  package let path: String
  /// What the head calls it, or the name of the file.
  package let title: String
  /// The comment that opens the file, without its title.
  package let head: [String]
  package let passages: [Passage]
  package let symbols: [Symbol]

  package init(path: String, text: String) {
    self.path = path
    var passages = Self.passages(of: text)
    // Imports come before the head or after it; they teach nothing.
    let isImport: (String) -> Bool = {
      $0.prefixMatch(of: #/(@\S+ )*((public|package) )?import /#) != nil
    }
    passages = passages.compactMap { passage in
      var passage = passage
      passage.code.removeAll(where: isImport)
      while passage.code.first?.isEmpty == true {
        passage.code.removeFirst()
        passage.line += 1
      }
      return passage.prose.isEmpty && passage.code.isEmpty ? nil : passage
    }
    let file = String(path.split(separator: "/").last ?? "")
    if let first = passages.first, let title = first.prose.first, title.hasPrefix("# ") {
      self.title = String(title.dropFirst(2))
      head = Array(first.prose.dropFirst())
      passages[0].prose = []
      if passages[0].code.isEmpty { passages.removeFirst() }
    } else {
      (title, head) = (file, [])
    }
    self.passages = passages
    symbols = Self.symbols(of: text)
  }

  /// The line where the passage begins that a line stands in.
  func passage(ofLine line: Int) -> Int {
    (passages.last { $0.line <= line && !$0.code.isEmpty } ?? passages.first)?.line ?? 1
  }

  /// Where on its page a line is.
  func address(ofLine line: Int) -> String {
    "\(Links.page(file: path))#L\(passage(ofLine: line))"
  }

  private static func passages(of text: String) -> [Passage] {
    var passages = [Passage()]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.drop { $0 == " " }
      if words.hasPrefix("//") {
        let isDocumentation = words.hasPrefix("///")
        // Another comment begins: after code, or when `//` follows `///` or the reverse.
        if let last = passages.last,
          !last.code.isEmpty || !last.prose.isEmpty && last.isDocumentation != isDocumentation
        {
          passages.append(Passage())
        }
        passages[passages.count - 1].isDocumentation = isDocumentation
        passages[passages.count - 1].prose.append(comment(words))
      } else if let last = passages.last, last.code.isEmpty, words.isEmpty {
        // A blank line ends a comment that documents nothing, such as a heading.
        if !last.prose.isEmpty { passages.append(Passage()) }
      } else {
        if passages[passages.count - 1].code.isEmpty {
          passages[passages.count - 1].line = index + 1
        }
        passages[passages.count - 1].code.append(String(line))
      }
    }
    return passages.map { passage in
      var passage = passage
      while passage.code.last?.isEmpty == true { passage.code.removeLast() }
      return passage
    }
  }

  private static func comment(_ words: Substring) -> String {
    let text = words.drop { $0 == "/" }
    return String(text.first == " " ? text.dropFirst() : text)
  }

  /// The declarations outside of functions, told by their indentation.
  private static func symbols(of text: String) -> [Symbol] {
    var symbols: [Symbol] = []
    var type: String?  // what members belong to; a function's lines are not members
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let depth = line.prefix { $0 == " " }.count
      guard depth == 0 || depth == 2 && type != nil,
        let found = line.drop(while: { $0 == " " }).prefixMatch(
          of:
            /(?:@\w+(?:\([^)]*\))? |(?:public|package|private|fileprivate)(?:\(set\))? |final |indirect |static |mutating |nonisolated(?:\(unsafe\))? )*(struct|class|enum|protocol|extension|func|init|subscript|var|let|typealias)\b ?(.*)/
        )
      else { continue }
      let (kind, names) = (String(found.output.1), names(found.output.1, found.output.2))
      if depth == 0 { type = ["func", "var", "let"].contains(kind) ? nil : names.first }
      if kind == "extension" { continue }
      for name in names {
        let full = depth == 0 ? name : "\(type ?? "").\(name)"
        symbols.append(Symbol(name: full, kind: kind, line: index + 1))
      }
    }
    return symbols
  }

  /// What a declaration declares: `let a, b: Int` and `var (a, b) = (1, 2)` two things.
  private static func names(_ kind: Substring, _ rest: Substring) -> [String] {
    switch kind {
    case "init", "subscript": return [String(kind)]
    case "var", "let":
      let pattern = rest.hasPrefix("(") ? rest.dropFirst().prefix { $0 != ")" } : rest
      return pattern.prefix { !":={".contains($0) }.split(separator: ",").map { part in
        part.trimmingCharacters(in: .whitespaces)
      }
    default:
      // An operator is a name too: `func < (a: Self, b: Self)`.
      let ends = rest.first?.isLetter == true || rest.hasPrefix("_") ? " (<:{" : " (:{"
      return [
        String(rest.hasPrefix("`") ? rest.prefix { $0 != "(" } : rest.prefix { !ends.contains($0) })
      ]
    }
  }
}
