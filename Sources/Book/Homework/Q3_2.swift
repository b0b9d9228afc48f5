import FoxAugmentation
import FoxData
import FoxDecoding

/// # Q3.2: Why does back-translation help?
///
/// > Briefly explain your backtranslation strategy here. Why do you think it resulted in an
/// > improvement?
///
/// A classifier of 20 sentences learns their very words. A translation and its return change the
/// words and keep the meaning, and so the label: "its unerring respect for them" comes back from
/// Finnish as "its unmistakable respect for them". The classifier has to find what both share. On
/// `bert-base-cased` the homework prints 0.6752 ± 0.0205, where the 20 sentences alone gave 0.4977
/// to 0.6055.
///
/// Three things say where it does *not* help, and all three are measured here:
///
/// - **Nothing new.** Of the 14 paraphrases of that sentence one is the sentence itself and four
///   repeat an earlier one: 9 new wordings.
/// - **More steps.** 300 sentences make 30 steps, 20 make 3. Part of the gain is training longer.
///   So both sets are compared with numbers chosen for each, and with the same numbers for both.
/// - **Another meaning.** Hindi gives "it's an absolute honor for him", and the label is *assumed*
///   to hold: nobody read the paraphrases. A pivot that harms shows when it is added alone.
///
/// Source: homework Q3.2; Sennrich et al. 2016, arXiv 1511.06709. Clauses `HW-9` and `HW-20`. Does
/// not judge a paraphrase: the label is the original's, right or not.
public struct Q3_2: Codable, Equatable, Sendable {
  /// Who translated.
  public var translator: String
  /// The pivots, in order.
  public var pivots: [Pivot]
  /// A sentence and its back-translations, as the homework prints them.
  public var example: [Translation]
  /// Pairs of runs: without, with augmentation; with the homework's numbers, then the chosen ones.
  public var comparisons: [Comparison]
  /// How the numbers of the augmented runs were chosen; paraphrases are in the fold of their original.
  public var choice: CrossValidation?
  /// The measured answer, in words.
  public var conclusion: String
  /// How much of the set is new; `nil` in results of earlier versions.
  public var wordings: Wordings?

  /// Trains on the set, seed by seed beside the runs without it.
  ///
  /// - Parameters:
  ///   - baseline: The answer of Q3.1; where it has chosen numbers, so is here.
  ///   - choose: Tries numbers on the set.
  package static func answer(
    _ classifier: Classifier, _ set: AugmentedSet, pivots: [Pivot], baseline: Q3_1,
    choose: (() throws -> CrossValidation)?, interval: Q3_1.PairedInterval
  ) throws -> Q3_2 {
    guard let without = baseline.runs.first else {
      throw Fault("runs without augmentation", found: "0", expected: "at least 1")
    }
    func compare(_ name: String, _ without: SeedRuns, _ with: SeedRuns) throws -> Comparison {
      // The same seed on both sides: what it draws is not part of the gain.
      let gain = try interval(zip(with.accuracies, without.accuracies).map { $0 - $1 })
      return Comparison(
        name: name, without: without, with: with, gain: gain.value, lower: gain.lower,
        upper: gain.upper)
    }
    let (texts, originals) = (set.examples, set.groups.map(\.original))
    let with = try classifier.runs(
      "augmented, the homework's numbers", on: texts, without.numbers)
    var comparisons = [try compare("the homework's numbers", without, with)]
    var choice: CrossValidation?
    if let choose, baseline.runs.count > 1 {
      let (chosen, found) = (baseline.runs[1], try choose())
      let numbers = found.numbers ?? without.numbers
      let best = try classifier.runs(
        "augmented, its chosen numbers", on: texts, numbers, unlessAs: with)
      comparisons.append(try compare("the numbers chosen for each", chosen, best))
      if numbers != chosen.numbers {
        // Else a better learning rate would pass for a gain of augmentation.
        let control = try classifier.runs(
          "the augmented set's numbers", on: originals, numbers, unlessAs: without)
        comparisons.append(try compare("the augmented set's numbers for both", control, best))
      }
      choice = found
    }
    var answer = Q3_2(
      translator: set.translator, pivots: pivots, example: Translation.first(of: set),
      comparisons: comparisons, choice: choice, conclusion: "", wordings: Wordings(set))
    answer.conclusion = answer.words()
    return answer
  }

  /// The answer with the gain of each pivot alone: with the numbers that were chosen without it.
  package func withGains(
    _ classifier: Classifier, _ set: AugmentedSet, baseline: Q3_1
  ) throws -> Q3_2 {
    guard let without = baseline.runs.last else { return self }
    var answer = self
    // A pivot of which nothing was kept adds nothing, and its run would be the one without.
    for index in pivots.indices where pivots[index].kept > 0 {
      let name = pivots[index].name
      let alone = try classifier.runs(
        "\(name) alone", on: set.examples(pivots: [name]), without.numbers)
      answer.pivots[index].gain = alone.mean - without.mean
    }
    answer.conclusion = answer.words()
    return answer
  }

  private func words() -> String {
    let claims = comparisons.map(\.words) + [wordings?.words].compactMap { $0 }
    let gains = pivots.compactMap { pivot in pivot.gain.map { (name: pivot.name, gain: $0) } }
    guard let best = gains.max(by: { $0.gain < $1.gain }),
      let worst = gains.min(by: { $0.gain < $1.gain })
    else { return claims.joined(separator: " ") }
    return claims.joined(separator: " ")
      + " Alone, \(best.name) gains most (\(Wording.change(best.gain, 3))) and \(worst.name) least "
      + "(\(Wording.change(worst.gain, 3))); \(gains.count { $0.gain > 0 }) of \(gains.count) pivots "
      + "gain."
  }
}
