import FoxGPT2
import FoxSearch
import FoxTables
import FoxTries

/// The homework's "ROUGE-3", which is not the usual one.
///
/// It counts n-grams of *all* sizes 1 to n, of GPT-2's token ids, and does not clip: the overlap is the
/// sum, over the distinct n-grams of the reference, of how often each occurs in the *prediction*. Divided
/// by the n-grams of the reference, it may exceed 1. The usual one is ``ROUGE``. Homework Q2.1,
/// `compute_rouge`; SPEC `ROUGE-1`, `ROUGE-2`.
public struct HomeworkROUGE: Sendable {
  /// The greatest size of n-grams.
  public let size: Int
  /// How many tokens a prediction is made of.
  var steps: Int { 32 }

  /// The metric with n-grams up to `size`.
  ///
  /// - Throws: ``MetricsError/option(name:value:expected:)`` unless it is 1 to 9.
  public init(size: Int = 3) throws(MetricsError) {
    guard (1...9).contains(size) else {
      throw .option(name: "n", value: "\(size)", expected: "1 to 9")
    }
    self.size = size
  }

  /// The score of predicted ids; nil for a reference without ids, by which the homework would divide.
  public func score(reference: [Int], prediction: [Int]) -> Double? {
    if reference.isEmpty { return nil }
    var ngrams = NGrams()
    let gold = ngrams.counts(reference, upTo: size)
    let predicted = ngrams.counts(prediction, upTo: size)
    let overlap = gold.keys.reduce(0) { $0 + (predicted[$1] ?? 0) }
    return Double(overlap) / Double(gold.values.reduce(0, +))
  }

  /// What a model says after the first sentence of a pair: the best of 3 beams after 32 steps, decoded
  /// without special tokens and with the clean-up, without all up to the last occurrence of the first
  /// sentence, stripped. Where the clean-up changes the first sentence, it is not found and stays.
  ///
  /// The notebook's line is cut off behind `.sp`; taken as `.split(p1)[-1].strip()`: an assumption.
  /// SPEC `ROUGE-3`.
  ///
  /// - Throws: `GPT2Error` when the sentence has no tokens or too many, ``TokenizerError``.
  public func prediction(
    after first: String, model: GPT2Model, tokenizer: GPT2Tokenizer
  ) throws -> String {
    let search = try BeamSearch(beams: 3, steps: steps)
    let result = try search.run(tokenizer.encodeIDs(first), on: model)
    let text = try result.beams.first?.text(tokenizer) ?? ""
    return PythonText.strip(PythonText.split(text, separator: first).last ?? "")
  }
}
