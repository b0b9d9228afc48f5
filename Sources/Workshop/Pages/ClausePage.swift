import Foundation
import FoxContract
import FoxDecoding

extension Site {
  /// A clause: the rule, how it stands, its tests with their code, what they compared.
  func clausePage(_ proof: Proof) throws -> Markup {
    let clause = proof.clause
    let questions = Clause.questions.filter { clause.homework != "all" && clause.answers($0) }
    let tests = try Markup(pieces: proof.tests.map { try test($0, of: clause) })
    return page(
      clause.id, trail: [(clause.section, "clauses.html#\(Self.anchor(clause.section))")],
      kind: "clause",
      """
      <p class="rule">\(links.prose.inline(clause.rule))</p>
      <p class="state \(proof.mark.style)">\(proof.mark.words)</p>
      <p>Run it: <code>swift test --filter '\(clause.id)\\b'</code></p>
      \(list("Homework", questions) { ($0, links.question($0)) })
      \(list("Source", clause.sources) { source(clause, $0) })
      \(list("Golden", clause.goldens) { ($0, links.golden($0)) })
      <h2>Tests</h2>
      \(tests)
      """)
  }

  /// A source with the line that the clause stands beside, and where that is.
  private func source(_ clause: Clause, _ path: String) -> (String, String?) {
    guard let file = chapters.flatMap(\.files).first(where: { $0.path == path }) else {
      return (path, nil)
    }
    let line = line(of: clause, in: file)
    return (
      path + (line.map { ", line \($0)" } ?? ""),
      Links.page(file: path) + (line.map { "#L\($0)" } ?? "")
    )
  }

  /// `Decoding and more` → `decoding-and-more`
  static func anchor(_ section: String) -> String {
    section.lowercased().map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
  }

  func list(
    _ title: String, _ items: [String], _ item: (String) -> (String, String?)
  ) -> Markup {
    if items.isEmpty { return .empty }
    let lines = items.map { name in
      let (words, address) = item(name)
      return address.map { "<li><a href=\"\($0)\">\(words)</a></li>" as Markup }
        ?? "<li><code>\(words)</code></li>"
    }
    return "<h2>\(title)</h2><ul>\(lines)</ul>"
  }

  private func test(_ test: TestRun.Test, of clause: Clause) throws -> Markup {
    let code = try Self.function(in: package.appendingPathComponent(test.file), line: test.line)
    let (style, words) = Self.mark(test)
    let more = contract.clauses.map(\.id).filter { $0 != clause.id && test.clauses.contains($0) }
    let others: Markup =
      more.isEmpty
      ? .empty : " · also of \(more.map { "<a href=\"\(links.clause($0))\">\($0)</a> " as Markup })"
    return """
      <section class="test \(style)"><h3>\(test.words)</h3><p>\(words) · \
      <code>\(test.file):\(test.line)</code>\(others)</p>\(comparisons(test))\
      <details><summary>The test</summary><pre tabindex="0"><code>\(SwiftCode.marked(code))</code></pre>\
      </details></section>
      """
  }

  private static func mark(_ test: TestRun.Test) -> (style: String, words: String) {
    switch test.outcome {
    case .passed: ("ok", "✔ passed" + (test.cases > 1 ? " on \(test.cases) cases" : ""))
    case .skipped(let reason): ("unrun", "○ NOT RUN here: \(reason)")
    case .notRun: ("gap", "✘ did not run")
    case .failed(let failures):
      (
        "gap",
        "✘ failed: "
          + failures.map { "\($0.file):\($0.line) \($0.message)" }.joined(separator: "; ")
      )
    }
  }

  private func comparisons(_ test: TestRun.Test) -> Markup {
    if test.comparisons.isEmpty { return .empty }
    let shown = test.comparisons.sorted { $0.share > $1.share }.prefix(12).map { comparison in
      """
      <tr><td>\(comparison.what)</td><td>\(comparison.count)</td>\
      <td>\(comparison.ours.map(Proof.number) ?? "")</td>\
      <td>\(comparison.reference.map(Proof.number) ?? "")</td>\
      <td>\(Proof.scientific(comparison.delta))</td><td>\(Proof.scientific(comparison.bound))</td>\
      <td>\(String(comparison.file.split(separator: "/").last ?? "")):\(comparison.line)</td></tr>
      """ as Markup
    }
    return """
      <div class="scroll" tabindex="0"><table><thead><tr><th scope="col">compared</th>\
      <th scope="col">numbers</th><th scope="col">ours</th><th scope="col">reference</th>\
      <th scope="col">|Δ|</th><th scope="col">bound</th><th scope="col">compared at</th></tr></thead><tbody>\(shown)</tbody></table></div>
      """
  }

  /// The function whose `@Test` is at a line: down to the brace that stands where the attribute does.
  static func function(in file: URL, line: Int) throws -> String {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw Fault(file.path, found: "no such file", expected: "the test that the run names")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard line >= 1, line <= lines.count else {
      throw Fault(
        file.path, found: "\(lines.count) lines", expected: "a test at line \(line)",
        hint: "the run is older than the sources; run make book again")
    }
    // The comment before it belongs to it.
    var first = line - 1
    while first > 0, lines[first - 1].drop(while: { $0 == " " }).hasPrefix("///") { first -= 1 }
    let indent = lines[line - 1].prefix { $0 == " " }
    let end = lines[(line - 1)...].firstIndex { $0 == indent + "}" } ?? line - 1
    return lines[first...end].map { $0.dropFirst(min(indent.count, $0.prefix { $0 == " " }.count)) }
      .joined(separator: "\n")
  }

  // MARK: Goldens and recorders

  /// A golden: what it says of its making, and who relies on it.
  func goldenPage(_ golden: GoldenFile) -> Markup {
    let rows = golden.provenance.map { key, value in
      "<tr><th scope=\"row\">\(key)</th><td>\(value)</td></tr>" as Markup
    }
    let users = proofs.filter { $0.clause.goldens.contains(golden.path) }
    return page(
      String(golden.path.dropFirst("Golden/".count)), trail: [], kind: "golden",
      """
      <p><code>\(golden.path)</code>, \(golden.size) bytes. Recorded once, never edited.</p>
      <div class="scroll" tabindex="0"><table class="provenance"><tbody>\(rows)</tbody></table></div>
      \(list("Recorder", golden.script.map { [$0] } ?? []) { ($0, links.recorder($0)) })
      \(table(users, "The clauses that it decides"))
      """)
  }

  /// The script that recorded some goldens.
  func recorderPage(_ path: String) throws -> Markup {
    let file = package.appendingPathComponent(path)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw Fault(path, found: "no such file", expected: "the script that a golden names")
    }
    let made = goldens.filter { $0.script == path }
    return page(
      String(path.split(separator: "/").last ?? ""), trail: [], kind: "recorder",
      """
      \(list("Records", made.map(\.path)) { ($0, links.golden($0)) })
      <pre tabindex="0"><code>\(text)</code></pre>
      """)
  }
}
