/// # The k best of k · V
///
/// GPT-2 has 50,257 tokens, so five beams have 251,285 continuations, of which five are kept.
/// Sorting them all would take longer than some models need for a step. One pass is enough: keep
/// the best seen so far, and let a newcomer in only if it beats the last of them.
///
/// After a few hundred numbers hardly any newcomer does: among numbers in no particular order about
/// `k · ln(n / k)` of `n` get in. The pass is then a search for the next number above a threshold,
/// which the Workshop does with vector instructions.
///
/// Source: `torch.topk` in the homework's Q1.1, which leaves the order of equal numbers open. Here
/// the lower beam comes first, then the lower token. Clause `BEAM-3`. Does not compare beams of
/// different lengths.

/// A continuation that a search may choose.
public struct Candidate: Equatable, Sendable {
  /// The beam that it continues.
  public let beam: Int
  /// The token that it adds.
  public let token: Int
  /// The log-probability of the token, as the processors left it.
  public let logProbability: Float
  /// The score of the longer text.
  public let score: Float
}

/// Where a row, from `start` on, first exceeds `threshold` when `offset` is added; its count if
/// nowhere.
public typealias Scan = (
  _ row: [Float], _ start: Int, _ offset: Float, _ threshold: Float
) -> Int

/// The plain ``Scan``.
public func firstAbove(_ row: [Float], _ start: Int, _ offset: Float, _ threshold: Float) -> Int {
  var token = start
  // NaN is not `<=` anything. As a score it ends the scan, so that it is noticed; as a threshold it
  // lets everything in.
  while token < row.count, row[token] + offset <= threshold { token += 1 }
  return token
}

/// The `count` best continuations, best first.
///
/// - Parameters:
///   - scores: `[k, V]`.
///   - offsets: The score of each beam, `[k]`, which is added to its row.
package func best(
  _ count: Int, of scores: [[Float]], offsets: [Float], scan: Scan = firstAbove
) throws(Fault) -> [Candidate] {
  // Without this, `best[count - 1]` below would be `best[-1]`.
  if count < 1 { return [] }
  var best: [Candidate] = []
  var threshold = Float.nan  // until there are `count`, everything gets in
  // Beams in order, tokens in order: of equal scores the first one met stays first (BEAM-3). `row`
  // is [V]; `offset` is the beam's score so far.
  for (beam, (row, offset)) in zip(scores, offsets).enumerated() {
    var token = scan(row, 0, offset, threshold)
    while token < row.count {
      let candidate = Candidate(
        beam: beam, token: token, logProbability: row[token], score: row[token] + offset)
      // NaN compares as neither more nor less, so there would be no right place to insert it. It
      // comes from a broken model (0 / 0, ∞ − ∞), and the row says which text broke it.
      if candidate.score.isNaN {
        throw Fault("scores", at: "row \(beam), token \(token)", found: "NaN", expected: "a number")
      }
      // After those that are equally good: they have a lower beam or a lower token.
      let place = best.firstIndex { $0.score < candidate.score } ?? best.count
      // `best` is sorted and holds at most `count` + 1 candidates. For the k of a beam search,
      // moving a few of them is cheaper than keeping a heap.
      best.insert(candidate, at: place)
      if best.count > count { best.removeLast() }
      // From now on a newcomer has to be better than the last of them. To be equal is not enough:
      // the one that is already there has the lower beam or token.
      if best.count == count { threshold = best[count - 1].score }
      // Skip to the next token that gets in; nearly all of the row is passed over here.
      token = scan(row, token + 1, offset, threshold)
    }
  }
  // Fewer than `count` when k · V is less.
  return best
}
