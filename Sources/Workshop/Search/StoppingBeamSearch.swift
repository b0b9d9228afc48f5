import FoxModels

/// Beam search in which beams end: with end tokens, a length penalty and early stopping, as
/// `generate(num_beams=…)` of transformers has it.
///
/// A candidate that is an end token, among the best `beams` of its step, becomes a hypothesis; the
/// best others go on. Beside the homework's ``BeamSearch``, which never ends a beam. Source:
/// `GenerationMixin._beam_search` and `BeamSearchScorer` of transformers 4.40.2; SPEC `HF-1` to
/// `HF-6`.
public struct StoppingBeamSearch: Sendable {
  /// How many beams are kept for each prompt.
  package let beams: Int
  /// The most tokens that are added.
  package let maxNewTokens: Int
  /// Tokens that end a text. The first stands in results for whichever ended it.
  package let endTokens: [Int]
  /// The exponent of the length by which a finished text's score is divided.
  public var lengthPenalty = 1.0
  /// When to stop looking for better texts.
  public var earlyStopping = EarlyStopping.heuristic
  /// Whether a search that comes to the end of the model's positions ends there, with its open beams as
  /// they are. The reference fails there, after all the work.
  package var endsAtPositions = false
  /// How many texts are returned for each prompt, at most `beams`.
  package var returned = 1
  /// What changes the log-probabilities before beams are chosen, in order.
  public var processors: [any ScoreProcessor] = []

  /// A search.
  ///
  /// - Throws: ``Fault`` for fewer than 1 beam or 1 new token.
  public init(beams: Int, maxNewTokens: Int, endTokens: [Int]) throws(Fault) {
    guard beams >= 1 else {
      throw Fault("beams", found: "\(beams)", expected: "at least 1")
    }
    guard maxNewTokens >= 1 else {
      throw Fault("max-new-tokens", found: "\(maxNewTokens)", expected: "at least 1")
    }
    self.beams = beams
    self.maxNewTokens = maxNewTokens
    self.endTokens = endTokens
  }

  /// Refuses a number of texts that is not 1 to ``beams``.
  package func checkReturned() throws(Fault) {
    if (1...beams).contains(returned) { return }
    throw Fault("num-return-sequences", found: "\(returned)", expected: "1 to \(beams)")
  }

  /// A text that was found.
  public struct Found: Sendable, Equatable {
    /// All ids, prompt included; ended texts end with the first end token.
    public let ids: [Int]
    /// The sum of log-probabilities, the end token's included, over `length ^ lengthPenalty`.
    public let score: Double
    /// The float32 sum of the processed log-probabilities.
    package let sum: Float
    /// The processed log-probability of each token added, that of the token that ended it included.
    package let tokenLogProbabilities: [Float]
    /// Whether an end token ended it.
    public let hasEnded: Bool
  }

  /// Continues prompts.
  ///
  /// - Returns: For each prompt the best ``returned`` texts, best first.
  /// - Throws: ``Fault`` for options out of range and when end tokens leave fewer candidates than
  ///   beams; `Fault` as the homework's search.
  /// - Complexity: One pass over the prompts, then one over `beams` tokens of each a step.
  public func run(
    _ prompts: [[Int]], on model: GPT2Model, progress: (_ stepsDone: Int) -> Bool = { _ in true }
  ) throws -> [[Found]] {
    try checkReturned()
    let (rows, overflow) = beams.multipliedReportingOverflow(by: max(prompts.count, 1))
    let tokens = prompts.reduce(0) { $0 + $1.count }
    try BeamSearch.checkMemory(beams: overflow ? .max : rows, tokens: tokens, model.configuration)
    for prompt in prompts {
      // Whether more positions are needed depends on when the beams end; the model will tell.
      try BeamSearch.checkLength(prompt, steps: 1, model.configuration)
    }
    let scorer = GPT2Scorer(
      model, .logProbabilities,
      reserving: tokens + rows * BeamSearch.ownTokens)
    var searches = prompts.map { PromptSearch(prompt: $0, self) }
    let positions = model.configuration.positions
    for step in 0..<maxNewTokens {
      // A text may be longer than the positions by its last token, which the model is not given.
      let active = searches.indices.filter { index in
        let length = searches[index].beams.first?.ids.count ?? 0
        return !searches[index].isDone && !(endsAtPositions && length > positions)
      }
      if active.isEmpty { break }
      let texts = active.flatMap { searches[$0].beams.map(\.ids) }
      var scores = try scorer.next(texts)  // [prompts · beams, V]
      for processor in processors { _ = processor.process(&scores, of: texts, step: step) }
      for (place, index) in active.enumerated() {
        let own = place * beams..<(place + 1) * beams
        try searches[index].choose(Array(scores[own]), step: step)
      }
      scorer.spare = scores
      if !progress(step + 1) { break }
    }
    return searches.map { $0.finish() }
  }
}

extension Beam {
  /// A text that was found as a beam: its score is the plain sum of log-probabilities.
  package init(_ found: StoppingBeamSearch.Found) {
    self.init(
      ids: found.ids, score: found.sum, tokenLogProbabilities: found.tokenLogProbabilities)
  }
}

private struct PromptSearch {
  private let options: StoppingBeamSearch
  private let prompt: [Int]
  private(set) var beams: [Beam]
  private(set) var isDone = false
  private var hypotheses: Hypotheses

  init(prompt: [Int], _ options: StoppingBeamSearch) {
    self.options = options
    self.prompt = prompt
    beams = BeamSearch.beginning(prompt, beams: options.beams)
    hypotheses = Hypotheses(options)
  }

  /// Replaces the beams by the best continuations that do not end, and keeps those that do.
  mutating func choose(_ scores: [[Float]], step: Int) throws(Fault) {
    let candidates = try best(
      max(2, 1 + options.endTokens.count) * beams.count, of: scores, offsets: beams.map(\.score),
      scan: firstAboveByVectors)
    var next: [Beam] = []
    for (rank, candidate) in candidates.enumerated() where next.count < beams.count {
      let beam = beams[candidate.beam]
      if !options.endTokens.contains(candidate.token) {
        next.append(beam.continued(by: candidate))
      } else if rank < beams.count {
        // An end that is not among the best `beams` is dropped, not kept for later.
        hypotheses.add(beam, endedBy: candidate, length: step + 1)
      }
    }
    if next.count < beams.count {
      throw Fault(
        "beams", at: "step \(step)", found: "\(next.count) candidates that do not end the text",
        expected: "\(beams.count)", hint: "take fewer beams")
    }
    beams = next
    isDone = hypotheses.isDone(
      best: candidates[0].score, length: step + 1, limit: options.maxNewTokens,
      options.earlyStopping)
  }

  /// The best texts; open beams count as they are, unless the search was done.
  func finish() -> [StoppingBeamSearch.Found] {
    var all = hypotheses
    if !isDone {
      for beam in beams {
        all.add(beam, endedBy: nil, length: beam.ids.count - prompt.count)
      }
    }
    return all.best(options.returned)
  }
}
