/// # WordPiece
///
/// BERT cuts words too, but it does not merge. It takes the longest token that the word begins
/// with, then of the rest the longest token again, until nothing is left. A token that continues a
/// word is written with `##`, so that `able` and `##able` are two tokens:
///
///     unaffable    un|affable      un       una, unaf, … are not tokens
///                  un|##aff|able   ##aff
///                  …|##able        ##able
///
/// When the rest begins with no token, there is no way back: the whole word is unknown, `[UNK]`,
/// not only the part that failed.
///
/// Source: Wu et al. 2016, arXiv 1609.08144, section 4.1; `WordpieceTokenizer` in Google's
/// `bert/tokenization.py`. Clause `WP-4`. Does not cut texts into words: ``BasicTokenizer`` does.
package struct WordPiece: Sendable {
  // What tokens that continue a word begin with.
  private static let continuation = Array("##".utf8)
  // The reference's `max_input_chars_per_word`. Longer ones are rarely words, and looking for the
  // longest token takes O(*n*²).
  private static let longestWord = 100

  private let vocabulary: Vocabulary
  private let unknown: Int

  /// - Parameter unknown: The id of words that cannot be spelled.
  package init(_ vocabulary: Vocabulary, unknown: Int) {
    (self.vocabulary, self.unknown) = (vocabulary, unknown)
  }

  /// The ids of a word. More than 100 characters are unknown.
  package func ids(of word: String) -> [Int] {
    // Scalars are what the reference counts; a word of 100 may have 400 bytes.
    if word.unicodeScalars.count > Self.longestWord { return [unknown] }
    var ids: [Int] = []
    var rest = Array(word.utf8)[...]  // a slice: cutting its front off copies nothing
    while !rest.isEmpty {  // at least one byte goes at each turn
      // Throws away what was found before: the reference sets `is_bad` and answers with one
      // `[UNK]`.
      guard let found = longest(rest, continues: !ids.isEmpty) else { return [unknown] }
      ids.append(found.id)
      rest = rest.dropFirst(found.length)  // unaffable → affable → able
    }
    return ids
  }

  private func longest(
    _ rest: ArraySlice<UInt8>, continues: Bool
  ) -> (id: Int, length: Int)? {
    // From the longest down: the first that is in the vocabulary wins. A cut in the middle of a
    // character finds none, because every token is whole characters.
    for length in stride(from: rest.count, to: 0, by: -1) {
      // `able` begins a word, `##able` continues one, spelled as in `vocab.txt`.
      let token = (continues ? Self.continuation : []) + rest.prefix(length)
      if let id = vocabulary[token] { return (id, length) }
    }
    return nil  // not even the first character by itself is a token
  }
}
