import FoxFiles

/// A text and its label.
public struct LabelledText: Equatable, Sendable {
  /// What names it: `train-1`, `train-1-aug-spa`.
  public var guid: String
  /// The text.
  public var text: String
  /// The label, as it was read.
  public var label: String

  /// A text and its label.
  public init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }
}

/// What a pivot made of a text.
public struct Paraphrase: Equatable, Sendable {
  /// The name of the pivot.
  public let pivot: String
  /// What became of the text on its way.
  public let passage: Passage
  /// How close it is to the original: 0 to 1 by words, −1 to 1 by a model.
  public var similarity = 0.0
  /// Why it does not count; nil when it does.
  public var dropped: DropReason?

  /// A paraphrase.
  public init(pivot: String, passage: Passage) { (self.pivot, self.passage) = (pivot, passage) }

  /// The paraphrase.
  public var text: String { passage.text }
}

/// A text with its paraphrases, in the order of the pivots.
public struct AugmentedGroup: Equatable, Sendable {
  /// The text as it came.
  public var original: LabelledText
  /// One for each pivot.
  public var paraphrases: [Paraphrase]

  /// A group.
  public init(original: LabelledText, paraphrases: [Paraphrase]) {
    (self.original, self.paraphrases) = (original, paraphrases)
  }
}

/// Labelled texts with their paraphrases.
public struct AugmentedSet: Equatable, Sendable {
  /// Who translated.
  public var translator: String
  /// The ways out and back.
  public var pivots: [Pivot]
  /// The texts, each with its paraphrases.
  public var groups: [AugmentedGroup]

  /// A set.
  public init(translator: String, pivots: [Pivot], groups: [AugmentedGroup]) {
    (self.translator, self.pivots, self.groups) = (translator, pivots, groups)
  }

  /// Each original, then what was kept of its paraphrases: what a classifier is trained on.
  public var examples: [LabelledText] { examples(pivots: pivots.map(\.name)) }

  /// The same with the paraphrases of some pivots only.
  public func examples(pivots names: [String]) -> [LabelledText] {
    let names = Set(names.map { UTF8Key($0) })
    return groups.flatMap { group in
      [group.original]
        + group.paraphrases.filter { $0.dropped == nil && names.contains(UTF8Key($0.pivot)) }
        .map { paraphrase in
          LabelledText(
            guid: "\(group.original.guid)-aug-\(paraphrase.pivot)", text: paraphrase.text,
            label: group.original.label)
        }
    }
  }

  /// What became of the paraphrases of each pivot.
  public var counts: [PivotCounts] {
    pivots.indices.map { index in
      let paraphrases = groups.map { $0.paraphrases[index] }
      let kept = paraphrases.filter { $0.dropped == nil }
      var dropped: [DropReason: Int] = [:]
      for reason in paraphrases.compactMap(\.dropped) { dropped[reason, default: 0] += 1 }
      let sum = paraphrases.reduce(0) { $0 + $1.similarity }
      return PivotCounts(
        pivot: pivots[index], kept: kept.count, dropped: dropped,
        similarity: paraphrases.isEmpty ? 0 : sum / Double(paraphrases.count))
    }
  }

  /// What the homework prints: guid and text of an original and its paraphrases that were kept, the
  /// guid padded to 20 characters.
  public func listing(of group: Int) -> [String] {
    guard groups.indices.contains(group) else { return [] }
    let part = AugmentedSet(translator: translator, pivots: pivots, groups: [groups[group]])
    return part.examples.map { example in
      let padding = String(repeating: " ", count: max(0, 20 - example.guid.unicodeScalars.count))
      return "\(example.guid)\(padding) \(example.text)"
    }
  }
}

/// What became of the paraphrases of one pivot.
public struct PivotCounts: Equatable, Sendable {
  /// The way out and back.
  public let pivot: Pivot
  /// Paraphrases that count.
  public let kept: Int
  /// Others, by the reason.
  public let dropped: [DropReason: Int]
  /// Mean similarity to the originals, over kept and dropped ones.
  public let similarity: Double
}
