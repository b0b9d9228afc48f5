/// # Exercise 5: merge ranks
///
/// GPT-2's tokenizer starts from the bytes of a word and joins pairs. Which pair is joined first? The one
/// whose merge was learned first: the lowest rank. Of several places with that pair the leftmost. Then all
/// pairs are looked at again, because the new token may have a merge of a still lower rank.
///
///     merges: a a, a b, aa ab       aaabdaaabac  →  aaab d aaab a c
///
/// - Parameters:
///   - word: Its letters, one token each to begin with.
///   - merges: Pairs of tokens in the order in which they were learned.
/// - Returns: The tokens of the word.
public func tokens(of word: String, merges: [(String, String)]) throws -> [String] {
  // YOUR CODE HERE
  throw NotSolved(
    "Find the pair with the lowest rank, join it, and look again until no pair is left.")
}
