import FoxKernels
import FoxModels

/// Beam search in which beams end: with end tokens, a length penalty and early stopping, as
/// `generate(num_beams=…)` of transformers has it.
///
/// A candidate that is an end token, among the best `beams` of its step, becomes a hypothesis; the
/// best others go on. Beside the homework's ``BeamSearch``, which never ends a beam. Source:
/// `GenerationMixin._beam_search` and `BeamSearchScorer` of transformers 4.40.2; SPEC `HFBEAM-1` to
/// `HFBEAM-6`.
public struct StoppingBeamSearch: Sendable {
  /// How many beams are kept for each prompt.
  public let beams: Int
  /// The most tokens that are added.
  public let maxNewTokens: Int
  /// Tokens that end a text. The first stands in results for whichever ended it.
  public let endTokens: [Int]
  /// The exponent of the length by which a finished text's score is divided.
  public var lengthPenalty = 1.0
  /// When to stop looking for better texts.
  public var earlyStopping = EarlyStopping.heuristic
  /// How many texts are returned for each prompt, at most `beams`.
  public var returned = 1
  /// What changes the log-probabilities before beams are chosen, in order.
  public var processors: [any ScoreProcessor] = []

  /// A search.
  ///
  /// - Throws: ``DecodingError/option(name:value:expected:)`` for fewer than 1 beam or 1 new token.
  public init(beams: Int, maxNewTokens: Int, endTokens: [Int]) throws(DecodingError) {
    guard beams >= 1 else {
      throw .option(name: "beams", value: "\(beams)", expected: "at least 1")
    }
    guard maxNewTokens >= 1 else {
      throw .option(name: "max-new-tokens", value: "\(maxNewTokens)", expected: "at least 1")
    }
    self.beams = beams
    self.maxNewTokens = maxNewTokens
    self.endTokens = endTokens
  }

  /// Refuses a number of texts that is not 1 to ``beams``.
  package func checkReturned() throws(DecodingError) {
    if (1...beams).contains(returned) { return }
    throw .option(name: "num-return-sequences", value: "\(returned)", expected: "1 to \(beams)")
  }

  /// A text that was found.
  public struct Found: Sendable, Equatable {
    /// All ids, prompt included; ended texts end with the first end token.
    public let ids: [Int]
    /// The sum of log-probabilities, the end token's included, over `length ^ lengthPenalty`.
    public let score: Double
    /// The float32 sum of the processed log-probabilities.
    public let sum: Float
    /// The processed log-probability of each token added, that of the token that ended it included.
    public let tokenLogProbabilities: [Float]
    /// Whether an end token ended it.
    public let hasEnded: Bool
  }

  /// Continues prompts.
  ///
  /// - Returns: For each prompt the best ``returned`` texts, best first.
  /// - Throws: ``DecodingError`` for options out of range, as ``BeamSearch/run(_:on:progress:)``, and
  ///   ``DecodingError/tooFewCandidates(step:)`` when end tokens leave fewer candidates than beams.
  /// - Complexity: One pass over the prompts, then one over `beams` tokens of each a step.
  public func run(
    _ prompts: [[Int]], on model: GPT2Model, progress: (_ stepsDone: Int) -> Bool = { _ in true }
  ) throws(DecodingError) -> [[Found]] {
    try checkReturned()
    let (rows, overflow) = beams.multipliedReportingOverflow(by: max(prompts.count, 1))
    try BeamSearch.checkMemory(beams: overflow ? .max : rows, model.configuration)
    for prompt in prompts {
      // Whether more positions are needed depends on when the beams end; the session will tell.
      try BeamSearch.check(prompt, steps: 1, model.configuration)
    }
    var searches = prompts.map { PromptSearch(prompt: $0, self) }
    let session = GPT2Session(
      model: model, sequences: prompts.count,
      reserving: prompts.reduce(8 * prompts.count * beams) { $0 + $1.count })
    let scores = FloatBuffer(
      count: prompts.count * beams * model.configuration.vocabularySize)
    var active = Array(searches.indices)
    for step in 0..<maxNewTokens where !active.isEmpty {
      let tokens = active.flatMap { searches[$0].nextTokens(step: step) }
      try advance(session, tokens, scores, searches: active.map { searches[$0] }, step: step)
      var parents: [Int] = []
      for (place, index) in active.enumerated() {
        let chosen = try searches[index].choose(scores.pointer, place: place, model, step: step)
        if searches[index].isDone { continue }
        parents += chosen.map { step == 0 ? place : place * beams + $0 }
      }
      active.removeAll { searches[$0].isDone }
      do { try session.reorder(parents) } catch { throw .model(error) }
      if !progress(step + 1) { break }
    }
    return searches.map { $0.finish() }
  }

