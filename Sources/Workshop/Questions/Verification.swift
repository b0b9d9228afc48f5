import Foundation

/// What the homework prints, beside what this package computes.
///
/// SPEC `HW-11`, `HW-17`.
package struct Verification: Codable, Equatable, Sendable {
  /// A printed number or text.
  package struct Row: Codable, Equatable, Sendable {
    package var question: String
    package var what: String
    package var printed: String
    /// As it is computed here; `nil` when what it takes is not there.
    package var ours: String?
    /// How far ours may be off; 0 for texts and exact numbers.
    package var tolerance: Double
    /// What came out.
    package var verdict: Verdict
    /// What the row says about this package.
    package var kind = Kind.computed
  }

  /// What a row can prove.
  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// Computed here from other numbers: it differs when our code is wrong.
    case computed
    /// The printed numbers agree with each other, or with what was copied from them. No code of
    /// ours is tried by that: such a row differs only where the print was copied wrongly.
    case consistent
    /// It takes weights or data that are not here.
    case needs
  }

  /// What came of a comparison.
  package enum Verdict: Codable, Equatable, Sendable {
    /// The same, to the last printed digit.
    case equal
    /// The difference is within the tolerance.
    case within(Double)
    case differs
    /// Something is not there; what, and what brings it.
    case needs(String)
  }

  /// The comparisons, by question.
  package internal(set) var rows: [Row] = []

  /// Whether no row differs.
  package var holds: Bool { !rows.contains { $0.verdict == .differs } }

  /// No comparison yet.
  init() {}

  package func rows(_ kind: Kind) -> [Row] { rows.filter { $0.kind == kind } }

  /// Compares texts.
  mutating func add(
    _ question: String, _ what: String, printed: String, ours: String, kind: Kind = .computed
  ) {
    rows.append(
      Row(
        question: question, what: what, printed: printed, ours: ours, tolerance: 0,
        verdict: printed == ours ? .equal : .differs, kind: kind))
  }

  /// Compares numbers, printed to some places.
  mutating func add(
    _ question: String, _ what: String, printed: Double, ours: Double, places: Int,
    tolerance: Double
  ) {
    let (before, now) = (
      String(format: "%.\(places)f", printed), String(format: "%.\(places)f", ours)
    )
    let isNear = abs(printed - ours) <= tolerance
    rows.append(
      Row(
        question: question, what: what, printed: before, ours: now, tolerance: tolerance,
        verdict: before == now ? .equal : isNear ? .within(tolerance) : .differs))
  }

  mutating func add(
    _ question: String, _ row: PrintedSearch.Row, ours: (score: Double, text: String),
    tolerance: Double
  ) {
    let fits = row.isCut ? ours.text.hasPrefix(row.text) : ours.text == row.text
    let isNear = row.score.map { abs($0 - ours.score) <= tolerance } ?? true
    var found = row
    found.score = row.score == nil ? nil : ours.score
    found.text = row.isCut ? String(ours.text.prefix(row.text.count)) : ours.text
    let (printed, now) = (row.shown(tolerance), found.shown(tolerance))
    rows.append(
      Row(
        question: question, what: "beam \(row.beam)", printed: printed, ours: now,
        tolerance: tolerance,
        verdict: !fits || !isNear ? .differs : printed == now ? .equal : .within(tolerance)))
  }

  /// Something that cannot be compared here.
  mutating func need(
    _ question: String, _ what: String, printed: String, _ remedy: String, tolerance: Double = 0
  ) {
    rows.append(
      Row(
        question: question, what: what, printed: printed, ours: nil, tolerance: tolerance,
        verdict: .needs(remedy), kind: .needs))
  }
}

extension Verification.Verdict: CustomStringConvertible {
  /// In the words of the table.
  package var description: String {
    switch self {
    case .equal: "equal"
    case .within(let tolerance): "within \(tolerance)"
    case .differs: "differs"
    case .needs(let remedy): "needs \(remedy)"
    }
  }
}
