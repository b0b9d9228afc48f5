import Foundation

/// # The Markdown of comments
///
/// Paragraphs, lists, quotations, and lines that are indented by four: formulas (`Formula.swift`), and
/// drawings, which stay as they were written. Within a line: `code`, ``symbols``, *emphasis*, **strength**, and what can be followed:
/// the id of a clause, the number of a paper, the name of a file.
///
/// What it does not do: tables, pictures, links written as such. Comments of the Book have none.
package struct Prose {
  /// Where a word leads, if it leads anywhere.
  package typealias Target = (_ word: String) -> String?

  private let target: Target

  package init(target: @escaping Target) { self.target = target }

  /// The lines of a comment as elements of a page.
  package func markup(_ lines: [String]) -> Markup {
    Markup(pieces: blocks(lines).map(markup))
  }

  private enum Block: Equatable {
    case paragraph(String)
    case heading(String)
    case formula([String])
    case quotation([String])
    case list(isOrdered: Bool, [String])
  }

  private func markup(_ block: Block) -> Markup {
    switch block {
    case .paragraph(let text): return "<p>\(inline(text))</p>\n"
    case .heading(let text): return "<h2>\(inline(text))</h2>\n"
    case .formula(let lines):
      if let formula = Formula(lines) { return formula.markup }
      let text = lines.joined(separator: "\n")
      return "<pre class=\"drawing\" tabindex=\"0\">\(text)</pre>\n"
    case .quotation(let lines): return "<blockquote>\(markup(lines))</blockquote>\n"
    case .list(let isOrdered, let items):
      let items = Markup(pieces: items.map { "<li>\(inline($0))</li>\n" })
      return isOrdered ? "<ol>\(items)</ol>\n" : "<ul>\(items)</ul>\n"
    }
  }

  private func blocks(_ lines: [String]) -> [Block] {
    var blocks: [Block] = []
    var isNew = true  // after an empty line
    for line in lines {
      let words = line.drop { $0 == " " }
      let indent = line.count - words.count
      defer { isNew = words.isEmpty }
      if words.isEmpty {
        if case .formula(let known) = blocks.last {
          blocks[blocks.count - 1] = .formula(known + [""])
        }
        continue
      }
      switch (blocks.last, isNew) {
      case (.list(let isOrdered, var items), _) where Self.item(words) == nil && indent >= 2:
        items[items.count - 1] += " " + words
        blocks[blocks.count - 1] = .list(isOrdered: isOrdered, items)
      case (.formula(let known), _) where indent >= 4:
        blocks[blocks.count - 1] = .formula(known + [String(line.dropFirst(4))])
      case (_, true) where indent >= 4: blocks.append(.formula([String(line.dropFirst(4))]))
      case (.quotation(let known), false) where words.hasPrefix(">"):
        blocks[blocks.count - 1] = .quotation(known + [Self.quoted(words)])
      case _ where words.hasPrefix(">"): blocks.append(.quotation([Self.quoted(words)]))
      case _ where words.hasPrefix("#") || words.hasPrefix("MARK: "):
        blocks.append(
          .heading(String(words.drop { "# ".contains($0) }.replacing("MARK: ", with: ""))))
      case _ where Self.item(words) != nil: blocks.append(list(words, after: &blocks))
      case (.paragraph(let text), false):
        blocks[blocks.count - 1] = .paragraph(text + " " + words)
      default: blocks.append(.paragraph(String(words)))
      }
    }
    return blocks.map(trimmed)
  }

  private func list(_ words: Substring, after blocks: inout [Block]) -> Block {
    let (isOrdered, text) = Self.item(words) ?? (false, words)
    if case .list(isOrdered, let items) = blocks.last {
      blocks.removeLast()
      return .list(isOrdered: isOrdered, items + [String(text)])
    }
    return .list(isOrdered: isOrdered, [String(text)])
  }

  private func trimmed(_ block: Block) -> Block {
    guard case .formula(var lines) = block else { return block }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return .formula(lines)
  }

  private static func quoted(_ words: Substring) -> String {
    let text = words.dropFirst()
    return String(text.first == " " ? text.dropFirst() : text)
  }

  private static func item(_ words: Substring) -> (isOrdered: Bool, text: Substring)? {
    if words.hasPrefix("- ") { return (false, words.dropFirst(2)) }
    return words.prefixMatch(of: #/[0-9]+\. /#).map { (true, words[$0.range.upperBound...]) }
  }

  // MARK: Within a line

  /// The ids of clauses that a text names. ROUGE-2 without backquotes is a metric.
  static func clauses(in text: String) -> Set<String> {
    // Most texts name none, and a search for a sign is much faster than one for a pattern.
    guard text.utf8.contains(UInt8(ascii: "-")) else { return [] }
    let ids = text.matches(of: /`([A-Z][A-Z0-9]+-[0-9]+)`|\b(?!ROUGE-)([A-Z][A-Z0-9]+-[0-9]+)\b/)
    return Set(ids.compactMap { ($0.output.1 ?? $0.output.2).map(String.init) })
  }

  /// A text with its marks.
  package func inline(_ text: String) -> Markup {
    var (rest, pieces): (Substring, [Markup]) = (text[...], [])
    // Papers, clauses out of quotes, symbols, code, strength, emphasis.
    let mark =
      /(?<paper>arXiv[: ](?<number>[0-9]{4}\.[0-9]{4,5}))|``(?<symbol>[^`]+)``|`(?<code>[^`]+)`|\*\*(?<strong>[^*]+)\*\*|\*(?<soft>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])|(?<bare>\b(?!ROUGE-)[A-Z][A-Z0-9]+-[0-9]+\b)/
    while let found = rest.firstMatch(of: mark) {
      pieces.append("\(String(rest[..<found.range.lowerBound]))")
      rest = rest[found.range.upperBound...]
      let part = found.output
      if let number = part.number {
        let address = "https://arxiv.org/abs/\(number)"
        pieces.append("<a href=\"\(address)\">\(String(part.0))</a>")
      } else if let name = part.symbol ?? part.code {
        pieces.append(linked(String(name), "<code>\(String(name))</code>"))
      } else if let strong = part.strong {
        pieces.append("<strong>\(inline(String(strong)))</strong>")
      } else if let soft = part.soft {
        pieces.append("<em>\(inline(String(soft)))</em>")
      } else {
        pieces.append(linked(String(part.0), "\(String(part.0))"))
      }
    }
    return Markup(pieces: pieces + ["\(String(rest))"])
  }

  private func linked(_ word: String, _ shown: Markup) -> Markup {
    guard let address = target(word) else { return shown }
    return "<a href=\"\(address)\">\(shown)</a>"
  }
}