  /// Computes the processed log-probabilities of every beam of the active searches.
  private func advance(
    _ session: GPT2Session, _ tokens: [[Int]], _ scores: FloatBuffer,
    searches: [PromptSearch], step: Int
  ) throws(DecodingError) {
    let vocabulary = session.model.configuration.vocabularySize
    let rows = searches.count * beams
    do { _ = try session.advanceInPlace(tokens, logits: .last) } catch { throw .model(error) }
    for row in 0..<rows {
      // In the first step a row of logits stands for all beams of its prompt.
      let source = session.logits + (step == 0 ? row / beams : row) * vocabulary
      let total = Rows.logSoftmax(source, scores.pointer + row * vocabulary, count: vocabulary)
      if !total.isFinite {
        throw .model(session.model.firstBadWeight() ?? .badLogits(sequence: row))
      }
    }
    let table = StepScores(scores.pointer, beams: rows, vocabulary: vocabulary)
    let ids = searches.flatMap { $0.beams.map(\.ids) }
    for processor in processors { _ = processor.process(table, of: ids, step: step) }
  }
}

extension BeamSearchResult.Beam {
  /// A text that was found as a beam: its score is the plain sum of log-probabilities.
  public init(_ found: StoppingBeamSearch.Found) {
    self.init(
      ids: found.ids, score: found.sum, tokenLogProbabilities: found.tokenLogProbabilities)
  }
}

/// The search from one prompt.
private struct PromptSearch {
  private let options: StoppingBeamSearch
  private let prompt: [Int]
  private(set) var beams: [BeamSearchResult.Beam]
  private(set) var isDone = false
  private var hypotheses: Hypotheses

  init(prompt: [Int], _ options: StoppingBeamSearch) {
    self.options = options
    self.prompt = prompt
    beams = (0..<options.beams).map {
      .init(ids: prompt, score: $0 == 0 ? 0 : -1e9, tokenLogProbabilities: [])
    }
    hypotheses = Hypotheses(capacity: options.beams, lengthPenalty: options.lengthPenalty)
  }

  /// What the model is to be given: the prompt once, then each beam's last token.
  func nextTokens(step: Int) -> [[Int]] {
    step == 0 ? [prompt] : beams.map { Array($0.ids.suffix(1)) }
  }

  /// Replaces the beams by the best continuations that do not end, and keeps those that do.
  ///
  /// - Returns: For each new beam the old one it continues.
  mutating func choose(
    _ scores: UnsafePointer<Float>, place: Int, _ model: GPT2Model, step: Int
  ) throws(DecodingError) -> [Int] {
    let vocabulary = model.configuration.vocabularySize
    let table = scores + place * options.beams * vocabulary
    let candidates = TopK.find(
      max(2, 1 + options.endTokens.count) * options.beams, in: table,
      offsets: beams.map(\.score), columns: vocabulary)
    var next: [BeamSearchResult.Beam] = []
    var parents: [Int] = []
    for (rank, candidate) in candidates.enumerated() where next.count < options.beams {
      let (parent, token) = candidate.index.quotientAndRemainder(dividingBy: vocabulary)
      let old = beams[parent]
      if options.endTokens.contains(token) {
        // An end that is not among the best `beams` is dropped, not kept for later.
        if rank < options.beams {
          hypotheses.add(
            .init(
              ids: old.ids, score: candidate.value,
              tokenLogProbabilities: old.tokenLogProbabilities + [table[candidate.index]]),
            length: step + 1, hasEnded: true)
        }
        continue
      }
      next.append(
        .init(
          ids: old.ids + [token], score: candidate.value,
          tokenLogProbabilities: old.tokenLogProbabilities + [table[candidate.index]]))
      parents.append(parent)
    }
    if next.count < options.beams { throw .tooFewCandidates(step: step) }
    beams = next
    isDone = hypotheses.isDone(
      best: candidates.first?.value ?? 0, length: step + 1, limit: options.maxNewTokens,
      options.earlyStopping)
    return parents
  }

  /// The best texts; open beams count as they are, unless the search was done.
  func finish() -> [StoppingBeamSearch.Found] {
    var all = hypotheses
    if !isDone {
      for beam in beams {
        all.add(beam, length: beam.ids.count - prompt.count, hasEnded: false)
      }
    }
    return all.best(options.returned).map { hypothesis in
      .init(
        ids: hypothesis.ids + (hypothesis.hasEnded ? Array(options.endTokens.prefix(1)) : []),
        score: hypothesis.score, sum: hypothesis.sum,
        tokenLogProbabilities: hypothesis.tokenLogProbabilities, hasEnded: hypothesis.hasEnded)
    }
  }
}
