import Foundation
import FoxContract

/// The table at the end of a run: for each chapter and room what was verified, how near the numbers came
/// to their bounds, and what did not run.
struct RunTable {
  fileprivate struct Row {
    var clauses: Set<String> = []
    var passed = 0
    var failed = 0
    var skipped = 0
    var worst: Ledger.Difference?
  }

  private let notes: Ledger.Notes
  private let isWhole: Bool

  /// - Parameter isWhole: Whether the run is of all tests; only then is a clause without a test that
  ///   passed worth a word.
  init(_ notes: Ledger.Notes, isWhole: Bool) { (self.notes, self.isWhole) = (notes, isWhole) }

  var text: String {
    (["", "Verified in this run"] + rows() + notRun() + missing() + slowest()).joined(
      separator: "\n")
  }

  /// What is said when a filter matches nothing.
  static func nothing(filters: [String]) -> String {
    let shown = filters.map { "'\($0)'" }.joined(separator: " ")
    var lines = ["", "Nothing was verified: no test matches \(shown)."]
    let contract = try? Contract(package: Places.package)
    for filter in filters {
      let id = filter.replacing("\\b", with: "").uppercased()
      if contract?[id] == nil, let near = contract?.near(id), !near.isEmpty {
        lines.append("SPEC.md has no clause \(id); near it are \(near.joined(separator: ", ")).")
      }
    }
    lines.append("A clause is run by its id, as in: swift test --filter 'BEAM-3\\b'")
    return lines.joined(separator: "\n")
  }

  /// `1 test`, `2 tests`
  static func tests(_ count: Int) -> String { "\(count) test\(count == 1 ? "" : "s")" }

  // MARK: Rows

  /// One line of columns: name, clauses, tests, nearest to its bound, skipped.
  fileprivate static func line(
    _ name: String, _ clauses: String, _ tests: String, _ nearest: String, _ skipped: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let line =
      left(name, 17) + right(clauses, 8) + right(tests, 7) + right(skipped, 9) + "   " + nearest
    return String(line.reversed().drop { $0 == " " }.reversed())
  }

  private func rows() -> [String] {
    var byPlace: [Sites.Place: Row] = [:]
    for (name, entry) in notes.tests {
      let place = Sites.place(ofModule: String(name.prefix { $0 != "." }))
      byPlace[place, default: Row()].count(entry)
    }
    for (module, worst) in notes.worst {
      byPlace[Sites.place(ofModule: module), default: Row()].worst = worst
    }
    var lines = [
      Self.line("", "clauses", "tests", "nearest to its bound: |Δ| of what is allowed", "skipped")
    ]
    var floor = ""
    for (place, row) in byPlace.sorted(by: { Sites.rank($0.key) < Sites.rank($1.key) }) {
      if place.floor != floor {
        floor = place.floor
        lines.append(floor)
      }
      lines.append(row.line("  \(place.name)"))
    }
    var whole = Row()
    for entry in notes.tests.values { whole.count(entry) }
    return lines + [whole.line("All")]
  }

  // MARK: What did not run

  /// By reason: how many tests, of which clauses.
  private func notRun() -> [String] {
    var byReason: [String: (tests: Int, clauses: Set<String>)] = [:]
    for entry in notes.tests.values {
      guard case .skipped(let reason) = entry.state else { continue }
      byReason[reason, default: (0, [])].tests += 1
      byReason[reason]?.clauses.formUnion(entry.clauses)
    }
    if byReason.isEmpty { return [] }
    return ["", "Not run"]
      + byReason.sorted { $0.key < $1.key }.flatMap { reason, what in
        ["  \(Self.tests(what.tests)) · \(reason)"] + Self.list(what.clauses, indent: "    ")
      }
  }

  /// Clauses of SPEC.md that no test of this run has verified.
  private func missing() -> [String] {
    guard isWhole, let contract = try? Contract(package: Places.package) else { return [] }
    let passed = Set(notes.tests.values.filter { $0.state == .passed }.flatMap(\.clauses))
    let failed = Set(notes.tests.values.filter { $0.state == .failed }.flatMap(\.clauses))
    let open = contract.clauses.map(\.id).filter { !passed.contains($0) || failed.contains($0) }
    let total = contract.clauses.count
    var lines = ["", "\(total - open.count) of the \(total) clauses of SPEC.md are verified."]
    if !open.isEmpty { lines += ["The others:"] + Self.list(Set(open), indent: "  ") }
    return lines
  }

  /// The tests that took longest, of those above 3 seconds.
  private func slowest() -> [String] {
    let slow = notes.seconds.filter { $0.value > 3 }.sorted { $0.value > $1.value }.prefix(12)
    if slow.isEmpty { return [] }
    return ["", "Slowest"]
      + slow.map { name, seconds in
        let function = name.drop { $0 != "/" }.dropFirst().prefix { $0 != "/" }
        let suite = name.prefix { $0 != "/" }.split(separator: ".").last ?? ""
        return String("  \(Int(seconds.rounded())) s  \(suite)  \(function)".prefix(100))
      }
  }

  /// Ids in order, neighbors put together (`BEAM-1…4`), wrapped to 100 columns.
  private static func list(_ ids: Set<String>, indent: String) -> [String] {
    var lines = [indent]
    for id in ranges(ids) {
      if lines[lines.count - 1].count + id.count > 98 { lines.append(indent) }
      lines[lines.count - 1] += id + " "
    }
    return lines.map { String($0.dropLast()) }
  }

  private static func ranges(_ ids: Set<String>) -> [String] {
    let parts = ids.compactMap { id -> (letters: String, number: Int)? in
      guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...]) else {
        return nil
      }
      return (String(id[..<dash]), number)
    }
    var runs: [(letters: String, first: Int, last: Int)] = []
    for (letters, number) in parts.sorted(by: { $0 < $1 }) {
      if let run = runs.last, run.letters == letters, run.last + 1 == number {
        runs[runs.count - 1].last = number
      } else {
        runs.append((letters, number, number))
      }
    }
    return runs.map {
      $0.first == $0.last ? "\($0.letters)-\($0.first)" : "\($0.letters)-\($0.first)…\($0.last)"
    }
  }
}

extension RunTable.Row {
  fileprivate mutating func count(_ entry: Ledger.Entry) {
    switch entry.state {
    case .passed:
      passed += 1
      clauses.formUnion(entry.clauses)
    // What was planned and never began had arguments that could not be read.
    case .failed, .planned: failed += 1
    case .skipped: skipped += 1
    }
  }

  fileprivate func line(_ name: String) -> String {
    var nearest = ""
    if let worst {
      let share = worst.ratio.isFinite ? String(format: "%.0f %%", worst.ratio * 100) : "beyond"
      nearest =
        String(format: "%.1e of %.1e, ", worst.delta, worst.bound) + share
        + (worst.clause.isEmpty ? "" : "  (\(worst.clause))")
    }
    if failed > 0 { nearest = "✘ \(failed) failed  " + nearest }
    return RunTable.line(
      name, "\(clauses.count)", "\(passed + failed)", nearest, skipped > 0 ? "\(skipped)" : "")
  }
}
