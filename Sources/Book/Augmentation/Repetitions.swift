/// # What says nothing new
///
/// Of the 14 paraphrases of the homework's first sentence one is the sentence itself (by English)
/// and four repeat an earlier one: five languages agree on "his unfailing respect for them". The
/// homework keeps them all. They do no harm to the labels, but they weigh: the classifier sees this
/// wording in five of fifteen examples.
///
///     en  its unerring respect for them    unchanged
///     cs  his unfailing respect for them   kept
///     es  his unfailing respect for them   duplicate (of cs)
///
/// Source: the postprocessing that homework Q3.1 leaves open. Clause `AUG-22`. Does not judge
/// whether a paraphrase is good: length and foreign words are filters of the Workshop.

/// Says why a paraphrase of a text does not count, given those of the same text kept before it;
/// `nil` when it counts.
package typealias DropRule =
  @Sendable (
    _ paraphrase: Paraphrase, _ original: String, _ kept: [Paraphrase]
  ) -> DropReason?

/// Why a paraphrase does not count, in the order in which the reasons are tried.
package enum DropReason: String, Codable, Sendable, CaseIterable {
  case empty  // nothing but white space is left
  case unchanged  // it says what the original says
  case duplicate  // an earlier paraphrase of the same original says the same
  case length  // it is much shorter or longer than the original (Workshop)
  case language  // too many words are still in a language it passed through (Workshop)
}

/// Drops what is empty, unchanged or said before.
@Sendable package func dropRepetitions(
  _ paraphrase: Paraphrase, _ original: String, _ kept: [Paraphrase]
) -> DropReason? {
  let said = essence(of: paraphrase.text)
  // First, because an empty text is "unchanged" too when the original is empty.
  if said.isEmpty { return .empty }
  if said == essence(of: original) { return .unchanged }  // it would count the original twice
  // There are at most 13 to compare with, so a table would not pay.
  return kept.contains { said == essence(of: $0.text) } ? .duplicate : nil
}

/// The text in lower case without white space: SST writes "bad ." where a translator writes "Bad.".
package func essence(of text: String) -> [Unicode.Scalar] {
  let dense = text.unicodeScalars.filter { !$0.properties.isWhitespace }
  // As scalars: Swift's strings hold "é" and "e" + "´" to be equal, which a tokenizer does not.
  return Array(String(String.UnicodeScalarView(dense)).lowercased().unicodeScalars)
}
