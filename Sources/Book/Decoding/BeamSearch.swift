/// # Beam search
///
/// A language model says how likely each token is to come next. Greedy search takes the likeliest,
/// step after step, and can miss a text that begins badly and continues well. Beam search keeps the
/// `k` best beginnings instead of one and continues all of them at once:
///
///     score(text + token) = score(text) + log p(token | text)
///
/// Each of the `k` texts has `V` continuations, one for each token of the vocabulary. Of these
/// `k · V` the `k` with the greatest scores are the beams of the next step.
///
/// Source: homework Q1.1 to Q1.5, `run_beam_search`; Sutskever, Vinyals and Le 2014, arXiv
/// 1409.3215, section 3.2. Clauses `BEAM-1` to `BEAM-12`.
///
/// The search does not stop at the end of a text and does not reward length: every beam gets
/// exactly `steps` tokens. It knows nothing of neural networks either: what it searches is a
/// function. Beams that end are in the Workshop's `StoppingBeamSearch`.

/// What may follow each of some texts: the log-probability of every token, one row for each text.
/// A neural network is one such function. A table of four words, as in the tests, is another.
public typealias NextTokens = (_ texts: [[Int]]) throws -> [[Float]]

/// A text and its score.
public struct Beam: Equatable, Sendable {
  /// All tokens, the prompt's included.
  public let ids: [Int]
  /// The sum of the log-probabilities of the tokens added, as the processors left them.
  public let score: Float
  /// Those log-probabilities, one for each token added.
  public let tokenLogProbabilities: [Float]

  package init(ids: [Int], score: Float, tokenLogProbabilities: [Float] = []) {
    (self.ids, self.score) = (ids, score)
    self.tokenLogProbabilities = tokenLogProbabilities
  }

  /// What the homework prints: the score divided by the number of *all* tokens, the prompt's too.
  ///
  /// Within one search this ranks beams as `score` does, because all are equally long. Across
  /// prompts it does not compare: the prompt's tokens add nothing to the sum but count in the
  /// divisor.
  public var scorePerToken: Double { Double(score) / Double(ids.count) }

  /// The same text with one more token.
  package func continued(by candidate: Candidate) -> Beam {
    Beam(
      // A copy, [T] → [T + 1]: several candidates may continue the same beam, so it cannot grow in
      // place. The candidate was ranked by exactly this float32.
      ids: ids + [candidate.token], score: candidate.score,
      tokenLogProbabilities: tokenLogProbabilities + [candidate.logProbability])
  }
}

/// The homework's search, with its settings.
public struct BeamSearch: Sendable {
  /// How many beams are kept, `k`.
  package let beams: Int
  /// How many tokens are added to each.
  package let steps: Int
  /// What changes the log-probabilities before beams are chosen, in this order.
  package let processors: [any ScoreProcessor]

  /// A search; refuses fewer than 1 beam or fewer than 0 steps.
  public init(
    beams: Int = 5, steps: Int = 10, processors: [any ScoreProcessor] = []
  ) throws(Fault) {
    // With no beam there is no best one to return. Zero steps return the prompt.
    if beams < 1 { throw Fault("beams", found: "\(beams)", expected: "at least 1") }
    if steps < 0 { throw Fault("steps", found: "\(steps)", expected: "at least 0") }
    (self.beams, self.steps, self.processors) = (beams, steps, processors)
  }

  /// The beams with which a search begins.
  ///
  /// They are alike, and so are their continuations. If all began at 0, the best continuation would
  /// be chosen `k` times. All but one begin so low that only that one is continued at first.
  package static func beginning(_ prompt: [Int], beams: Int) -> [Beam] {
    // `init_beam_search`: scores [k] are 0, −1e9, −1e9, … That is finite, so where there are more
    // beams than tokens the copies are chosen after all (BEAM-4).
    (0..<beams).map { Beam(ids: prompt, score: $0 == 0 ? 0 : blockedScore) }
  }

  /// Continues a prompt.
  ///
  /// - Parameters:
  ///   - progress: Is told after each step how many are done; `false` ends the search there.
  ///   - observer: Sees each step twice, before and after the processors.
  ///   - scan: Looks for the next good score; see ``firstAbove(_:_:_:_:)``.
  ///   - next: The model.
  public func run(
    _ prompt: [Int], progress: (_ stepsDone: Int) -> Bool = { _ in true },
    observing observer: ((SearchStep) -> Void)? = nil, scan: @escaping Scan = firstAbove,
    next: NextTokens
  ) throws -> SearchResult {
    // k texts, all of the same length from here to the end.
    var beams = Self.beginning(prompt, beams: beams)
    var trace: [Block] = []  // of all steps
    for step in 0..<steps {  // exactly so many: no text ends early
      let texts = beams.map(\.ids)  // [k, T]; T grows by 1 at every step
      var scores = try scored(texts, by: next)  // [k, V]
      // The model's own opinion, which the processors overwrite.
      observer?(SearchStep(.scored, step, beams, scores, [], scan))

      // In order, each on what the one before it left; nothing is normalized in between.
      let blocks = processors.flatMap { $0.process(&scores, of: texts, step: step) }
      trace += blocks  // the notebook prints these while it searches
      observer?(SearchStep(.processed, step, beams, scores, blocks, scan))

      // The notebook's `topk` over the flattened k · V scores: `beam = index // V`,
      // `token = index % V`. Several may continue the same beam; one that none continues is lost.
      let chosen = try best(beams.count, of: scores, offsets: beams.map(\.score), scan: scan)
      beams = chosen.map { beams[$0.beam].continued(by: $0) }
      if !progress(step + 1) { break }  // all beams are complete after every step
    }
    return SearchResult(prompt: prompt, beams: beams, trace: trace)  // beams, best first
  }
}

/// What `next` gives, if it is one row for each text, and the rows are equally long.
func scored(_ texts: [[Int]], by next: NextTokens) throws -> [[Float]] {
  let rows = try next(texts)  // [k, V]
  // Checked once, so that nothing after this can index outside of a row.
  let vocabulary = rows.first?.count ?? 0  // V
  if rows.count != texts.count {
    throw Fault(
      "scores", found: "\(rows.count) rows", expected: "\(texts.count), one for each text")
  }
  // An empty row would leave a beam without any continuation, and the search without k beams.
  if let row = rows.firstIndex(where: { $0.isEmpty || $0.count != vocabulary }) {
    throw Fault(
      "scores", at: "row \(row)", found: "\(rows[row].count) tokens",
      expected: "\(max(1, vocabulary)), as in row 0")  // at least 1, if row 0 is the empty one
  }
  return rows
}

/// What a search found.
public struct SearchResult: Equatable, Sendable {
  /// The prompt's tokens.
  public let prompt: [Int]
  /// The beams, best first.
  public let beams: [Beam]
  /// What the processors blocked, in order.
  public let trace: [Block]
}
