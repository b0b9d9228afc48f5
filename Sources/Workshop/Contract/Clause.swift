import Foundation

/// One rule of SPEC.md, with what decides it and where it is implemented.
package struct Clause: Sendable, Equatable {
  /// Letters and a number: `BEAM-3`.
  package let id: String
  /// The heading that it stands below.
  package let section: String
  /// The rule, in one line.
  package let rule: String
  /// The questions of the homework, as they are written: `Q1.1 to Q1.5`.
  package let homework: String?
  /// Files with tests of it, from the root of the package.
  package let tests: [String]
  /// Recorded outputs of the reference, from the root of the package.
  package let goldens: [String]
  /// Files that implement it, from the root of the package.
  package let sources: [String]

  /// The clause of a quotation, or `nil` when it is none.
  init?(_ lines: [Substring], section: String) {
    let text = lines.joined(separator: " ")
    guard let mark = text.prefixMatch(of: /\*\*`([A-Z0-9]+-[0-9]+)`\*\* */) else { return nil }
    // The rule may hold the dot of a product; what is named begins with a word in italics.
    var rule: [String] = []
    var named: [String: String] = [:]
    for part in text[mark.range.upperBound...].components(separatedBy: " · ") {
      if let kind = part.prefixMatch(of: /\*(homework|test|golden|source)\* */) {
        named[String(kind.output.1)] = String(part[kind.range.upperBound...])
      } else {
        rule.append(part)
      }
    }
    (id, self.section) = (String(mark.output.1), section)
    self.rule = rule.joined(separator: " · ").trimmingCharacters(in: .whitespaces)
    homework = named["homework"]
    tests = Self.paths(named["test"], below: "")
    goldens = Self.paths(named["golden"], below: "Golden/")
    sources = Self.paths(named["source"], below: "Sources/")
  }

  /// The paths of a list: the targets of its links, else what stands in backquotes, where a path that
  /// begins with `Tests/` is complete already.
  private static func paths(_ list: String?, below folder: String) -> [String] {
    (list ?? "").matches(of: /`([^`]+)`(?:\]\(([^)]+)\))?/).map { match in
      let path = String(match.output.1)
      return match.output.2.map(String.init) ?? (path.hasPrefix("Tests/") ? path : folder + path)
    }
  }

  /// Whether it names a question, by itself, in a range such as `Q1.1 to Q1.5`, or as part of `Q1`.
  package func answers(_ question: String) -> Bool {
    guard let homework else { return false }
    if homework == "all" { return true }
    let order = Self.questions
    return homework.components(separatedBy: ",").contains { item in
      let words = item.trimmingCharacters(in: .whitespaces)
      let ends = words.components(separatedBy: " to ")
      if ends.count == 2, let first = order.firstIndex(of: ends[0]),
        let last = order.firstIndex(of: ends[1]), let index = order.firstIndex(of: question)
      {
        return first <= index && index <= last
      }
      return question == words || question.hasPrefix(words + ".")
    }
  }

  /// The homework's questions, in order.
  package static let questions = ["Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q1.5", "Q2.1", "Q3.1", "Q3.2"]

  /// The bounds that the rule states, `within 3e-5` and `≤ 1e-5`, each with the words before it.
  package var bounds: [(words: String, value: Double)] {
    var start = rule.startIndex
    return rule.matches(of: /(?:within|≤) ([0-9.]+e-[0-9]+)/).compactMap { match in
      defer { start = match.range.upperBound }
      return Double(match.output.1).map { (String(rule[start..<match.range.lowerBound]), $0) }
    }
  }
}
