import FoxTries

/// What a beam search found.
public struct BeamSearchResult: Sendable, Equatable {
  /// One beam.
  public struct Beam: Sendable, Equatable {
    /// All token ids, prompt included.
    public let ids: [Int]
    /// The float32 sum of the processed log-probabilities of the tokens added.
    public let score: Float
    /// The processed log-probability of each token added.
    public let tokenLogProbabilities: [Float]

    /// The score divided by the number of *all* tokens, prompt included: what the homework prints.
    public var scorePerToken: Double { Double(score) / Double(ids.count) }
  }

  /// A block and the step at which it was made.
  public struct TracedBlock: Sendable, Equatable {
    /// The step, from 0.
    public let step: Int
    /// What was blocked.
    public let block: Block
  }

  /// The prompt's token ids.
  public let prompt: [Int]
  /// The beams, best first; of equal scores the one whose parent came first, then the lower token.
  public let beams: [Beam]
  /// What tracing processors blocked, in order.
  public let trace: [TracedBlock]
}

extension BeamSearchResult.Beam {
  /// The text of the beam without special tokens and without ids that the tokenizer does not have.
  ///
  /// - Parameter cleansUp: Whether blanks before punctuation are removed, as transformers 4.17.0 does
  ///   by default. SPEC `BEAM-6`.
  public func text(
    _ tokenizer: GPT2Tokenizer, cleansUp: Bool = true
  ) throws(TokenizerError) -> String {
    try tokenizer.decode(
      tokenizer.known(ids), skipSpecialTokens: true, cleanUpSpaces: cleansUp)
  }
}

extension Block {
  /// The line that the homework's BeamBlock prints, with the blanks Python's `print` puts.
  ///
  /// - Throws: `TokenizerError`.
  public func line(_ tokenizer: GPT2Tokenizer) throws(TokenizerError) -> String {
    let context = try tokenizer.decode(tokenizer.known(context), cleanUpSpaces: true)
    let token = try tokenizer.decode(tokenizer.known([token]), cleanUpSpaces: true)
    return "Preventing:  \(context) -> \(token)"
  }
}

extension BeamSearchResult.TracedBlock {
  /// The line of its block.
  public func line(_ tokenizer: GPT2Tokenizer) throws(TokenizerError) -> String {
    try block.line(tokenizer)
  }
}
