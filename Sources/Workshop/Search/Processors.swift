import FoxKernels

// The processors and warpers of transformers 4.40.2 that people use beside the homework's. In its beam
// search they see log-probabilities, in sampling and greedy search logits. SPEC `PROC-6` to `PROC-12`.

/// Blocks every token that would complete an n-gram the text has already, by −∞. Source:
/// `NoRepeatNGramLogitsProcessor` of transformers 4.17.0; SPEC `PROC-3`.
public struct NoRepeatNGram: ScoreProcessor {
  /// The length of the n-grams that may not repeat; 1 blocks every token seen.
  package let length: Int

  /// A processor for n-grams of the given length.
  ///
  /// - Throws: ``Fault`` for a length below 1.
  public init(length: Int) throws(Fault) {
    guard length >= 1 else {
      throw Fault("no-repeat-ngram", found: "\(length)", expected: "at least 1")
    }
    self.length = length
  }

  /// Gives −∞ to each such token.
  ///
  /// - Complexity: O(*beams · T · length*).
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (text, ids) in texts.enumerated() {
      for token in repeats(in: ids, length: length) {
        scores[text, token] = -.infinity
      }
    }
    return []
  }
}

/// Makes tokens that the row holds less likely: scores below 0 are multiplied by the penalty, others
/// divided, once for each distinct token. Source: Keskar et al. 2019,
/// `RepetitionPenaltyLogitsProcessor`; SPEC `PROC-6`.
public struct RepetitionPenalty: ScoreProcessor {
  /// The penalty; 1 changes nothing.
  package let penalty: Float

  /// A processor with the given penalty.
  ///
  /// - Throws: ``Fault`` unless it is above 0 and finite.
  public init(_ penalty: Float) throws(Fault) {
    guard penalty > 0, penalty.isFinite else {
      throw Fault("repetition-penalty", found: "\(penalty)", expected: "above 0")
    }
    self.penalty = penalty
  }

  /// Rescales the tokens of each row.
  ///
  /// - Complexity: O(*rows · T*).
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (text, ids) in texts.enumerated() {
      for id in Set(ids) {
        let score = scores[text, id]
        scores[text, id] = score < 0 ? score * penalty : score / penalty
      }
    }
    return []
  }
}

/// Blocks words, given as token sequences, by −∞. Source: `NoBadWordsLogitsProcessor`; SPEC `PROC-7`.
package struct BadWords: ScoreProcessor {
  package let words: [[Int]]

  /// A processor for the given words.
  ///
  /// - Parameters:
  ///   - words: Token sequences, none empty.
  ///   - endTokens: Tokens that end a text; a word that is just one of them is not blocked.
  /// - Throws: ``Fault`` for an empty word.
  package init(_ words: [[Int]], endTokens: [Int] = []) throws(Fault) {
    if words.contains(where: \.isEmpty) {
      throw Fault("bad-words", found: "an empty word", expected: "at least one token")
    }
    self.words = words.filter { word in !endTokens.contains { word == [$0] } }
  }

  /// Blocks each word's last token where the row ends with the tokens before it. The reference looks
  /// only at rows at least as long as the whole word.
  ///
  /// - Complexity: O(*rows · words · length*).
  package func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (text, ids) in texts.enumerated() {
      for word in words {
        guard let last = word.last else { continue }
        let context = word.dropLast()
        let applies = context.isEmpty || (ids.count >= word.count && ids.ends(with: context))
        if applies { scores[text, last] = -.infinity }
      }
    }
    return []
  }
}

extension Array where Element == Int {
  fileprivate func ends(with tail: ArraySlice<Int>) -> Bool {
    suffix(tail.count).elementsEqual(tail)
  }
}

/// Keeps a text from ending before it is long enough. Source: `MinNewTokensLengthLogitsProcessor` and
/// `MinLengthLogitsProcessor`, which count different tokens; SPEC `PROC-8`.
package struct MinLength: ScoreProcessor {
  /// What is counted.
  package enum Counted: String, Sendable {
    /// The tokens that have been added.
    case newTokens = "min-new-tokens"
    /// All tokens, the prompt's included.
    case allTokens = "min-length"
  }

  package let count: Int
  package let counted: Counted
  package let endTokens: [Int]

  /// A processor that blocks `endTokens` while there are fewer than `count` tokens.
  ///
  /// - Throws: ``Fault`` for a negative count.
  package init(_ count: Int, of counted: Counted, endTokens: [Int]) throws(Fault) {
    guard count >= 0 else {
      throw Fault(counted.rawValue, found: "\(count)", expected: "at least 0")
    }
    (self.count, self.counted, self.endTokens) = (count, counted, endTokens)
  }

  /// Gives −∞ to the end tokens of texts that are too short.
  ///
  /// - Complexity: O(*texts · end tokens*).
  package func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (text, ids) in texts.enumerated() {
      if (counted == .newTokens ? step : ids.count) >= count { continue }
      for token in endTokens { scores[text, token] = -.infinity }
    }
    return []
  }
}

