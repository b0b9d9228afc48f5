import FoxDecoding

/// # The standard ROUGE
///
/// Two numbers instead of one. *Recall* is the share of the reference that was predicted,
/// *precision* the share of the prediction that is in the reference: who says everything has full
/// recall and little precision. Their harmonic mean, the F measure, is near the smaller one.
///
///     recall = hits / reference        precision = hits / prediction        F = 2 p r / (p + r)
///
/// What counts as a hit has three variants. ROUGE-1 and ROUGE-2 count words and pairs of words,
/// each at most as often as the reference has it (that is *clipping*). ROUGE-L counts the words of
/// the longest common subsequence: words in the same order, with anything between.
///
/// Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"; `rouge_scorer.py` of
/// rouge_score 0.1.2, whose digits it gives. Clauses `ROUGE-4` and `ROUGE-5`. Does not know stems,
/// several references, ROUGE-Lsum or intervals: these are in the Workshop.
package struct ROUGEScore: Equatable, Sendable {
  package let precision, recall: Double
  package let fmeasure: Double  // 0 when both are

  package init(hits: Int, prediction: Int, reference: Int) {
    // 0 hits of nothing are 0 / 1, not 0 / 0.
    precision = Double(hits) / Double(max(prediction, 1))
    recall = Double(hits) / Double(max(reference, 1))
    let sum = precision + recall
    // In the reference's order of operations, (2 · p · r) / (p + r), for its last digits.
    fmeasure = sum > 0 ? 2 * precision * recall / sum : 0
  }

  package init(precision: Double, recall: Double, fmeasure: Double) {
    (self.precision, self.recall, self.fmeasure) = (precision, recall, fmeasure)
  }

  /// The mean of each number over texts: the F measure of a mean is the mean of F measures.
  package static func mean(_ scores: [ROUGEScore]) throws(Fault) -> ROUGEScore {
    if scores.isEmpty {
      throw Fault("the list of scores", found: "nothing", expected: "at least 1")
    }
    return ROUGEScore(
      precision: NumPy.mean(scores.map(\.precision)), recall: NumPy.mean(scores.map(\.recall)),
      fmeasure: NumPy.mean(scores.map(\.fmeasure)))
  }
}

/// ROUGE-n of two texts, given as the numbers of their words.
package func rouge(_ n: Int, reference: [Int], prediction: [Int]) -> ROUGEScore {
  let (gold, predicted) = (nGrams(of: reference, n), nGrams(of: prediction, n))
  // Clipped: "the the the" hits a reference with one "the" once.
  let hits = gold.reduce(0) { $0 + min($1.value, predicted[$1.key] ?? 0) }
  return ROUGEScore(
    hits: hits, prediction: max(prediction.count - n + 1, 0),  // all n-grams, equal ones too
    reference: max(reference.count - n + 1, 0))
}

/// ROUGE-L of two texts.
package func rougeL(reference: [Int], prediction: [Int]) throws(Fault) -> ROUGEScore {
  // 2³² comparisons take some seconds. Two long files, given by mistake instead of two sentences,
  // would take hours.
  try checkProduct(reference, prediction, limit: 1 << 32, of: "ROUGE-L")
  // length[j] is the longest common subsequence of the reference's words so far and the
  // prediction's first j words. A common word adds 1 to what both had without it; else the better
  // of dropping one.
  //
  //     length(i, j) = length(i−1, j−1) + 1                      if the words are equal
  //                    max(length(i−1, j), length(i, j−1))       else
  //
  // One row of the table is enough: `diagonal` keeps the value that the row has just overwritten.
  var length = [Int](repeating: 0, count: prediction.count + 1)  // [n + 1], 0 for the empty text
  for word in reference {
    var diagonal = 0  // length(i − 1, 0): with nothing there is nothing in common
    for (j, other) in prediction.enumerated() {
      let above = length[j + 1]  // of the row before, about to be overwritten
      length[j + 1] = word == other ? diagonal + 1 : max(above, length[j])
      diagonal = above
    }
  }
  return ROUGEScore(
    hits: length[prediction.count],  // all of both texts
    prediction: prediction.count, reference: reference.count)
}

/// Refuses texts whose table of comparisons would not end in a reasonable time.
package func checkProduct(
  _ reference: [Int], _ prediction: [Int], limit: Int, of metric: String
) throws(Fault) {
  // Both counts come from a file, so their product may not fit.
  let (size, overflow) = reference.count.multipliedReportingOverflow(by: prediction.count)
  if overflow || size > limit {
    throw Fault(
      metric, found: "texts of \(reference.count) and \(prediction.count) words",
      expected: "a product of at most \(limit)")
  }
}
