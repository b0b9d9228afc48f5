import Foundation
import FoxDecoding

/// # The contract
///
/// SPEC.md states in numbered clauses what this package computes. This room reads it, so that one text
/// serves all who need a clause: `fox spec BEAM-3` prints it, the tests take their bounds from it
/// (`Bound`), and `SpecTests` compares it with the tests, goldens and sources that it names.
///
/// A clause is a quotation that begins with its id and ends with what it names:
///
///     > **`BEAM-3`** The rule. · *homework* Q1.1 · *golden* `decoding/beam.json` · *source* `…`
///
/// It does not read Markdown in general, only this shape.
package struct Contract: Sendable {
  /// All clauses, in order.
  package let clauses: [Clause]

  /// The clauses of a text. What stands before `## Contents` explains the format and is passed over.
  package init(text: String) {
    var clauses: [Clause] = []
    var section = ""
    var quotation: [Substring] = []
    func finish() {
      if let clause = Clause(quotation, section: section) { clauses.append(clause) }
      quotation = []
    }
    let start = text.range(of: "## Contents\n")?.upperBound ?? text.startIndex
    for line in text[start...].split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("> ") {
        quotation.append(line.dropFirst(2))
      } else {
        finish()
        if line.hasPrefix("#") { section = Self.title(line) }
      }
    }
    finish()
    self.clauses = clauses
  }

  /// The clauses of the `SPEC.md` in a folder.
  package init(package folder: URL) throws {
    let file = folder.appendingPathComponent("SPEC.md")
    guard let data = try? Data(contentsOf: file) else {
      throw Fault(file.path, found: "no such file", expected: "the specification")
    }
    self.init(text: String(decoding: data, as: UTF8.self))
  }

  /// The clause of an id.
  package subscript(id: String) -> Clause? { clauses.first { $0.id == id } }

  /// The clauses that answer a question of the homework, such as `Q1.1`.
  package func clauses(ofQuestion question: String) -> [Clause] {
    clauses.filter { $0.answers(question) }
  }

  /// Up to three ids that somebody who wrote `id` may have meant: those of the same letters with the
  /// nearest numbers, else those whose letters are one or two changes away.
  package func near(_ id: String) -> [String] {
    let (letters, number) = Self.parts(id.uppercased())
    func distance(_ clause: Clause) -> (letters: Int, number: Int) {
      let parts = Self.parts(clause.id)
      return (Self.changes(letters, parts.letters), abs(parts.number - number))
    }
    let near = clauses.map { (id: $0.id, distance: distance($0)) }
      .filter { $0.distance.letters <= 2 && $0.distance.letters < max(letters.count, 1) }
    return near.sorted { $0.distance < $1.distance }.prefix(3).map(\.id)
  }

  /// `## Decoding (BEAM, PROC)` → `Decoding`
  private static func title(_ heading: Substring) -> String {
    let words = heading.drop { $0 == "#" || $0 == " " }
    return String(words.prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
  }

  /// `BEAM-3` → `BEAM` and 3; without a number, 0.
  private static func parts(_ id: String) -> (letters: String, number: Int) {
    guard let dash = id.lastIndex(of: "-") else { return (id, 0) }
    return (String(id[..<dash]), Int(id[id.index(after: dash)...]) ?? 0)
  }

  /// Levenshtein's distance of two short words.
  private static func changes(_ first: String, _ second: String) -> Int {
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in second.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}