/// Divides all scores by a temperature: below 1 sharpens, above 1 flattens. Source:
/// `TemperatureLogitsWarper`; SPEC `PROC-9`.
public struct Temperature: ScoreProcessor {
  package let value: Float

  /// A warper of the given temperature.
  ///
  /// - Throws: ``Fault`` unless it is above 0 and finite.
  public init(_ value: Float) throws(Fault) {
    guard value > 0, value.isFinite else {
      throw Fault("temperature", found: "\(value)", expected: "above 0")
    }
    self.value = value
  }

  /// Divides every score.
  ///
  /// - Complexity: O(*rows · V*).
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for text in scores.indices {
      scores[text].withUnsafeMutableBufferPointer { row in
        for token in row.indices { row[token] /= value }
      }
    }
    return []
  }
}

/// Keeps the `k` greatest scores of each row, and all that equal the least of them. Source: Fan et al.
/// 2018, `TopKLogitsWarper`; SPEC `PROC-10`.
public struct TopKFilter: ScoreProcessor {
  package let count: Int

  /// A warper that keeps `count` scores.
  ///
  /// - Parameter minimum: The fewest to keep, whatever `count` says.
  /// - Throws: ``Fault`` for a count below 1.
  public init(_ count: Int, keepingAtLeast minimum: Int = 1) throws(Fault) {
    guard count >= 1 else {
      throw Fault("top-k", found: "\(count)", expected: "at least 1")
    }
    self.count = max(count, minimum)
  }

  /// Gives −∞ to the scores below the `k`-th.
  ///
  /// - Complexity: O(*rows · V* log *k*).
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for text in scores.indices {
      let best = top(count, of: [scores[text]], offsets: [0], scan: firstAboveByVectors)
      guard let least = best.last?.score else { continue }
      scores[text].withUnsafeMutableBufferPointer { row in
        for token in row.indices where row[token] < least { row[token] = -.infinity }
      }
    }
    return []
  }
}

/// Keeps the fewest greatest scores whose probabilities add up to `p` or more. Source: Holtzman et
/// al. 2020, `TopPLogitsWarper`; SPEC `PROC-11`.
public struct TopPFilter: ScoreProcessor {
  package let probability: Double
  /// The fewest scores to keep.
  package let minimum: Int

  /// A warper that keeps the given probability.
  ///
  /// - Parameter minimum: The fewest scores to keep, at least 1.
  /// - Throws: ``Fault`` outside 0 to 1.
  public init(_ probability: Double, keepingAtLeast minimum: Int = 1) throws(Fault) {
    guard (0...1).contains(probability) else {
      throw Fault("top-p", found: "\(probability)", expected: "0 to 1")
    }
    self.probability = probability
    self.minimum = max(1, minimum)
  }

  /// Gives −∞ to the least scores whose probabilities, added from the least on, stay at or below
  /// 1 − p. The greatest are always kept. Of equal scores the one with the higher index is the
  /// greater.
  ///
  /// - Complexity: O(*rows · V* log *V*).
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for text in scores.indices { scores[text].withUnsafeMutableBufferPointer { filter($0) } }
    return []
  }

  private func filter(_ row: UnsafeMutableBufferPointer<Float>) {
    let ascending = row.indices.sorted { row[$0] < row[$1] || (row[$0] == row[$1] && $0 < $1) }
    var probabilities = ascending.map { row[$0] }
    probabilities.withUnsafeMutableBufferPointer { sorted in
      guard let start = sorted.baseAddress else { return }
      Rows.softmax(start, start, count: sorted.count)
    }
    // Subtracted in double and then rounded, as Python's number meets the tensor.
    let removable = Float(1 - probability)
    var sum: Float = 0
    for (index, probability) in zip(ascending.dropLast(minimum), probabilities) {
      sum += probability
      if sum <= removable { row[index] = -.infinity }
    }
  }
}
