import Foundation
import FoxSearch

extension HomeworkModel {
  /// Q1.4: what is left of the vocabulary under WordBlock, and when it no longer suffices.
  ///
  /// The homework's number of steps is cut off in the print; it is more than 20.
  ///
  /// - Throws: `Fault`, `GPT2Error` for what the model cannot continue.
  public func wordBlock(
    _ prompt: String = HomeworkQuestion.barnPrompt, steps: Int = 40
  ) throws -> WordBlockAnswer {
    let plain = try search(prompt, beams: 1, steps: steps)
    var (left, mass) = ([Int](), [Double]())
    let blocked = try search(prompt, beams: 1, steps: steps, processors: [WordBlock()]) { step in
      guard step.moment == .scored else { return }
      let used = Set(step.beams[0].ids)
      left.append(step.scores[0].count - used.count)
      mass.append(min(1, used.reduce(0) { $0 + exp(Double(step.scores[0, $1])) }))
    }
    let starved = mass.firstIndex { $0 > 0.5 }
    let usedUp = try usedUp(blocked)
    return WordBlockAnswer(
      prompt: prompt, plain: try best(plain), blocked: try best(blocked), vocabularyLeft: left,
      blockedMass: mass, starvedAt: starved, usedUp: usedUp,
      conclusion: conclusion(
        plain: plain, blocked: blocked, left: left, mass: mass, starved: starved, usedUp))
  }

  /// Tokens that hardly any sentence does without.
  private static let common: Set<String> = [
    ".", ",", "\"", "'", "?", "!", ";", ":", "-", "the", "a", "an", "and", "of", "to", "in", "that",
    "was", "is", "it", "he", "she", "they", "his", "her", "had", "with", "for", "as", "at", "on",
    "but", "not", "said", "i", "you",
  ]

  /// The common tokens of the best beam, and the step from which each may not come again.
  private func usedUp(_ result: SearchResult) throws -> [WordBlockAnswer.UsedUp] {
    guard let beam = result.beams.first else { return [] }
    var seen: Set<Int> = []
    return try beam.ids.enumerated().compactMap { index, id in
      guard seen.insert(id).inserted else { return nil }
      let text = try shown(id).text
      let word = text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
      guard Self.common.contains(word) else { return nil }
      return .init(token: text, step: max(0, index - result.prompt.count + 1))
    }
  }

  private func conclusion(
    plain: SearchResult, blocked: SearchResult, left: [Int], mass: [Double], starved: Int?,
    _ usedUp: [WordBlockAnswer.UsedUp]
  ) -> String {
    let vocabulary = model.configuration.vocabularySize
    guard let before = plain.beams.first, let after = blocked.beams.first, let last = left.last,
      let most = mass.max()
    else { return "Without steps nothing is blocked." }
    let share = Words.percent(Double(vocabulary - last) / Double(vocabulary))
    let words =
      "WordBlock has taken \(vocabulary - last) of \(vocabulary) tokens (\(share)) by the last step, "
      + "\(usedUp.count) of them punctuation or the commonest words. "
    let starving =
      starved.map {
        "At step \($0 + 1) they first carry more than half of the model's probability "
          + "(\(Words.percent(mass[$0]))), in all at \(mass.count { $0 > 0.5 }) of "
          + "\(Words.count(mass.count, "step")): there it may not say what it most likely would. "
      }
      ?? "They never carry more than \(Words.percent(most)) of the model's probability in these "
      + "\(Words.count(left.count, "step")). "
    return words + starving
      + "The score per token goes from \(Words.number(before.scorePerToken, 3)) to "
      + "\(Words.number(after.scorePerToken, 3))."
  }
}
