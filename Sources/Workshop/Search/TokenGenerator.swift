import FoxKernels
import FoxModels

/// Continues prompts token by token: greedily, or by sampling from a seed.
///
/// Each step has the processors change the logits of each row, then takes the greatest (greedy) or
/// draws from their softmax with PyTorch's generator. A row ends with an end token or at the limit.
/// Prompts of a batch do not see each other: each gives what it gives alone, but for the random
/// numbers, which are drawn for all rows in turn. Source: `GenerationMixin._sample` and
/// `_greedy_search` of transformers 4.40.2; SPEC `GEN-1` to `GEN-6`.
public struct TokenGenerator: Sendable {
  /// How the next token is chosen.
  public enum Choice: Sendable, Equatable {
    /// The greatest score; of equal ones the lowest token.
    case greedy
    /// A draw from the softmax, as `torch.multinomial` makes it after `torch.manual_seed(seed)`.
    case sampled(seed: UInt64)
  }

  /// The most tokens that are added.
  public let maxNewTokens: Int
  /// Tokens that end a text. They are part of it.
  public let endTokens: Set<Int>
  /// How the next token is chosen.
  public let choice: Choice
  /// What changes the logits first, in order.
  public let processors: [any ScoreProcessor]

  /// A generator.
  ///
  /// - Throws: ``DecodingError/option(name:value:expected:)`` for fewer than 0 tokens.
  public init(
    maxNewTokens: Int, endTokens: Set<Int> = [], choice: Choice = .greedy,
    processors: [any ScoreProcessor] = []
  ) throws(DecodingError) {
    guard maxNewTokens >= 0 else {
      throw .option(name: "max-new-tokens", value: "\(maxNewTokens)", expected: "at least 0")
    }
    self.maxNewTokens = maxNewTokens
    self.endTokens = endTokens
    self.choice = choice
    self.processors = processors
  }

  /// Continues prompts.
  ///
  /// - Parameters:
  ///   - prompts: Token ids of each row, at least one.
  ///   - model: The model.
  ///   - onToken: Called with each row and token as it is chosen; returning `false` stops all rows
  ///     after the current step.
  /// - Returns: What each row holds in the end.
  /// - Throws: ``DecodingError/model(_:)`` for an empty prompt, one longer than the model's positions,
  ///   ids outside the vocabulary or weights that are not finite;
  ///   ``DecodingError/nothingLeft(row:step:)`` when processors have blocked every token.
  /// - Complexity: One pass over the prompts, then one over a token of each row a step.
  public func run(
    _ prompts: [[Int]], on model: GPT2Model,
    onToken: (_ row: Int, _ token: Int) -> Bool = { _, _ in true }
  ) throws(DecodingError) -> [Generation] {
    for prompt in prompts {
      try BeamSearch.check(prompt, steps: 1, model.configuration)
    }
    let positions = model.configuration.positions
    var rows = prompts.map { Generation(ids: $0) }
    var chooser = TokenChooser(choice, model: model)
    let session = GPT2Session(
      model: model, sequences: prompts.count,
      reserving: prompts.reduce(0) { $0 + $1.count + min(maxNewTokens, positions) })
    for step in 0..<maxNewTokens where rows.contains(where: { $0.end == nil }) {
      // A row that has ended keeps its place in the batch, because random numbers are drawn for it
      // too, but nothing is computed for it.
      let tokens = rows.map { step == 0 ? $0.ids : $0.end == nil ? Array($0.ids.suffix(1)) : [] }
      let active = rows.indices.filter { !tokens[$0].isEmpty }
      let scores = try score(session, tokens, active, of: rows, step: step)
      for row in rows.indices {
        let place = active.firstIndex(of: row)
        let chosen = try chooser.choose(place.map { scores.row($0) }, row: row, step: step)
        if let chosen, rows[row].end == nil {
          rows[row].append(chosen, endTokens: endTokens, positions: positions)
        }
      }
      var goesOn = true
      for row in active where !onToken(row, rows[row].ids.last ?? 0) { goesOn = false }
      if !goesOn { break }
    }
    return rows
  }

