/// What steers any kind of generation.
struct SteeringOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "Make tokens that were used less likely; 1 changes nothing.")
  var repetitionPenalty: Float?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Block repeated n-grams of this length.", valueName: "n"))
  var noRepeatNgram: Int?
  @Option(
    help: ArgumentHelp("Block these words, with a space before and without.", valueName: "text"))
  var badWord: [String] = []
  @Option(parsing: .unconditional, help: "Do not end before this many tokens were added.")
  var minNewTokens: Int?
  @Flag(help: "Do not end at the end token.") var ignoreEndToken = false
}

/// What makes generation a draw.
struct SamplingOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Sample: divide the logits by this.") var temperature:
    Float?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the k likeliest tokens.", valueName: "k")) var topK: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the fewest tokens that have this probability.", valueName: "p"))
  var topP: Double?
  @Option(parsing: .unconditional, help: "Sample: the seed of PyTorch's generator (default 0).")
  var seed: UInt64?
  @Flag(help: "Take the likeliest token, whatever generation_config.json says.") var greedy = false

  var isAsked: Bool { temperature != nil || topK != nil || topP != nil || seed != nil }
}

/// What makes generation a search.
struct SearchOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "Search with this many beams, as transformers' generate does.")
  var beams: Int?
  @Option(
    parsing: .unconditional,
    help: "With beams: the exponent of the length that scores are divided by (default 1).")
  var lengthPenalty: Double?
  @Option(
    parsing: .unconditional,
    help: "With beams: stop early: true, false (default) or never (see SPEC.md, HF-4).")
  var earlyStopping: EarlyStoppingName?
  @Option(parsing: .unconditional, help: "With beams: how many texts to return (default 1).")
  var numReturnSequences: Int?

  var isAsked: Bool { (beams ?? 1) != 1 }

  /// The first option that has a meaning only with beams.
  var optionWithoutBeams: String? {
    if isAsked { return nil }
    if lengthPenalty != nil { return "--length-penalty" }
    if earlyStopping != nil { return "--early-stopping" }
    return numReturnSequences == nil ? nil : "--num-return-sequences"
  }
}

/// The reference's names of ``EarlyStopping``.
enum EarlyStoppingName: String, ExpressibleByArgument, CaseIterable {
  case `true`
  case `false`
  case never

  var value: EarlyStopping {
    switch self {
    case .true: .whenFull
    case .false: .heuristic
    case .never: .never
    }
  }
}
