import Foundation
import FoxDecoding
import FoxMetrics

/// # How sure a model is
///
/// The measurements of ``Q1_2``: the entropy of a prediction, the probability of what was chosen,
/// and whether a change from the first half of the steps to the second is more than chance.
///
///     entropy of ½, ¼, ⅛, ⅛  =  1.75 bits  =  1.21 nats
///
/// Source: Shannon 1948. Clause `HW-5`. Looks at greedy search only.

/// How sure a model is, step by step, of what greedy search takes.
struct Certainty {
  let result: SearchResult
  /// Of the whole prediction, before the choice.
  let entropies: [Double]
  /// Of the token that was chosen.
  let probabilities: [Double]

  init(_ model: LanguageModel, _ prompt: String, steps: Int) throws {
    // Collected by the observer while the search runs; the result has only the chosen tokens'
    // scores.
    var entropies: [Double] = []
    result = try model.search(prompt, beams: 1, steps: steps) { step in
      // One beam, so `scores` is [1, V]. No processor runs, but `.scored` is the right moment in
      // any case.
      if step.moment == .scored { entropies.append(entropy(step.scores[0])) }
    }
    self.entropies = entropies
    // [steps]. Greedy search takes the likeliest token, so this is the largest probability of each
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

/// `−Σ p log p` of a row of log-probabilities, in nats. A token of probability 0 adds nothing.
package func entropy(_ logProbabilities: [Float]) -> Double {
  logProbabilities.reduce(0) { sum, score in
    // 0 · log 0 is 0 as a limit, but NaN in floating point.
    score > -.infinity ? sum - exp(Double(score)) * Double(score) : sum
  }
}

/// The mean; `nil` of nothing.
func mean(_ values: [Double]) -> Double? {
  // 0 / 0 would be NaN; `nil` says that there was nothing to average.
  values.isEmpty ? nil : NumPy.mean(values)
}

/// The mean of paired differences, and how far chance may have moved it: two standard errors each
/// way.
package struct Differences {
  package let count: Int
  package let mean: Double
  package let lower: Double
  package let upper: Double

  package init(_ values: [Double]) {
    count = values.count
    // n − 1 = 0 for one value: `error` is NaN then and not used below.
    let mean = NumPy.mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // The sample's variance, with n − 1; of one value nothing is known.
    let error = (squares / Double(count - 1) / Double(count)).squareRoot()
    self.mean = mean
    // Two standard errors: about 95 % if the differences are roughly normal and prompts
    // independent.
    (lower, upper) = count > 1 ? (mean - 2 * error, mean + 2 * error) : (-.infinity, .infinity)
  }

  /// The change and its interval. One value has no interval.
  package func words(_ places: Int) -> String {
    let change = Wording.change(mean, places)
    return count > 1 ? "\(change) (\(Wording.interval(lower, upper, places)))" : change
  }
}
