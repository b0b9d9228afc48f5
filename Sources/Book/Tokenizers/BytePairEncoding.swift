/// # Byte-pair encoding
///
/// A language model reads numbers, so a text has to be cut into pieces that each have a number.
/// Words are too many and there is always a new one; bytes are only 256, but then a text is long.
/// Byte-pair encoding takes the middle: it starts from bytes and joins the pairs that are common.
///
/// Which pairs those are was learned once, from much text: the pair seen most often became a token,
/// then the next pair was counted with that token in place, and so on. The list of these *merges*
/// is all that is needed to encode. A merge's place in the list is its *rank*, and the lowest rank
/// goes first, because later merges were learned from a text where it had been made:
///
///     merges:  a a      aaabdaaabac    a|a|a|b|d|a|a|a|b|a|c
///              a b      rank 0         aa|a|b|d|aa|a|b|a|c
///              aa ab    rank 1         aa|ab|d|aa|ab|a|c
///                       rank 2         aaab|d|aaab|a|c
///
/// Common words end up as one token, rare ones as several, and nothing is ever unknown, since every
/// byte is a token.
///
/// Source: Sennrich, Haddow and Birch 2016, arXiv 1508.07909, algorithm 1; over bytes, Radford et
/// al. 2019, section 2.2. Clause `BPE-4`. Does not learn merges, and does not cut a text into words
/// first: ``WordPattern`` does. The Workshop's `WordMerger` takes O(*n* log *n*).
package struct BytePairEncoding: Sendable {
  /// A token is the bytes that it stands for.
  package typealias Token = [UInt8]

  /// Two neighbors.
  package struct Pair: Hashable, Sendable {
    package let left, right: Token

    package init(_ left: Token, _ right: Token) { (self.left, self.right) = (left, right) }
  }

  private var ranks: [Pair: Int] = [:]  // `bpe_ranks` in `encoder.py`

  /// - Parameter merges: In the order in which they were learned.
  package init(merges: [Pair]) {
    // Of two equal merges the first counts; `merges.txt` may not have two (clause BPE-13).
    for (rank, pair) in merges.enumerated() where ranks[pair] == nil { ranks[pair] = rank }
  }

  /// The tokens of a word.
  ///
  /// One pair is joined at a time and then all pairs are looked at again, because the new token may
  /// have a merge of a still lower rank. That is O(*n*²) for *n* bytes, and words are short.
  package func tokens(of word: some Sequence<UInt8>) -> [Token] {
    var tokens = word.map { [$0] }  // n bytes → n tokens of one byte each
    // Each turn makes one token fewer, so it ends after n − 1 turns at the latest.
    while let place = nextMerge(in: tokens) {
      // The pair's left token grows, the right one goes. The order of the word does not change.
      let right = tokens.remove(at: place + 1)
      tokens[place] += right
    }
    return tokens
  }

  private func nextMerge(in tokens: [Token]) -> Int? {
    var best: (rank: Int, place: Int)?  // stays `nil` when no merge applies
    for place in tokens.indices.dropLast() {  // n tokens have n − 1 pairs of neighbors
      guard let rank = ranks[Pair(tokens[place], tokens[place + 1])] else { continue }
      // Strictly less: of equal pairs the leftmost goes first, and the others wait.
      if rank < best?.rank ?? .max { best = (rank, place) }
    }
    return best?.place
  }
}
