/// What `fox augment` prints: the homework's listing and a table of the pivots.
struct AugmentReport {
  let set: AugmentedSet
  let similarity: String
  let folder: String

  /// The first sentence and its paraphrases, then what became of those of each pivot.
  func print() throws {
    for line in set.listing(of: 0) { try Output.line(line) }
    try Output.line("")
    let rows = [["pivot", "kept", "dropped", similarity, "way"]] + set.counts.map(Self.row)
    try TextTable(rows, left: Set(rows[0].indices)).print()
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

  static func json(_ pivot: Pivot) -> JSON {
    ["name": .string(pivot.name), "path": .array(pivot.path.map { .string($0.code) })]
  }
}
