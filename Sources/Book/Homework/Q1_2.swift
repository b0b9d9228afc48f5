import Foundation
import FoxDecoding
import FoxMetrics

/// # Question 1.2: why are later tokens more probable than earlier ones?
///
/// > *Why does the model assign a higher probability to tokens generated later than to tokens
/// > generated earlier?*
///
/// Greedy search shows the probability of the token it takes, and that is only the top of what the
/// model says. The *entropy* of the whole prediction says how many continuations it still holds
/// possible: H = 0 for one, H = log n for n equally likely ones.
///
///     H = −Σ p log p        over the vocabulary, in nats
///
/// Two things lower it. Context: after "The brown fox jumps" anything may follow, after "up and down
/// on the" little. And repetition: a text that has had "up and down" before expects the rest once
/// more, and greedy search never contradicts it. So each step is also marked by whether it repeats a
/// trigram of its text, and the two kinds are averaged apart: if only repetitions are sure, the loop
/// is the answer and not the context.
///
/// Source: homework Q1.2; Holtzman et al. 2020, arXiv:1904.09751, for repetition. Does not draw, and
/// does not say how far a mean may be off: the Workshop has the figure and the intervals.
package enum Q1_2 {
  /// What one step of the search was like.
  package struct Step: Codable, Equatable, Sendable {
    /// The token that was taken: the likeliest.
    package var token: Int
    package var probability: Double
    /// Of the whole prediction, in nats.
    package var entropy: Double
    /// Whether the token completes a trigram that the text has already.
    package var isRepetition: Bool
  }

  /// The answer, measured.
  package struct Answer: Codable, Equatable, Sendable {
    /// The homework's figure: the steps after its prompt.
    package var steps: [Step]
    /// Over all prompts, the first half of the steps and the second.
    package var early, late: Mean
    /// Over all prompts, steps that say something new and steps that repeat; `nil` if there are none.
    package var new, repeated: Mean?
  }

  /// A mean over some steps.
  package struct Mean: Codable, Equatable, Sendable {
    package var count: Int
    package var probability: Double
    package var entropy: Double
  }

  /// Measures the homework's prompt, and others beside it: one prompt proves little.
  package static func answer(
    _ prompt: [Int], steps: Int = 10, others: [[Int]] = [], next: NextTokens
  ) throws -> Answer {
    if steps < 2 {
      throw Fault(
        "steps", found: "\(steps)", expected: "at least 2", hint: "one cannot be compared")
    }
    let texts = try ([prompt] + others).map { try measure($0, steps: steps, next: next) }
    let all = texts.joined()
    let early = texts.flatMap { $0.prefix(steps / 2) }
    let late = texts.flatMap { $0.suffix(steps - steps / 2) }
    let (new, repeated) = (all.filter { !$0.isRepetition }, all.filter(\.isRepetition))
    return Answer(
      steps: texts[0], early: mean(early), late: mean(late), new: new.isEmpty ? nil : mean(new),
      repeated: repeated.isEmpty ? nil : mean(repeated))
  }

  /// A search with one beam, step by step.
  private static func measure(_ prompt: [Int], steps: Int, next: NextTokens) throws -> [Step] {
    var measured: [Step] = []
    _ = try BeamSearch(beams: 1, steps: steps).run(
      prompt,
      observing: { step in
        guard step.moment == .scored, let token = greatest(step.scores[0]) else { return }
        measured.append(
          Step(
            token: token, probability: exp(Double(step.scores[0][token])),
            entropy: entropy(step.scores[0]),
            isRepetition: repeats(in: step.beams[0].ids, length: 3).contains(token)))
      }, next: next)
    return measured
  }

  /// −Σ p log p of a row of log-probabilities. What is impossible (−∞) adds nothing: x log x → 0.
  package static func entropy(_ row: [Float]) -> Double {
    row.reduce(0.0) { sum, score in
      score > -.infinity ? sum - exp(Double(score)) * Double(score) : sum
    }
  }

  private static func mean(_ steps: [Step]) -> Mean {
    Mean(
      count: steps.count, probability: NumPy.mean(steps.map(\.probability)),
      entropy: NumPy.mean(steps.map(\.entropy)))
  }
}
