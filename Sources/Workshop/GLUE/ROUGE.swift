import FoxDecoding

/// A scorer with the options of rouge_score 0.1.2: several kinds at once, stems, several
/// references, and ROUGE-Lsum. ROUGE-n and ROUGE-L themselves are the Book's. SPEC `ROUGE-4` to
/// `ROUGE-8`.
package struct ROUGE: Sendable {
  /// What is counted.
  package enum Kind: Hashable, Sendable, CustomStringConvertible {
    /// n-grams of exactly this many words, 1 to 9.
    case ngrams(Int)
    /// The longest common subsequence of the words.
    case longest
    /// The union of the longest common subsequences of lines.
    case longestByLine

    /// `rouge1`, `rougeL`, `rougeLsum`.
    package var description: String {
      switch self {
      case .ngrams(let size): "rouge\(size)"
      case .longest: "rougeL"
      case .longestByLine: "rougeLsum"
      }
    }
  }

  /// What is counted, in order.
  package let kinds: [Kind]
  /// Whether words of more than three letters are stemmed.
  package let usesStemmer: Bool

  /// A scorer.
  ///
  /// - Throws: `Fault` for n-grams of other than 1 to 9 words.
  package init(_ kinds: [Kind], usesStemmer: Bool = false) throws(Fault) {
    for case .ngrams(let size) in kinds { try checkSize(size) }
    self.kinds = kinds
    self.usesStemmer = usesStemmer
  }

  /// The scores of a prediction, one for each kind.
  ///
  /// - Throws: `Fault` when the table of a longest common subsequence has more than 2³² entries, or 2²⁸
  ///   for one of lines.
  package func score(
    reference: String, prediction: String
  ) throws(Fault) -> [ROUGEScore] {
    var words = Words(stem: usesStemmer ? { PorterStemmer.stem($0) } : nil)
    let pair = (words.numbers(of: reference), words.numbers(of: prediction))
    var scores: [ROUGEScore] = []
    for kind in kinds {
      switch kind {
      case .ngrams(let size): scores.append(rouge(size, reference: pair.0, prediction: pair.1))
      case .longest: scores.append(try rougeL(reference: pair.0, prediction: pair.1))
      case .longestByLine:
        scores.append(
          try SummaryROUGE.score(
            Self.lines(reference).map { words.numbers(of: $0) },
            Self.lines(prediction).map { words.numbers(of: $0) }))
      }
    }
    return scores
  }

  /// For each kind the score against the reference with the best F measure, of equal ones the
  /// first.
  ///
  /// - Throws: `Fault` without references, and as ``score(reference:prediction:)``.
  package func score(
    references: [String], prediction: String
  ) throws(Fault) -> [ROUGEScore] {
    guard let first = references.first else {
      throw Fault("the list of references", found: "nothing", expected: "at least 1")
    }
    var best = try score(reference: first, prediction: prediction)
    for reference in references.dropFirst() {
      for (index, score) in try score(reference: reference, prediction: prediction).enumerated()
      where score.fmeasure > best[index].fmeasure {
        best[index] = score
      }
    }
    return best
  }

  private static func lines(_ text: String) -> [String] {
    text.utf8.split(separator: 0x0A).map { String(Substring($0)) }
  }
}
