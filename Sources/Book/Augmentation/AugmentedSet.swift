import FoxData

/// # The augmented set
///
/// What a classifier is trained on instead of the originals: each original, then its paraphrases in
/// the order of the pivots, all with the original's label.
///
/// Every example has a name of its own, the *guid*: `train-1-aug-fi` says which sentence, that it
/// was augmented, and by which pivot. So an error of the classifier can be followed back to a
/// translation, and cross-validation can keep a paraphrase out of the fold that tests its original.
///
/// Source: homework Q3.1, `InputExample(guid=f"{example.guid}-aug-{target_language}", …)`. Clauses
/// `AUG-20` and `AUG-21`. Does not write files.
public struct AugmentedSet: Equatable, Sendable {
  /// Who translated.
  package var translator: String
  /// The ways out and back, in order.
  package var pivots: [Pivot]
  /// The originals, each with its paraphrases.
  ///
  /// Grouped, not in one list: a filter looks at the paraphrases of one original, and
  /// cross-validation holds out whole groups.
  package var groups: [AugmentedGroup]

  package init(translator: String, pivots: [Pivot], groups: [AugmentedGroup]) {
    (self.translator, self.pivots, self.groups) = (translator, pivots, groups)
  }

  /// A set of what came back.
  ///
  /// - Parameter passages: For each pivot, the passages of all examples.
  package static func assembled(
    _ examples: [LabelledText], _ pivots: [Pivot], _ passages: [[Passage]], translator: String,
    dropping rule: DropRule
  ) -> AugmentedSet {
    // Passages come by pivot, [pivots][examples]; a classifier wants them by example.
    // The transpose: row by row here, as `train.tsv` lists them.
    let groups = examples.enumerated().map { row, example in
      var kept: [Paraphrase] = []
      // `passages[row]`: what this pivot made of this example.
      let paraphrases = zip(pivots, passages).map { pivot, passages in
        var paraphrase = Paraphrase(pivot: pivot.name, passage: passages[row])
        // A rule sees what was kept before, so of two equal paraphrases the earlier pivot's stays.
        paraphrase.dropped = rule(paraphrase, example.text, kept)
        // A dropped paraphrase is not a reason to drop another.
        if paraphrase.dropped == nil { kept.append(paraphrase) }
        return paraphrase
      }
      return AugmentedGroup(original: example, paraphrases: paraphrases)
    }
    // Nothing is removed: what was dropped stays with its reason, so that a table can count the
    // reasons.
    return AugmentedSet(translator: translator, pivots: pivots, groups: groups)
  }

  /// Each original, then what was kept of its paraphrases.
  ///
  /// For the homework: 20 · (1 + 14) = 300.
  package var examples: [LabelledText] { groups.flatMap { $0.examples } }

  /// The same with the paraphrases of some pivots only: what does Hindi alone bring?
  package func examples(pivots names: [String]) -> [LabelledText] {
    groups.flatMap { group in
      // The originals stay: a pivot is measured by what it adds to them.
      var group = group
      // `group` is a copy; the set itself stays complete.
      group.paraphrases.removeAll { !names.contains($0.pivot) }
      return group.examples
    }
  }

  /// What the homework prints of an original and its paraphrases: `guid.ljust(20)`, a space, the
  /// text.
  package func listing(of group: Int) -> [String] {
    // An empty set has nothing to list, which is not a fault.
    guard groups.indices.contains(group) else { return [] }
    return groups[group].examples.map { example in
      // `ljust` counts code points and never cuts: a longer guid pushes the text to the right.
      let padding = String(repeating: " ", count: max(0, 20 - example.guid.unicodeScalars.count))
      // The longest of the homework's guids, train-20-aug-zh-cn, has 18 characters: all texts line
      // up.
      return "\(example.guid)\(padding) \(example.text)"
    }
  }
}

/// A text with its paraphrases, in the order of the pivots.
public struct AugmentedGroup: Equatable, Sendable {
  package var original: LabelledText
  package var paraphrases: [Paraphrase]

  package init(original: LabelledText, paraphrases: [Paraphrase]) {
    (self.original, self.paraphrases) = (original, paraphrases)
  }

  /// The original, then what was kept.
  package var examples: [LabelledText] {
    // The original comes first and is never dropped.
    [original]
      // Those with a reason to be dropped stay in `paraphrases`, but are not trained on.
      + paraphrases.filter { $0.dropped == nil }.map {
        // The label of the original: that it is still true is what back-translation assumes.
        LabelledText(
          guid: "\(original.guid)-aug-\($0.pivot)", text: $0.text, label: original.label)
      }
  }
}

/// What a pivot made of a text.
public struct Paraphrase: Equatable, Sendable {
  /// The name of the pivot.
  package let pivot: String
  /// What became of the text on its way.
  package let passage: Passage
  /// How close it is to the original, once the Workshop has measured it.
  ///
  /// 0 until it is measured; the chapter itself never reads it.
  package var similarity = 0.0
  /// Why it does not count; `nil` when it does.
  package var dropped: DropReason?

  package init(pivot: String, passage: Passage) { (self.pivot, self.passage) = (pivot, passage) }

  // Only the last text of the journey trains the classifier. The languages between serve the
  // filters.
  package var text: String { passage.text }
}
