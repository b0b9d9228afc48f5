import Foundation
import FoxHomework

/// # Common words that are used up
///
/// What WordBlock takes away in Q1.4 that is missed most: punctuation and the most common words. SPEC
/// `HW-12`.
extension Q1_4 {
  /// Tokens that hardly any sentence can do without.
  private static let common: Set<String> = [
    ".", ",", "\"", "'", "?", "!", ";", ":", "-", "the", "a", "an", "and", "of", "to", "in", "that",
    "was", "is", "it", "he", "she", "they", "his", "her", "had", "with", "for", "as", "at", "on",
    "but", "not", "said", "i", "you",
  ]

  /// The common tokens of a text, and the step from which each may not come again.
  static func usedUp(_ text: ScoredText) -> [UsedUp] {
    let given = text.tokens.count { $0.logProbability == nil }
    // By id: "The" and " the" are two tokens, and each may come once.
    var seen: Set<Int> = []
    return text.tokens.enumerated().compactMap { index, token in
      // GPT-2's tokens carry their space: " the" → "the".
      let word = token.text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
      guard seen.insert(token.id).inserted, common.contains(word) else { return nil }
      // A token added at step s (index = given + s) is blocked from step s + 1; the prompt's from
      // step 0.
      return UsedUp(token: token.text, step: max(0, index - given + 1))
    }
  }
}
