import FoxAugmentation
import FoxData

/// What became of the paraphrases of one pivot.
package struct PivotCounts: Equatable, Sendable {
  /// The way out and back.
  package let pivot: Pivot
  /// Paraphrases that count.
  package let kept: Int
  /// Others, by the reason.
  package let dropped: [DropReason: Int]
  /// Mean similarity to the originals, over kept and dropped ones.
  package let similarity: Double
}

extension AugmentedSet {
  /// The originals with the paraphrases of some pivots only: what does Hindi alone bring?
  package func examples(pivots names: [String]) -> [LabelledText] {
    groups.flatMap { group in
      let paraphrases = group.paraphrases.filter { names.contains($0.pivot) }
      return AugmentedGroup(original: group.original, paraphrases: paraphrases).examples
    }
  }

  /// What became of the paraphrases of each pivot.
  package var counts: [PivotCounts] {
    pivots.indices.map { index in
      let paraphrases = groups.map { $0.paraphrases[index] }
      let reasons = paraphrases.compactMap(\.dropped)
      let sum = paraphrases.reduce(0) { $0 + $1.similarity }
      return PivotCounts(
        pivot: pivots[index], kept: paraphrases.count - reasons.count,
        dropped: reasons.reduce(into: [:]) { $0[$1, default: 0] += 1 },
        similarity: paraphrases.isEmpty ? 0 : sum / Double(paraphrases.count))
    }
  }
}
