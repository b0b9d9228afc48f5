import FoxFiles

/// What is dropped of the paraphrases of a text. SPEC `AUG-22`.
package struct ParaphraseFilters: Equatable, Sendable {
  /// Why something is dropped; nothing is for reasons that are not here.
  package var reasons: Set<DropReason>
  /// For ``DropReason/length``: characters of the paraphrase by those of the original.
  package var lengthRatio: ClosedRange<Double>
  /// For ``DropReason/language``: the greatest share of foreign words.
  package var foreignShare: Double

  package init(
    _ reasons: Set<DropReason>, lengthRatio: ClosedRange<Double> = 0.5...2,
    foreignShare: Double = 0.25
  ) {
    (self.reasons, self.lengthRatio) = (reasons, lengthRatio)
    self.foreignShare = foreignShare
  }

  /// Nothing is dropped, as in the homework.
  package static let none = ParaphraseFilters([])
  /// Every reason counts.
  package static let all = ParaphraseFilters(Set(DropReason.allCases))

  /// The first reason to drop a paraphrase, if there is one.
  var rule: DropRule {
    { paraphrase, original, kept in
      let said = essence(of: paraphrase.text)
      func applies(_ reason: DropReason) -> Bool {
        switch reason {
        case .empty: said.isEmpty
        case .unchanged: said == essence(of: original)
        case .duplicate: kept.contains { said == essence(of: $0.text) }
        case .length: !lengthRatio.contains(Self.ratio(paraphrase.text, original))
        case .language: Self.foreignShare(of: paraphrase, original) > foreignShare
        }
      }
      return DropReason.allCases.first { reasons.contains($0) && applies($0) }
    }
  }

  /// Scalars of a paraphrase by those of the original, white space apart.
  static func ratio(_ paraphrase: String, _ original: String) -> Double {
    func length(_ text: String) -> Int {
      text.unicodeScalars.count { !$0.properties.isWhitespace }
    }
    return Double(length(paraphrase)) / Double(max(1, length(original)))
  }

  /// The share of a paraphrase's words that stand in a text it passed through but not in the
  /// original: an engine leaves words that it does not know as they are. Words with letters that
  /// are not Latin count as foreign too, unless the original has them.
  static func foreignShare(of paraphrase: Paraphrase, _ original: String) -> Double {
    let own = Set(words(original))
    let foreign = Set(paraphrase.passage.between.flatMap(words))
    let words = words(paraphrase.text)
    let count = words.count { !own.contains($0) && (foreign.contains($0) || !isLatin($0)) }
    return Double(count) / Double(max(1, words.count))
  }

  /// Runs of letters in lower case.
  private static func words(_ text: String) -> [UTF8Key] {
    text.lowercased().unicodeScalars.split { !$0.properties.isAlphabetic }
      .map { UTF8Key(String(String.UnicodeScalarView($0))) }
  }

  private static func isLatin(_ word: UTF8Key) -> Bool {
    word.text.unicodeScalars.allSatisfy { $0.value < 0x250 || (0x1E00..<0x1F00).contains($0.value) }
  }
}
