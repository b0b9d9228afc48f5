import FoxFiles

/// What ROUGE says of one text.
public struct ROUGEScore: Equatable, Sendable {
  /// Of what was predicted, the share that is in the reference.
  public let precision: Double
  /// Of the reference, the share that was predicted.
  public let recall: Double
  /// The harmonic mean of both, 0 when both are.
  public let fmeasure: Double

  /// A score; the F measure is computed.
  public init(precision: Double, recall: Double) {
    self.precision = precision
    self.recall = recall
    let sum = precision + recall
    fmeasure = sum > 0 ? 2 * precision * recall / sum : 0
  }

  init(precision: Double, recall: Double, fmeasure: Double) {
    (self.precision, self.recall, self.fmeasure) = (precision, recall, fmeasure)
  }

  /// No overlap.
  public static let zero = ROUGEScore(precision: 0, recall: 0)

  /// The mean of each of the three numbers, which is what this package reports; `evaluate` reports the
  /// median of resampled means instead (``ROUGEInterval``). SPEC `ROUGE-8`.
  ///
  /// - Throws: ``MetricsError/empty(_:)``.
  public static func mean(_ scores: [ROUGEScore]) throws(MetricsError) -> ROUGEScore {
    if scores.isEmpty { throw .empty("the list of scores") }
    return ROUGEScore(
      precision: NumPy.mean(scores.map(\.precision)), recall: NumPy.mean(scores.map(\.recall)),
      fmeasure: NumPy.mean(scores.map(\.fmeasure)))
  }
}

/// The standard ROUGE: clipped counts of words, as rouge_score 0.1.2 has it.
///
/// The homework's ROUGE is another: ``HomeworkROUGE``. Source: Lin 2004; `rouge_scorer.py`. SPEC
/// `ROUGE-4` to `ROUGE-7`.
public struct ROUGE: Sendable {
  /// What is counted.
  public enum Kind: Hashable, Sendable, CustomStringConvertible {
    /// n-grams of exactly this many words, 1 to 9.
    case ngrams(Int)
    /// The longest common subsequence of the words.
    case longest
    /// The union of the longest common subsequences of lines.
    case longestByLine

    /// `rouge1`, `rougeL`, `rougeLsum`.
    public var description: String {
      switch self {
      case .ngrams(let size): "rouge\(size)"
      case .longest: "rougeL"
      case .longestByLine: "rougeLsum"
      }
    }
  }

  /// What is counted, in order.
  public let kinds: [Kind]
  /// Whether words of more than three letters are stemmed.
  public let usesStemmer: Bool

  /// A scorer.
  ///
  /// - Throws: ``MetricsError/option(name:value:expected:)`` for n-grams of other than 1 to 9 words.
  public init(_ kinds: [Kind], usesStemmer: Bool = false) throws(MetricsError) {
    for case .ngrams(let size) in kinds where !(1...9).contains(size) {
      throw .option(name: "n", value: "\(size)", expected: "1 to 9")
    }
    self.kinds = kinds
    self.usesStemmer = usesStemmer
  }

  /// The scores of a prediction, one for each kind.
  ///
  /// - Throws: ``MetricsError/tooLong(metric:reference:prediction:)`` when the table of a longest
  ///   common subsequence has more than 2³² entries, or 2²⁸ for one of lines.
  public func score(
    reference: String, prediction: String
  ) throws(MetricsError) -> [ROUGEScore] {
    var tokens = ROUGETokens(isStemmed: usesStemmer)
    let pair = (tokens.numbers(of: reference), tokens.numbers(of: prediction))
    var scores: [ROUGEScore] = []
    for kind in kinds {
      switch kind {
      case .ngrams(let size): scores.append(Self.ngrams(size, pair.0, pair.1))
      case .longest: scores.append(try Subsequences.score(pair.0, pair.1))
      case .longestByLine:
        scores.append(
          try Subsequences.unionScore(
            Self.lines(reference).map { tokens.numbers(of: $0) },
            Self.lines(prediction).map { tokens.numbers(of: $0) }))
      }
    }
    return scores
  }

  /// For each kind the score against the reference with the best F measure, of equal ones the first.
  ///
  /// - Throws: ``MetricsError/empty(_:)`` without references, and as ``score(reference:prediction:)``.
  public func score(
    references: [String], prediction: String
  ) throws(MetricsError) -> [ROUGEScore] {
    guard let first = references.first else { throw .empty("the list of references") }
    var best = try score(reference: first, prediction: prediction)
    for reference in references.dropFirst() {
      for (index, score) in try score(reference: reference, prediction: prediction).enumerated()
      where score.fmeasure > best[index].fmeasure {
        best[index] = score
      }
    }
    return best
  }

  private static func ngrams(
    _ size: Int, _ reference: [Int32], _ prediction: [Int32]
  ) -> ROUGEScore {
    var ngrams = NGrams()
    let (gold, predicted) = (
      ngrams.counts(reference.map(Int.init), size: size),
      ngrams.counts(prediction.map(Int.init), size: size)
    )
    let hits = gold.reduce(0) { $0 + min($1.value, predicted[$1.key] ?? 0) }
    let (total, guesses) = (
      max(reference.count - size + 1, 0), max(prediction.count - size + 1, 0)
    )
    return ROUGEScore(
      precision: Double(hits) / Double(max(guesses, 1)),
      recall: Double(hits) / Double(max(total, 1)))
  }

  private static func lines(_ text: String) -> [String] {
    text.utf8.split(separator: 0x0A).map { String(Substring($0)) }
  }
}

/// Numbers n-grams: two that are equal have the same number, whatever texts they are from.
struct NGrams {
  private struct Key: Hashable {
    let head: Int
    let last: Int
  }

  private var numbers: [Key: Int] = [:]

  /// How often each n-gram of `size` tokens occurs.
  ///
  /// An n-gram is known by the number of its first `n − 1` tokens and its last one, so that each costs
  /// the same, however long it is.
  mutating func counts(_ tokens: [Int], size: Int) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for row in rows(tokens, size: size).dropFirst(size - 1) {
      for number in row { counts[number, default: 0] += 1 }
    }
    return counts
  }

  /// How often each n-gram of 1 to `size` tokens occurs.
  mutating func counts(_ tokens: [Int], upTo size: Int) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for row in rows(tokens, size: size) {
      for number in row { counts[number, default: 0] += 1 }
    }
    return counts
  }

  /// The numbers of the n-grams of each size, in the order in which they begin.
  private mutating func rows(_ tokens: [Int], size: Int) -> [[Int]] {
    var rows: [[Int]] = []
    var heads = [Int](repeating: -1, count: tokens.count)
    for length in 1...max(1, min(size, tokens.count)) {
      heads = zip(heads, tokens.dropFirst(length - 1)).map { head, last in
        let next = numbers.count
        let number = numbers[Key(head: head, last: last), default: next]
        if number == next { numbers[Key(head: head, last: last)] = next }
        return number
      }
      rows.append(heads)
    }
    return rows
  }
}
