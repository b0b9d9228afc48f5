import Foundation
import FoxFiles
import FoxHomework

/// Why a beam differs from the reference, where the numbers tell it.
struct BeamReasons {
  /// The first difference; `nil` when all that is there is equal.
  private(set) var first: String?
  /// How many numbers and texts were compared.
  private(set) var compared = 0

  private let mine: StudentBeam
  private let ours: StudentBeam
  private let others: [StudentBeam]
  private let unblocked: StudentBeam?

  /// - Parameters:
  ///   - others: All beams of the reference: `mine` may be another one of them.
  ///   - unblocked: Of a search with a processor, what is found without it.
  init(
    _ mine: StudentBeam, _ ours: StudentBeam, others: [StudentBeam] = [],
    unblocked: StudentBeam? = nil
  ) {
    (self.mine, self.ours, self.others, self.unblocked) = (mine, ours, others, unblocked)
    first = logProbabilities() ?? tokens() ?? beamText() ?? score() ?? scorePerToken()
  }

  // MARK: - Tokens

  private mutating func tokens() -> String? {
    guard let ids = mine.ids, let expected = ours.ids else { return nil }
    compared += 1
    if ids == expected { return nil }
    if let swapped = swapped(by: \.ids) { return swapped }
    if let unblocked, ids == unblocked.ids { return Self.notBlocked }
    if let step = zip(ids, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      return "token \(step + 1) is \(ids[step]); ours is \(expected[step])."
    }
    return "it has \(Wording.count(ids.count, "token")); ours has \(expected.count). The search "
      + "adds exactly as many as there are steps: nothing stops it, the end of a text neither."
  }

  private mutating func logProbabilities() -> String? {
    guard let values = mine.logProbabilities, let expected = ours.logProbabilities else {
      return nil
    }
    // Other tokens have other probabilities: then the tokens are the difference.
    if let ids = mine.ids, ids.count == ours.ids?.count, ids != ours.ids { return nil }
    let near = zip(values, expected).map { Self.same([$0], [$1]) }
    if values.count == expected.count + 1, Self.same(Array(values.dropFirst()), expected) {
      return "its token scores begin with one too many (\(values[0])): column 0 of token_scores "
        + "holds the scores that the search starts with, and is not a token. Drop it."
    }
    if values.count != expected.count {
      return "it has \(counted(values.count, "log-probability", "log-probabilities")); "
        + "\(counted(expected.count, "token")) \(expected.count == 1 ? "was" : "were") added."
    }
    compared += near.count
    guard let index = near.firstIndex(of: false) else { return nil }
    let (value, other) = (values[index], expected[index])
    let what = "the log-probability of added token \(index + 1) is \(value); ours is \(other)."
    if Self.same(values, expected.map { exp($0) }) {
      return what + " Yours is a probability: take its logarithm."
    }
    let sums = expected.indices.map { expected[...$0].reduce(0, +) }
    if Self.same(values, sums) {
      return what + " Yours is the beam's score after the token: keep the token's own too, before "
        + "the beam's score is added."
    }
    if Self.same(values, expected.map { $0 / log(2) }) {
      return what + " Yours is a logarithm to the base 2; the homework's is natural."
    }
    // A logarithm of a probability is at most 0, and a token that is chosen is never so improbable.
    if value > 0 || value < other - 5 {
      return what + " Did you take the log-softmax before adding the beam's score?"
    }
    return what + " Is that the token's own, after the processors and before the beam's score?"
  }

  // MARK: - Text

