/// # The k best of k · V
///
/// GPT-2 has 50,257 tokens, so five beams have 251,285 continuations, of which five are kept.
/// Sorting them all would take longer than some models need for a step. One pass is enough: let a
/// newcomer in only if it beats the k-th best so far. For the two best of
///
///     4 1 7 3 9 2     the first four get in, and 7 4 stay; 9 > 4 gets in, 2 does not: 9 7
///
/// After a few hundred numbers hardly any gets in. The pass is then a search for the next number
/// above a threshold, which the Workshop does with vector instructions.
///
/// Source: `torch.topk` in the homework's Q1.1, which leaves the order of equal numbers open. Here
/// the lower beam comes first, then the lower token. Clauses `BEAM-3`, `TENS-6`. Does not compare
/// beams of different lengths.

/// A continuation that a search may choose.
package struct Candidate: Equatable, Sendable {
  /// The beam that it continues.
  package let beam: Int
  /// The token that it adds.
  package let token: Int
  /// The log-probability of the token, as the processors left it.
  package let logProbability: Float
  /// The score of the longer text.
  package let score: Float
}

/// Where a row, from `start` on, first exceeds `threshold` when `offset` is added; its count if
/// nowhere.
public typealias Scan = (
  _ row: [Float], _ start: Int, _ offset: Float, _ threshold: Float
) -> Int

/// The plain ``Scan``.
public func firstAbove(_ row: [Float], _ start: Int, _ offset: Float, _ threshold: Float) -> Int {
  var token = start
  // NaN is not `<=` anything: as a score it is noticed, as a threshold it lets everything in.
  while token < row.count, row[token] + offset <= threshold { token += 1 }
  return token
}

/// The `count` best continuations, best first.
///
/// - Parameters:
///   - scores: `[k, V]`.
///   - offsets: The score of each beam, `[k]`, which is added to its row.
/// - Throws: ``Fault`` if a score is NaN.
package func best(
  _ count: Int, of scores: [[Float]], offsets: [Float], scan: Scan = firstAbove
) throws(Fault) -> [Candidate] {
  let best = top(count, of: scores, offsets: offsets, scan: scan)  // best first
  // NaN comes from a broken model (0 / 0, ∞ − ∞). It is first if it is anywhere, and its row says
  // which text broke the model.
  if let first = best.first, first.score.isNaN {
    throw .notANumber(row: first.beam, token: first.token)
  }
  return best
}

/// The same for any numbers. NaN comes before all of them, as in `torch.topk`.
///
/// - Returns: Fewer than `count` when there are fewer numbers.
/// - Complexity: O(*n* + *m* log *count*), where *m* numbers get in: few in practice.
package func top(
  _ count: Int, of scores: [[Float]], offsets: [Float], scan: Scan = firstAbove
) -> [Candidate] {
  if count < 1 { return [] }
  var best: [Candidate] = []  // never more than 2 · count
  var threshold = Float.nan  // until there are enough, everything gets in
  for (beam, (row, offset)) in zip(scores, offsets).enumerated() {  // row is [V]
    var token = scan(row, 0, offset, threshold)  // the first that gets in
    while token < row.count {
      best.append(
        Candidate(
          beam: beam, token: token, logProbability: row[token], score: row[token] + offset))
      // Sorted when there are twice as many as are wanted: now and then, and for any count.
      if best.count / 2 >= count {
        best.sort { $0.precedes($1) }
        best.removeSubrange(count...)  // the best so far are left
        // A newcomer has to be better than the last of them. To be equal is not enough: the one
        // that is already there has the lower beam or token.
        threshold = best[count - 1].score
      }
      // On to the next token that gets in: nearly all of the row is passed over here.
      token = scan(row, token + 1, offset, threshold)
    }
  }
  return Array(best.sorted { $0.precedes($1) }.prefix(count))  // best first
}

extension Candidate {
  /// Whether this comes first: with the greater score, of equal scores from the lower beam, then
  /// the lower token.
  fileprivate func precedes(_ other: Candidate) -> Bool {
    // NaN is not equal to NaN, but two of them have to be in some order, or sorting has none.
    if score == other.score || (score.isNaN && other.score.isNaN) {
      return (beam, token) < (other.beam, other.token)
    }
    return score > other.score || score.isNaN  // both false when only the other is NaN
  }
}

extension Fault {
  /// A score that has no place in an order.
  static func notANumber(row: Int, token: Int) -> Fault {
    Fault("scores", at: "row \(row), token \(token)", found: "NaN", expected: "a number")
  }
}
