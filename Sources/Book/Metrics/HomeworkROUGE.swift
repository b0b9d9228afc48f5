import FoxDecoding

/// # ROUGE as the homework counts it
///
/// How much of a reference a prediction says: count the n-grams (runs of n tokens) of the
/// reference, look up how often the prediction has each, and divide by how many the reference has.
/// The homework's "ROUGE-3" differs from the usual one in three ways: it adds up n-grams of *all*
/// sizes from 1 to 3, it counts GPT-2's tokens instead of words, and it does not clip.
///
///     Σ over distinct g of the reference: count(g in the prediction)
///     ──────────────────────────────────────────────────────────────
///     Σ over distinct g of the reference: count(g in the reference)
///
/// Without clipping it can exceed 1, and repetition pays: of the reference "the cat" the prediction
/// "the the the the" has 4 of 3 n-grams, a score of 1.33. A model that falls into a loop may gain
/// by it. That is one reason to trust the perplexity more.
///
/// Source: the notebook's `compute_rouge`, Q2.1. Does not search, tokenize or average over pairs.
///
/// - Throws: `Fault` for a reference without tokens, where the notebook divides by zero.
package func homeworkROUGE(
  reference: [Int], prediction: [Int], upTo size: Int = 3
) throws(Fault) -> Double {
  try checkSize(size)
  // With at least one token there is at least one n-gram of size 1, so `total` below is not 0.
  if reference.isEmpty {
    throw Fault(
      "the reference", found: "no tokens", expected: "at least 1",
      hint: "nothing can be recalled of it")
  }
  // One sum for all sizes, which weigh about the same: a long text has nearly as many trigrams as
  // tokens.
  var (overlap, total) = (0, 0)
  for n in 1...size {
    let (gold, predicted) = (nGrams(of: reference, n), nGrams(of: prediction, n))  // counts
    // A recall: what else the prediction says costs nothing.
    for (gram, count) in gold {
      overlap += predicted[gram] ?? 0  // the standard measure has min(count, …)
      total += count
    }
  }
  // Whole numbers up to here, so the order of the dictionary does not change a digit.
  return Double(overlap) / Double(total)
}

/// How often each run of `n` tokens occurs. A text of T tokens has T − n + 1 of them.
package func nGrams(of tokens: [Int], _ n: Int) -> [ArraySlice<Int>: Int] {
  var counts: [ArraySlice<Int>: Int] = [:]
  for end in stride(from: n, through: tokens.count, by: 1) {  // no turn for fewer than n tokens
    // A slice is a key by its elements, wherever it was cut from: no array is made for each.
    counts[tokens[end - n..<end], default: 0] += 1
  }
  return counts
}

/// Sizes of n-grams: rouge_score's names end at 9.
package func checkSize(_ n: Int) throws(Fault) {
  // n = 0 would make empty n-grams, one for each token and one more.
  if !(1...9).contains(n) { throw Fault("n", found: "\(n)", expected: "1 to 9") }
}
