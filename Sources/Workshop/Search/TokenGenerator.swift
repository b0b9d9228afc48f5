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
  package let maxNewTokens: Int
  /// Tokens that end a text. They are part of it.
  package let endTokens: Set<Int>
  /// How the next token is chosen.
  package let choice: Choice
  /// What changes the logits first, in order.
  package let processors: [any ScoreProcessor]

  /// A generator.
  ///
  /// - Throws: ``Fault`` for fewer than 0 tokens.
  public init(
    maxNewTokens: Int, endTokens: Set<Int> = [], choice: Choice = .greedy,
    processors: [any ScoreProcessor] = []
  ) throws(Fault) {
    guard maxNewTokens >= 0 else {
      throw Fault("max-new-tokens", found: "\(maxNewTokens)", expected: "at least 0")
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
  /// - Throws: `Fault` for an empty prompt, one longer than the model's positions, ids outside the
  ///   vocabulary or weights that are not finite; ``Fault`` when processors have blocked every token.
  /// - Complexity: One pass over the prompts, then one over a token of each row a step.
  public func run(
    _ prompts: [[Int]], on model: GPT2Model,
    onToken: (_ row: Int, _ token: Int) -> Bool = { _, _ in true }
  ) throws -> [Generation] {
    var steps = try GenerationSteps(self, prompts, on: model)
    while case let active = try steps.next(), !active.isEmpty {
      var goesOn = true
      for row in active where !onToken(row, steps.rows[row].ids.last ?? 0) { goesOn = false }
      if !goesOn { break }
    }
    return steps.rows
  }
}

/// A row of generated text.
public struct Generation: Sendable, Equatable {
  /// Why a row ended.
  public enum End: Sendable {
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

extension Beam {
  /// A generated row as a beam: its score is the sum of its tokens' log-probabilities.
  package init(_ row: Generation) {
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
  private var logProbabilities: [Float]

  init(_ choice: TokenGenerator.Choice, model: GPT2Model) {
    self.choice = choice
    self.model = model
    logProbabilities = Array(repeating: 0, count: model.configuration.vocabularySize)
    if case .sampled(let seed) = choice {
      generator = TorchGenerator(seed: seed)
    } else {
      generator = TorchGenerator(seed: 0)
    }
  }

  /// Draws what would have been drawn for a row that has ended.
  mutating func skip() {
    // Each exponential number takes two draws.
    if case .sampled = choice { generator.skip(2 * logProbabilities.count) }
  }

  /// The token for a row of logits, which afterwards holds what it was chosen by.
  mutating func choose(_ row: inout [Float], row number: Int, step: Int) throws -> Chosen {
    guard row.count == logProbabilities.count else {
      throw Fault(
        "scores", at: "row \(number)", found: "\(row.count) tokens after the processors",
        expected: "\(logProbabilities.count)")
    }
    let total = Rows.logSoftmax(row, &logProbabilities, count: row.count)
    if !total.isFinite {
      if row.allSatisfy({ $0 == -.infinity }) { throw Fault.nothingLeft(row: number, step: step) }
      throw model.firstBadWeight() ?? .badLogits(sequence: number)
    }
    let token: Int?
    switch choice {
    case .greedy:
      token = try best(1, of: [row], offsets: [0], scan: firstAboveByVectors).first?.token
    case .sampled:
      row.withUnsafeMutableBufferPointer { row in
        guard let start = row.baseAddress else { return }
        Rows.softmax(start, start, count: row.count)
      }
      token = draw(row, row.map { _ in generator.exponential() })
    }
    guard let token else { throw Fault.nothingLeft(row: number, step: step) }
    return Chosen(token: token, logProbability: logProbabilities[token])
  }
}