  private mutating func beamText() -> String? {
    guard let text = mine.text, let expected = ours.text else { return nil }
    let (words, others) = (Self.words(text), Self.words(expected, like: mine))
    compared += 1
    if words == others { return nil }
    if let swapped = swapped(by: { $0.text.map { Self.words($0) } }) { return swapped }
    if let unblocked = unblocked?.text, words == Self.words(unblocked) { return Self.notBlocked }
    if Self.letters(words) == Self.letters(others) {
      return "only the blanks differ: “\(text)”; ours is “\(expected)”. The homework decodes with "
        + "clean_up_tokenization_spaces=True."
    }
    if others.count > words.count, others.suffix(words.count) == words[...] {
      return "its text has no prompt; decode all ids, not only those that were added."
    }
    if others.starts(with: words) {
      let (end, rest) = (words.suffix(3), others.dropFirst(words.count))
      return "its text ends after “\(end.joined(separator: " "))”; ours goes on with "
        + "“\(rest.joined(separator: " "))”. The search adds exactly as many tokens as there are "
        + "steps: nothing stops it."
    }
    if words.starts(with: others) {
      let rest = words.dropFirst(others.count).joined(separator: " ")
      return "its text goes on with “\(rest)” where ours has ended. How many steps did you take?"
    }
    let index = zip(words, others).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
    return "word \(index + 1) is “\(words[index])”; ours is “\(others[index])”, in “\(expected)”."
  }

  private static func words(_ text: String, like beam: StudentBeam? = nil) -> [String] {
    var text = text
    // A print is read up to its first empty line.
    if let beam, beam.tolerance > StudentAnswer.tolerance {
      text = text.components(separatedBy: "\n\n")[0]
    }
    return text.replacing("⏎", with: " ").split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private static func letters(_ words: [String]) -> String { words.joined() }

  // MARK: - Scores

  private mutating func score() -> String? {
    guard let value = mine.score, let expected = ours.score else { return nil }
    compared += 1
    if abs(value - expected) <= StudentAnswer.tolerance * max(1, abs(expected)) { return nil }
    let hint = meaning(of: value, tolerance: StudentAnswer.tolerance) ?? ""
    return "its score is \(value); ours, the sum of the log-probabilities, is \(expected).\(hint)"
  }

  private mutating func scorePerToken() -> String? {
    guard let value = mine.scorePerToken, let expected = ours.scorePerToken else { return nil }
    compared += 1
    if abs(value - expected) <= mine.tolerance { return nil }
    let hint = meaning(of: value, tolerance: mine.tolerance) ?? ""
    return "its score per token is \(value); ours is \(Wording.number(expected, 4)).\(hint)"
  }

  /// What a wrong score is instead, where it is something.
  private func meaning(of value: Double, tolerance: Double) -> String? {
    guard let per = ours.scorePerToken, let sum = ours.score, per != 0 else { return nil }
    let all = (sum / per).rounded()
    var meanings: [(Double, String)] = [
      (sum, "That is the sum: divide it by the number of tokens, \(Int(all)) with the prompt's."),
      (per, "That is the sum divided by the number of tokens."),
      (-per, "The sign is wrong: a log-probability is at most 0."),
      (exp(per), "That is a probability: keep the logarithm."),
      (per / log(2), "That is a logarithm to the base 2; the homework's is natural."),
      (sum / (all + 1), "You divided by one token too many: column 0 of token_scores is no token."),
      (sum / (all - 1), "You divided by one token too few."),
    ]
    if let added = ours.logProbabilities?.count, added > 0 {
      meanings.insert(
        (
          sum / Double(added),
          "You divided by the \(added == 1 ? "token" : "\(added) tokens") that \(added == 1 ? "was" : "were") added; the homework divides by all "
            + "\(Int(all)), prompt included."
        ), at: 0)
    }
    return meanings.first { abs($0.0 - value) <= tolerance }.map { " " + $0.1 }
  }

  // MARK: - Helpers

  /// Whether this beam is another one of the reference's.
  private func swapped<Part: Equatable>(by part: (StudentBeam) -> Part?) -> String? {
    guard let mine = part(mine), let other = others.first(where: { part($0) == mine }) else {
      return nil
    }
    return "this is what we have as \(other.place). Beams come by score, the greatest first, and a "
      + "beam size keeps its own."
  }

  private static let notBlocked =
    "this is the text without the processor. Does it write −1e9 into the log-probabilities before "
    + "the best are chosen?"

  private static func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { abs($0 - $1) <= StudentAnswer.tolerance * max(1, abs($1)) }
  }
}
