import Foundation
import FoxData
import FoxEngines
import FoxFiles

/// What `fox augment` prints: the homework's listing and a table of the pivots.
struct AugmentReport {
  let set: AugmentedSet
  /// What the similarity is called.
  let similarity: String
  /// Where the files are.
  let folder: String

  /// The first sentence and its paraphrases, then what became of those of each pivot.
  func print() throws {
    for line in set.listing(of: 0) { try Output.line(line) }
    try Output.line("")
    let rows = [["pivot", "kept", "dropped", similarity, "way"]] + set.counts.map(Self.row)
    let widths = rows[0].indices.map { column in
      rows.map { $0[column].unicodeScalars.count }.max() ?? 0
    }
    for row in rows {
      let cells = zip(row, widths).map { $0.padded(to: $1) }
      try Output.line(cells.joined(separator: "  ").trimmingEnd)
    }
    try Output.line("")
    let count = set.examples.count
    try Output.line(
      "\(folder)/train.tsv: \(counted(count, "sentence")), \(set.groups.count) of them original")
  }

  private static func row(_ counts: PivotCounts) -> [String] {
    let dropped = DropReason.allCases.compactMap { reason in
      counts.dropped[reason].map { "\($0) \(reason.rawValue)" }
    }
    return [
      counts.pivot.name, "\(counts.kept)", dropped.isEmpty ? "0" : dropped.joined(separator: ", "),
      String(format: "%.3f", counts.similarity), counts.pivot.shownPath,
    ]
  }

  /// The same for programs.
  var document: JSON {
    [
      "translator": .string(set.translator), "output": .string(folder),
      "originals": .integer(set.groups.count), "sentences": .integer(set.examples.count),
      "similarity": .string(similarity),
      "pivots": .array(set.counts.map(Self.json)),
      "sample": .array(sample.map { ["guid": .string($0.guid), "text": .string($0.text)] }),
    ]
  }

  private var sample: [LabelledText] {
    var first = set
    first.groups = Array(set.groups.prefix(1))
    return first.examples
  }

  private static func json(_ counts: PivotCounts) -> JSON {
    let dropped = DropReason.allCases.compactMap { reason in
      counts.dropped[reason].map { (key: reason.rawValue, value: JSON.integer($0)) }
    }
    return [
      "name": .string(counts.pivot.name),
      "path": .array(counts.pivot.path.map { .string($0.code) }), "kept": .integer(counts.kept),
      "dropped": .object(.init(dropped)), "similarity": .number(counts.similarity),
    ]
  }

  /// A pivot and its way.
  static func json(_ pivot: Pivot) -> JSON {
    ["name": .string(pivot.name), "path": .array(pivot.path.map { .string($0.code) })]
  }
}

extension String {
  /// The text with spaces behind it, `width` scalars wide.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - unicodeScalars.count))
  }

  /// The text without spaces at its end.
  fileprivate var trimmingEnd: String {
    var text = self[...]
    while text.hasSuffix(" ") { text = text.dropLast() }
    return String(text)
  }
}