  /// The processed logits of the active rows.
  private func score(
    _ session: GPT2Session, _ tokens: [[Int]], _ active: [Int], of rows: [Generation], step: Int
  ) throws(DecodingError) -> StepScores {
    let vocabulary = session.model.configuration.vocabularySize
    let count: Int
    do { count = try session.advanceInPlace(tokens, logits: .last) } catch { throw .model(error) }
    let scores = StepScores(session.logits, beams: count, vocabulary: vocabulary)
    let ids = active.map { rows[$0].ids }
    for processor in processors { _ = processor.process(scores, of: ids, step: step) }
    return scores
  }
}

/// A row of generated text.
public struct Generation: Sendable, Equatable {
  /// Why a row ended.
  public enum End: Sendable {
    /// It produced an end token.
    case endToken
    /// Its last token has no position, so that nothing can follow.
    case positions
  }

  /// All token ids, prompt included, and the end token if there is one.
  public private(set) var ids: [Int]
  /// The logarithm of the probability with which each added token was chosen: after processors, and
  /// also when choosing greedily.
  public private(set) var tokenLogProbabilities: [Float] = []
  /// Why the row ended before its limit; `nil` when it did not.
  public private(set) var end: End?

  init(ids: [Int]) { self.ids = ids }

  mutating func append(_ chosen: TokenChooser.Chosen, endTokens: Set<Int>, positions: Int) {
    ids.append(chosen.token)
    tokenLogProbabilities.append(chosen.logProbability)
    if endTokens.contains(chosen.token) {
      end = .endToken
    } else if ids.count > positions {
      end = .positions
    }
  }
}

extension BeamSearchResult.Beam {
  /// A generated row as a beam: its score is the sum of its tokens' log-probabilities.
  public init(_ row: Generation) {
    self.init(
      ids: row.ids, score: row.tokenLogProbabilities.reduce(0, +),
      tokenLogProbabilities: row.tokenLogProbabilities)
  }
}

/// Chooses tokens from rows of processed logits.
struct TokenChooser {
  struct Chosen {
    let token: Int
    let logProbability: Float
  }

  private let model: GPT2Model
  private let choice: TokenGenerator.Choice
  private var generator: TorchGenerator
  private let scratch: FloatBuffer

  init(_ choice: TokenGenerator.Choice, model: GPT2Model) {
    self.choice = choice
    self.model = model
    scratch = FloatBuffer(count: model.configuration.vocabularySize)
    if case .sampled(let seed) = choice {
      generator = TorchGenerator(seed: seed)
    } else {
      generator = TorchGenerator(seed: 0)
    }
  }

  /// The token for a row of logits; for a row that has ended, `nil`, after drawing what would have
  /// been drawn for it.
  mutating func choose(
    _ logits: UnsafeMutableBufferPointer<Float>?, row: Int, step: Int
  ) throws(DecodingError) -> Chosen? {
    guard let logits, let start = logits.baseAddress else {
      if case .sampled = choice { generator.skip(2 * scratch.count) }
      return nil
    }
    let total = Rows.logSoftmax(start, scratch.pointer, count: logits.count)
    if !total.isFinite {
      if logits.allSatisfy({ $0 == -.infinity }) { throw .nothingLeft(row: row, step: step) }
      throw .model(model.firstBadWeight() ?? .badLogits(sequence: row))
    }
    let token: Int?
    switch choice {
    case .greedy:
      token = TopK.find(1, in: start, offsets: [0], columns: logits.count).first?.index
    case .sampled:
      Rows.softmax(start, start, count: logits.count)
      token = generator.multinomial(UnsafeBufferPointer(logits))
    }
    guard let token else { throw .nothingLeft(row: row, step: step) }
    return Chosen(token: token, logProbability: scratch.pointer[token])
  }
}
