import Foundation
import FoxDecoding

/// # How sure a model is
///
/// The measurements of ``Q1_2``: at each step of greedy search, the entropy of the prediction and
/// the probability of the token that was chosen.
///
///     entropy of ½, ¼, ⅛, ⅛  =  1.75 bits  =  1.21 nats
///
/// Source: Shannon 1948. Clause `HW-5`. Looks at greedy search only.
struct Certainty {
  let result: SearchResult
  /// Of the whole prediction, before the choice.
  let entropies: [Double]
  /// Of the token that was chosen.
  let probabilities: [Double]

  init(_ model: LanguageModel, _ prompt: String, steps: Int) throws {
    // The result has only the chosen tokens' scores, so the entropies are collected by the observer
    // while the search runs.
    var entropies: [Double] = []
    result = try model.search(prompt, beams: 1, steps: steps) { step in
      // One beam, so `scores` is [1, V].
      if step.moment == .scored { entropies.append(entropy(step.scores[0])) }
    }
    self.entropies = entropies
    // [steps]. Greedy search takes the likeliest token: this is the largest probability of each
    // step.
    probabilities = result.beams[0].tokenLogProbabilities.map { exp(Double($0)) }
  }

  /// The probabilities of tokens that do, or do not, complete a trigram that came before.
  func probabilities(repeating: Bool) -> [Double] {
    let ids = result.beams[0].ids
    // Index 0 is the first token that was added, not the first of the text.
    return probabilities.enumerated().filter { index, _ in
      let end = result.prompt.count + index  // the token's place in the text
      // The same test as in BeamBlock: would this token have been blocked?
      return repeats(in: Array(ids[..<end]), length: 3).contains(ids[end]) == repeating
    }.map(\.element)
  }
}

/// `−Σ p log p` of a row of log-probabilities, in nats.
package func entropy(_ logProbabilities: [Float]) -> Double {
  logProbabilities.reduce(0) { sum, score in
    // 0 · log 0 is 0 as a limit, but NaN in floating point.
    score > -.infinity ? sum - exp(Double(score)) * Double(score) : sum
  }
}
