import Foundation
import FoxDecoding

/// # Question 1.4: is WordBlock practical?
///
/// > *Is WordBlock a practical way to prevent repetition in beam search? What (if anything) could go
/// > wrong when using WordBlock?*
///
/// It does prevent repetition: no token comes twice. The price can be measured at every step. How
/// many tokens are still allowed? That number falls by one a step and hardly matters, as GPT-2 has
/// 50,257. What matters is *which* are gone: how much of its probability would the model have given
/// to them?
///
///     blocked mass = Σ p(token)        over the tokens that the text has already
///
/// The commonest tokens go first: "the", "a", the comma, the period. When more than half of the
/// probability is blocked, the search may no longer say what it most likely would, and from then on
/// the text wanders off: it is *starved*. ``BeamBlock`` (Q1.5) blocks trigrams instead, which are
/// seldom repeated for a good reason.
///
/// Source: homework Q1.4. Does not judge the text; a reader should.
package enum Q1_4 {
  /// The answer, measured.
  package struct Answer: Codable, Equatable, Sendable {
    /// All tokens without WordBlock and with it.
    package var plain, blocked: [Int]
    /// What the homework prints: the score over the number of all tokens.
    package var plainScore, blockedScore: Double
    /// Trigrams of the plain text that stood in it before: what there was to prevent.
    package var repeatedTrigrams: Int
    /// By step: the tokens that were still allowed.
    package var allowed: [Int]
    /// By step: the probability that the model gave to the others.
    package var blockedMass: [Double]

    /// The first step, from 0, at which more than half of the probability is blocked.
    package var starvedAt: Int? { blockedMass.firstIndex { $0 > 0.5 } }
    /// Whether what was prevented was worth it: there was repetition, and no step starved.
    package var isPractical: Bool { repeatedTrigrams > 0 && starvedAt == nil }
  }

  /// Searches with one beam, as the homework does, without WordBlock and with it.
  package static func answer(
    _ prompt: [Int], steps: Int = 40, next: NextTokens
  ) throws -> Answer {
    let plain = try BeamSearch(beams: 1, steps: steps).run(prompt, next: next).beams[0]
    var (allowed, mass): ([Int], [Double]) = ([], [])
    let search = try BeamSearch(beams: 1, steps: steps, processors: [WordBlock()])
    let blocked = try search.run(
      prompt,
      observing: { step in
        // What the model says before WordBlock has changed it.
        guard step.moment == .scored else { return }
        let used = Set(step.beams[0].ids)
        allowed.append(step.scores[0].count - used.count)
        mass.append(min(1, used.reduce(0) { $0 + exp(Double(step.scores[0, $1])) }))
      }, next: next
    ).beams[0]
    return Answer(
      plain: plain.ids, blocked: blocked.ids, plainScore: plain.scorePerToken,
      blockedScore: blocked.scorePerToken, repeatedTrigrams: repeatedTrigrams(plain.ids),
      allowed: allowed, blockedMass: mass)
  }

  /// How many of a text's trigrams stood in it before.
  package static func repeatedTrigrams(_ ids: [Int]) -> Int {
    var seen: Set<ArraySlice<Int>> = []
    return ids.indices.dropFirst(2).count { !seen.insert(ids[$0 - 2...$0]).inserted }
  }
}
