import Foundation
import FoxDecoding

/// # Q1.4: What does WordBlock break?
///
/// > At each time step, it reduces the probability for any previously seen word so that it is not
/// > generated again. … Is this practical?
///
/// No. A text needs its commas, its "the" and its "and" again and again, and each may come once. Of
/// 50,257 tokens enough are left; what runs out is *probability*. So this is measured at every
/// step: how much of the model's probability lies on tokens that the text has had. Once that is
/// more than half, the search may not say what it most likely would.
///
/// The prompt alone shows it. "Once upon a time, in a barn near a farm house," has used up "a" and
/// the comma, so where OpenAI's `gpt2` would continue with "a young boy was playing with a stick.
/// He", it has to say "the young girl was playing with her …". A second "the" will not come.
///
///     blocked mass at step t = Σ p(token) over the tokens that the text has
///
/// Source: homework Q1.4; the processor is ``WordBlock`` in the chapter Decoding. Clause `HW-12`.
/// Does not measure how good the text is to a reader, only what the model would have said. Blocking
/// n-grams (Q1.5) forbids far less.
package struct Q1_4: Codable, Equatable, Sendable {
  package var prompt: String
  package var plain, blocked: ScoredText  // without the processor, and with it
  package var vocabularyLeft: [Int]  // by step: how many tokens are still allowed
  package var blockedMass: [Double]  // by step: the model's probability of those that are not
  package var starvedAt: Int?  // the first step, from 0, at which that is more than half
  package var usedUp: [UsedUp] = []  // the most common of those; the Workshop looks for them
  package var conclusion = ""

  /// A common token that may not come again.
  package struct UsedUp: Codable, Equatable, Sendable {
    package var token: String
    package var step: Int  // the step, from 0, from which it is blocked; 0 for the prompt's

    package init(token: String, step: Int) { (self.token, self.step) = (token, step) }
  }

  /// Searches twice, without and with WordBlock.
  ///
  /// The homework's number of steps is cut off in the print. It is more than 20, and 40 shows the
  /// effect.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt, steps: Int = 40
  ) throws -> Q1_4 {
    // Greedy search, so that the processor makes all the difference.
    let plain = try model.search(prompt, beams: 1, steps: steps)
    var (left, mass) = ([Int](), [Double]())  // [steps] each
    let blocked = try model.search(
      prompt, beams: 1, steps: steps, processors: [WordBlock()]
    ) { step in
      // Before the processor the scores are still the model's own opinion.
      guard step.moment == .scored else { return }
      // A set: the prompt's three "a" are one token of the vocabulary.
      let used = Set(step.beams[0].ids)
      left.append(step.scores[0].count - used.count)
      // The rounded probabilities may add up to a little more than 1.
      mass.append(min(1, used.reduce(0) { $0 + exp(Double(step.scores[0, $1])) }))
    }
    return Q1_4(
      prompt: prompt, plain: try model.text(plain), blocked: try model.text(blocked),
      // At half it becomes likelier than not that the model's next token is forbidden.
      vocabularyLeft: left, blockedMass: mass, starvedAt: mass.firstIndex { $0 > 0.5 })
  }
}
