import Foundation
import FoxDecoding

/// # Perplexity
///
/// How surprised a language model is by a text: the exponential of the mean of −log p over the
/// tokens. A model that gives every token that comes the probability 1/8 has perplexity 8, as if it
/// threw an eight-sided die each time. Lower is better, and 1 cannot be beaten.
///
///     perplexity = exp( −1/N · Σ log p(token | the tokens before it) )
///
/// What is averaged matters. The homework's `compute_perplexity` averages over all *tokens* of all
/// second sentences, so that a long sentence counts for more. `run_clm` averages the losses of
/// *blocks*; these are equally long, so it comes to the same. The mean of the *perplexities* of
/// texts, which Hugging Face's `evaluate` gives, is another number: one absurd text can make up
/// most of it.
///
/// Source: Jelinek et al. 1977; homework Q2.1; PyTorch's `CrossEntropyLoss` over labels that are
/// −100 in the context. Clauses `METR-1` to `METR-4`. Does not know any model: a closure gives the
/// scores, one text at a time. The Workshop takes many texts through GPT-2 in one pass.
package enum Perplexity {
  /// The log-probabilities of what may follow each token: [T] ids → [T, V].
  package typealias Scores = (_ ids: [Int]) throws -> [[Float]]

  /// A text to score, and what stands before it.
  package struct Scored: Equatable, Sendable {
    package let context: [Int]  // the first sentence, or only the token that begins every text
    package let target: [Int]  // the ids that are scored

    package init(context: [Int], target: [Int]) {
      (self.context, self.target) = (context, target)
    }

    /// Refuses a text with nothing to score, or nothing to score it after.
    package func check() throws(Fault) {
      // The target's first token needs a row before it, and the mean of no losses is 0 / 0.
      for (ids, place) in [(context, "first"), (target, "second")] where ids.isEmpty {
        throw Fault("the \(place) sentence", found: "no tokens", expected: "at least 1")
      }
    }
  }

  /// The loss of a text after its context: the mean of −log p over the text's tokens, in nats.
  package static func loss(of text: Scored, scores: Scores) throws -> Float {
    try text.check()
    // The last token is not given to the model: what would follow it is not scored.
    let given = text.context + text.target.dropLast()  // [C + T − 1]
    let rows = try scores(given)  // [C + T − 1, V]
    guard rows.count == given.count else {
      throw Fault(
        "scores", found: "\(rows.count) rows", expected: "one for each of \(given.count) ids")
    }
    // The context's last row scores the target's first token. In PyTorch: logits[..., :-1, :]
    // against labels[..., 1:].
    let first = text.context.count - 1
    // float64: thousands of float32 logarithms added in float32 would lose digits.
    var sum = 0.0
    for (row, id) in zip(rows[first...], text.target) {
      // A tokenizer of another model has ids that this one has no score for.
      guard row.indices.contains(id) else {
        throw Fault("token", found: "\(id)", expected: "an id below \(row.count)")
      }
      sum -= Double(row[id])  // −log p of the token that came
    }
    // float32, because PyTorch's loss is a float32 and the homework continues with it.
    return Float(sum / Double(text.target.count))
  }

  /// What the homework prints: the exponential of the mean over all tokens of all texts. A loss is
  /// multiplied by its length again, in float32 as PyTorch does it.
  package static func overall(losses: [Float], lengths: [Int]) throws(Fault) -> Float {
    if losses.isEmpty { throw Fault("the list of pairs", found: "nothing", expected: "at least 1") }
    // `zip` would leave out what has no counterpart, and the sum of the lengths would not.
    guard losses.count == lengths.count else {
      throw Fault(
        "lengths", found: "\(lengths.count)", expected: "\(losses.count), one for each loss")
    }
    // Σ (loss · T) / Σ T: each loss is a mean over T tokens, and this undoes it.
    let sums = zip(losses, lengths).map { Double($0 * Float($1)) }  // rounded before it is added
    return exp(Float(NumPy.sum(sums)) / Float(lengths.reduce(0, +)))
  }

  /// The perplexity of a loss, or of the mean loss of equally long blocks. Infinite where that
  /// overflows: Python's `math.exp` raises an error, for which `run_clm` says infinity.
  package static func of(loss: Double) -> Double { exp(loss) }
}
