import FoxAugmentation

/// # What a set of paraphrases is made of
///
/// The parts of ``Q3_2``: what each pivot gave, how much of it is new, and what it gained. Of the
/// homework's 14 paraphrases of "its unerring respect for them", five pivots say "his unfailing
/// respect for them": the classifier sees that sentence five times and learns from it once.
///
///     14 paraphrases  →  9 new wordings, 1 the original again, 4 said before
///
/// Source: homework Q3.2. Clauses `HW-9` and `HW-20`. Counts; does not train.
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
          // What a filter dropped counts too: this is what the translator gave.
          paraphrases += 1
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
    package var pivot: String
    package var text: String
  }

  /// The same runs without and with augmentation, and the gain of the second with its bounds.
  package struct Comparison: Codable, Equatable, Sendable {
    package var name: String  // which numbers were used
    package var without: SeedRuns
    package var with: SeedRuns
    package var gain, lower, upper: Double
  }
}

extension Q3_2.Comparison {
  /// - Throws: `Fault` for runs without seeds.
  init(_ name: String, _ without: SeedRuns, _ with: SeedRuns) throws {
    let gain = try with.gain(over: without)
    self.init(
      name: name, without: without, with: with, gain: gain.value, lower: gain.lower,
      upper: gain.upper)
  }
}
