import FoxData

/// # The augmented set
///
/// What a classifier is trained on instead of the originals: each original, then its paraphrases in
/// the order of the pivots, all with the original's label. Every example has a name of its own, the
/// *guid*: `train-1-aug-fi` says which sentence, and by which pivot. So an error of the classifier
/// can be followed back to a translation.
///
/// Source: homework Q3.1, `InputExample(guid=f"{example.guid}-aug-{target_language}", …)`. Clauses
/// `AUG-20` and `AUG-21`. Does not write files.
package struct AugmentedSet: Equatable, Sendable {
  package var translator: String  // its name, for tables
  package var pivots: [Pivot]  // [P]: each group has a paraphrase for each
  // Grouped, not in one list: a filter looks at the paraphrases of one original, and
  // cross-validation keeps a paraphrase out of the fold that tests its original.
  package var groups: [AugmentedGroup]

  package init(translator: String, pivots: [Pivot], groups: [AugmentedGroup]) {
    (self.translator, self.pivots, self.groups) = (translator, pivots, groups)
  }

  /// A set of what came back: for each pivot, the passages of all examples.
  package static func assembled(
    _ examples: [LabelledText], _ pivots: [Pivot], _ passages: [[Passage]], translator: String,
    dropping rule: DropRule
  ) -> AugmentedSet {
    // Passages come by pivot, [P, N]; a classifier wants them by example, [N, P].
    let groups = examples.enumerated().map { row, example in
      var kept: [Paraphrase] = []
      let paraphrases = zip(pivots, passages).map { pivot, passages in
        var paraphrase = Paraphrase(pivot: pivot.name, passage: passages[row])  // its similarity: 0
        // A rule sees what was kept before, so of two equal paraphrases the earlier pivot's stays,
        // and a dropped paraphrase is not a reason to drop another.
        paraphrase.dropped = rule(paraphrase, example.text, kept)
        if paraphrase.dropped == nil { kept.append(paraphrase) }
        return paraphrase
      }
      // Nothing is removed: a table counts the reasons.
      return AugmentedGroup(original: example, paraphrases: paraphrases)
    }
    return AugmentedSet(translator: translator, pivots: pivots, groups: groups)
  }

  /// Each original, then what was kept of its paraphrases: in the homework 20 · (1 + 14) = 300.
  package var examples: [LabelledText] { groups.flatMap { $0.examples } }

  /// What the homework prints of an original and its paraphrases.
  package func listing(of group: Int) -> [String] {
    // An empty set has nothing to list, which is not a fault.
    guard groups.indices.contains(group) else { return [] }
    return groups[group].examples.map { example in
      // `guid.ljust(20)` counts code points and never cuts: a longer guid pushes the text right.
      let padding = String(repeating: " ", count: max(0, 20 - example.guid.unicodeScalars.count))
      return "\(example.guid)\(padding) \(example.text)"
    }
  }
}

/// A text with its paraphrases.
package struct AugmentedGroup: Equatable, Sendable {
  package var original: LabelledText
  package var paraphrases: [Paraphrase]  // one a pivot, in their order

  package init(original: LabelledText, paraphrases: [Paraphrase]) {
    (self.original, self.paraphrases) = (original, paraphrases)
  }

  /// The original, which is never dropped, then what was kept.
  package var examples: [LabelledText] {
    // The label of the original: that it is still true is what back-translation assumes.
    [original]
      + paraphrases.filter { $0.dropped == nil }.map {
        LabelledText(
          guid: "\(original.guid)-aug-\($0.pivot)", text: $0.text, label: original.label)
      }
  }
}

/// What a pivot made of a text.
package struct Paraphrase: Equatable, Sendable {
  package let pivot: String  // its name
  package let passage: Passage  // with the texts between, as far as they are known
  package var similarity = 0.0  // to the original, once the Workshop has measured it
  package var dropped: DropReason?  // why it does not count; `nil` when it does

  package init(pivot: String, passage: Passage) { (self.pivot, self.passage) = (pivot, passage) }

  // Only the last text trains the classifier. Those between serve the filters.
  package var text: String { passage.text }
}
