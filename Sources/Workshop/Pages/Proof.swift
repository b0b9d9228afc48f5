import Foundation
import FoxContract

/// # What the run says of a clause
///
/// A clause is *verified* when at least one of its tests passed, none failed, and none ran on no case.
/// What is not verified is shown, and is one of two things: *not run here*, when all its tests were
/// disabled and give a reason (data or weights that are not there, and the command that gets them), or a
/// *gap*. A book with gaps is not built, unless one asks for it. A verified clause of which a test was
/// disabled says that too: it is verified *in part*.
package struct Proof: Sendable {
  /// How it stands with a clause.
  package enum State: Equatable, Sendable {
    case verified
    case notRunHere(String)
    case gap(String)
  }

  package let clause: Clause
  package let tests: [TestRun.Test]

  package init(_ clause: Clause, in run: TestRun) {
    (self.clause, tests) = (clause, run.tests(of: clause.id))
  }

  package var state: State {
    for test in tests {
      guard case .failed(let failures) = test.outcome else { continue }
      let first = failures.first
      let place = first.map { "\($0.file):\($0.line)" } ?? "\(test.file):\(test.line)"
      return .gap("\(place): \(first?.message ?? "failed")")
    }
    if let idle = tests.first(where: { $0.outcome == .notRun }) {
      return .gap("\(idle.file):\(idle.line): the test ran on no case")
    }
    if passed > 0 { return .verified }
    return reasons.first.map { .notRunHere($0) } ?? .gap("no test of the run names it")
  }

  /// Why tests of it were disabled.
  package var reasons: [String] {
    tests.compactMap { if case .skipped(let reason) = $0.outcome { reason } else { nil } }
  }

  /// How many of its tests passed, and on how many cases.
  package var passed: Int { tests.count { $0.outcome == .passed } }
  package var cases: Int { tests.reduce(0) { $0 + ($1.outcome == .passed ? $1.cases : 0) } }

  /// Of its comparisons with the reference, the one that is nearest to its bound.
  package var nearest: TestRun.Comparison? {
    tests.flatMap(\.comparisons).max { $0.share < $1.share }
  }
}

extension TestRun.Comparison {
  /// The part of the bound that is used up.
  var share: Double {
    delta.isNaN ? .infinity : bound > 0 ? delta / bound : delta > 0 ? .infinity : 0
  }
}

extension Proof {
  /// The cell beside a piece of code.
  func cell(_ links: Links) -> Markup {
    """
    <div class="proof \(mark.style)"><p><a href="\(links.clause(clause.id))">\(clause.id)</a> \
    <span class="mark">\(mark.words)</span></p>\(numbers)\(goldens(links))</div>
    """
  }

  /// A line of a table: id, rule, state, numbers.
  func line(_ links: Links) -> Markup {
    """
    <tr class="\(mark.style)"><th scope="row"><a href="\(links.clause(clause.id))">\(clause.id)</a></th>\
    <td>\(links.prose.inline(clause.rule))</td><td>\(mark.words)\(numbers)</td></tr>
    """
  }

  /// A word for the state, which never stands for itself as a color.
  var mark: (style: String, words: String) {
    switch state {
    case .verified:
      let tests = "\(passed) \(passed == 1 ? "test" : "tests")"
      let words = "✔ \(tests)" + (cases > passed ? ", \(cases) cases" : "")
      guard let reason = reasons.first else { return ("ok", words) }
      return ("part", "\(words); ○ \(reasons.count) not run here: \(reason)")
    case .notRunHere(let reason): return ("unrun", "○ NOT RUN here: \(reason)")
    case .gap(let reason): return ("gap", "✘ \(reason)")
    }
  }

  /// Ours, the reference's, how far apart, and how far they may be.
  private var numbers: Markup {
    guard let nearest else { return .empty }
    var rows: [Markup] = []
    if let ours = nearest.ours, let reference = nearest.reference {
      rows = [
        "<div><dt>ours</dt><dd>\(Self.number(ours))</dd></div>",
        "<div><dt>reference</dt><dd>\(Self.number(reference))</dd></div>",
      ]
    }
    let count = nearest.count > 1 ? ", the worst of \(nearest.count)" : ""
    rows.append(
      """
      <div><dt>|Δ|</dt><dd>\(Self.scientific(nearest.delta)) of \
      \(Self.scientific(nearest.bound))\(count)</dd></div>
      """)
    return "<dl title=\"\(nearest.what) (\(nearest.file):\(nearest.line))\">\(rows)</dl>"
  }

  private func goldens(_ links: Links) -> Markup {
    Markup(
      pieces: clause.goldens.map {
        let name = String($0.split(separator: "/").last ?? "")
        return "<p class=\"golden\"><a href=\"\(links.golden($0))\">\(name)</a></p>"
      })
  }

  static func number(_ value: Double) -> String {
    String(format: "%.7g", value).replacing("-", with: "−")
  }

  static func scientific(_ value: Double) -> String {
    value == 0 ? "0" : String(format: "%.1e", value).replacing("-", with: "−")
  }
}
