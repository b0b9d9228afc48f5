import FoxAugmentation

/// # What a set of paraphrases is made of
///
/// The parts of ``Q3_2``: what each pivot gave, how much of it is new, and what it gained.
///
/// Source: homework Q3.2. Clauses `HW-9` and `HW-20`. Counts; does not train.
extension Q3_2 {
  /// How many paraphrases say something new.
  public struct Wordings: Codable, Equatable, Sendable {
    /// All paraphrases.
    public var paraphrases: Int
    /// Those that differ from their original and from every earlier paraphrase of it.
    public var new: Int
    /// Those that are their original, but for letter case and white space.
    public var unchanged: Int

    /// Counts a set. What a filter dropped counts too: this is what the translator gave.
    package init(_ set: AugmentedSet) {
      (paraphrases, new, unchanged) = (0, 0, 0)
      for group in set.groups {
        var kept: [Paraphrase] = []
        for paraphrase in group.paraphrases {
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

    var words: String {
      "Of \(Wording.count(paraphrases, "paraphrase")) \(new) have a new wording and \(unchanged) "
        + "are the original again; all have the original's label."
    }
  }

  /// What a pivot gave, and gains.
  public struct Pivot: Codable, Equatable, Sendable {
    /// Its name: a language, or several with `-` between.
    public var name: String
    /// Paraphrases that count.
    public var kept: Int
    /// Others, by the reason.
    public var dropped: [String: Int]
    /// Mean similarity of original and paraphrase, 0 to 1.
    public var similarity: Double
    /// Accuracy with this pivot alone minus accuracy without, mean over the seeds.
    public var gain: Double?

    package init(
      name: String, kept: Int, dropped: [String: Int], similarity: Double, gain: Double?
    ) {
      (self.name, self.kept, self.dropped) = (name, kept, dropped)
      (self.similarity, self.gain) = (similarity, gain)
    }
  }

  /// A back-translation.
  public struct Translation: Codable, Equatable, Sendable {
    /// The pivot; empty for the sentence itself.
    public var pivot: String
    /// The text.
    public var text: String

    /// The first sentence and what the pivots made of it.
    static func first(of set: AugmentedSet) -> [Translation] {
      guard let group = set.groups.first else { return [] }
      return [Translation(pivot: "", text: group.original.text)]
        + group.paraphrases.map { Translation(pivot: $0.pivot, text: $0.text) }
    }
  }

  /// The same runs without and with augmentation.
  public struct Comparison: Codable, Equatable, Sendable {
    /// Which numbers were used.
    public var name: String
    /// The runs without.
    public var without: SeedRuns
    /// The runs with.
    public var with: SeedRuns
    /// Mean of the paired differences over the seeds, and a 95 % interval.
    public var gain: Double
    /// The lower bound of the gain.
    public var lower: Double
    /// The upper bound of the gain.
    public var upper: Double

    var words: String {
      let verdict =
        lower > 0
        ? "the homework's claim is confirmed"
        : upper < 0
          ? "the homework's claim is refuted: augmentation harms"
          : "the claim is not shown, the interval has 0 in it"
      // Two classifiers that guess may differ, and it means nothing.
      let chance = without.isAtChance && with.isAtChance ? " (both are chance)" : ""
      return "With \(name) augmentation takes the accuracy from "
        + "\(Wording.number(without.mean, 3)) to \(Wording.number(with.mean, 3)): "
        + "\(Wording.change(gain, 3)), 95 % interval \(Wording.interval(lower, upper, 3))\(chance); "
        + "\(verdict)."
    }
  }
}
