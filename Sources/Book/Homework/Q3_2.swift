import FoxAugmentation
import FoxDecoding

/// # Q3.2: Why does back-translation help?
///
/// > Briefly explain your backtranslation strategy here. Why do you think it resulted in an
/// > improvement?
///
/// A classifier of 20 sentences learns their very words. A translation and its return change the
/// words and keep the meaning, and so the label: "its unerring respect for them" comes back from
/// Finnish as "its unmistakable respect for them", and the classifier has to find what both share.
/// On `bert-base-cased` the homework prints 0.6752 ± 0.0205, where the 20 sentences alone gave
/// 0.4977 to 0.6055.
///
/// Three things say where it does *not* help, and all three are measured:
///
/// - **Nothing new.** Of the 14 paraphrases of that sentence one is the sentence itself and four
///   repeat an earlier one: 9 new wordings.
/// - **More steps.** 300 sentences make 30 steps, 20 make 3. Part of the gain is training longer.
///   So both sets are compared with numbers chosen for each, and with the same numbers for both.
/// - **Another meaning.** Hindi gives "it's an absolute honor for him", and the label is *assumed*
///   to hold: nobody read the paraphrases. A pivot that harms shows when it is added alone, which
///   the Workshop does.
///
/// Source: homework Q3.2; Sennrich et al. 2016, arXiv 1511.06709. Clauses `HW-9` and `HW-20`. Does
/// not judge a paraphrase: the label is the original's, right or not.
package struct Q3_2: Codable, Equatable, Sendable {
  package var translator: String  // an engine, or a record
  package var pivots: [Pivot]  // what each gave
  package var example: [Translation]  // a sentence and its back-translations, as printed
  package var comparisons: [Comparison]  // with the homework's numbers, then with the chosen ones
  package var choice: CrossValidation?  // with each paraphrase in the fold of its original
  package var conclusion = ""
  package var wordings: Wordings?  // `nil` in results of earlier versions

  /// Trains on the set, seed by seed beside the runs without it, which Q3.1 has made.
  ///
  /// - Parameter choose: Tries numbers on the set; asked where the baseline has chosen some too.
  package static func answer(
    _ classifier: Classifier, _ set: AugmentedSet, pivots: [Pivot], baseline: Q3_1,
    choose: (() throws -> CrossValidation)?
  ) throws -> Q3_2 {
    guard let without = baseline.runs.first else {
      throw Fault("runs without augmentation", found: "0", expected: "at least 1")
    }
    // The homework's own comparison: 20 sentences and 3 steps against 300 and 30.
    let with = try classifier.runs(
      "augmented, the homework's numbers", on: set.examples, without.numbers)
    var comparisons = [try Comparison("the homework's numbers", without, with)]
    var choice: CrossValidation?
    if let choose, baseline.runs.count > 1 {
      // The best of each: what is left is not the number of steps.
      let (chosen, found) = (baseline.runs[1], try choose())
      let numbers = found.numbers ?? without.numbers  // if nothing was tried, the homework's
      let best = try classifier.runs(
        "augmented, its chosen numbers", on: set.examples, numbers, unlessAs: with)
      comparisons.append(try Comparison("the numbers chosen for each", chosen, best))
      if numbers != chosen.numbers {
        // The originals alone with the augmented set's numbers: otherwise a better learning rate
        // would pass for a gain of augmentation.
        let control = try classifier.runs(
          "the augmented set's numbers", on: set.groups.map(\.original), numbers,
          unlessAs: without)
        comparisons.append(try Comparison("the augmented set's numbers for both", control, best))
      }
      choice = found
    }
    // The first sentence is the example: its original has no pivot.
    let example = set.groups.first.map { group in  // dropped ones too
      [Translation(pivot: "", text: group.original.text)]
        + group.paraphrases.map { Translation(pivot: $0.pivot, text: $0.text) }
    }
    return Q3_2(
      translator: set.translator, pivots: pivots, example: example ?? [],
      comparisons: comparisons, choice: choice, wordings: Wordings(set))
  }
}

extension Q3_2 {
  /// How many paraphrases say something new.
  package struct Wordings: Codable, Equatable, Sendable {
    package var paraphrases: Int
    package var new: Int  // differ from their original and from every earlier paraphrase of it
    package var unchanged: Int  // are their original, except for letter case and white space

    package init(_ set: AugmentedSet) {
      (paraphrases, new, unchanged) = (0, 0, 0)
      for group in set.groups {
        // Only paraphrases of the same sentence can repeat each other.
        var kept: [Paraphrase] = []
        for paraphrase in group.paraphrases {
          paraphrases += 1  // what a filter dropped counts too: the translator gave it
          // The chapter Augmentation's own rule, whether or not the set was made with it.
          switch dropRepetitions(paraphrase, group.original.text, kept) {
          case nil: kept.append(paraphrase)
          case .unchanged?: unchanged += 1
          default: break  // empty, or said before
          }
        }
        new += kept.count
      }
    }
  }

  /// What a pivot gave, and gains.
  package struct Pivot: Codable, Equatable, Sendable {
    package var name: String  // a language, or several with `-` between
    package var kept: Int  // how many paraphrases count
    package var dropped: [String: Int]  // how many do not, by the reason
    package var similarity: Double  // the mean similarity of original and paraphrase, 0 to 1
    package var gain: Double?  // accuracy with this pivot alone − without; mean over the seeds

    package init(name: String, kept: Int, dropped: [String: Int], similarity: Double, gain: Double?)
    {
      (self.name, self.kept, self.dropped) = (name, kept, dropped)
      (self.similarity, self.gain) = (similarity, gain)
    }
  }

  /// A back-translation; the pivot is empty for the sentence itself.
  package struct Translation: Codable, Equatable, Sendable {
    package var pivot, text: String  // "fi", "its unmistakable respect for them"
  }

  /// The same runs without and with augmentation, and the gain of the second.
  package struct Comparison: Codable, Equatable, Sendable {
    package var name: String  // which numbers were used
    package var without, with: SeedRuns
    package var gain, lower, upper: Double
  }
}

extension Q3_2.Comparison {
  init(_ name: String, _ without: SeedRuns, _ with: SeedRuns) throws {
    let gain = try with.gain(over: without)  // seed by seed
    self.init(
      name: name, without: without, with: with, gain: gain.value, lower: gain.lower,
      upper: gain.upper)
  }
}
