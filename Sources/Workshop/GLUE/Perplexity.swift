import Foundation
import FoxKernels
import FoxModels

/// How surprised a model is by texts.
public enum Perplexity {
  /// `exp(loss)`; infinity where that overflows, as `run_clm` has it. SPEC `METR-4`.
  public static func of(loss: Double) -> Double { exp(loss) }

  /// A text to score and what stands before it.
  public struct Scored: Equatable, Sendable {
    /// The ids that are given; at least one.
    public let context: [Int]
    /// The ids that are scored; at least one.
    public let target: [Int]

    /// A text to score.
    public init(context: [Int], target: [Int]) {
      self.context = context
      self.target = target
    }
  }

  /// The mean negative log-likelihood of each target after its context: the loss that transformers
  /// gives for `labels` that are −100 in the context. SPEC `METR-1`.
  ///
  /// Several texts go through the model together, without padding. Logits are made for the targets only.
  ///
  /// - Parameter progress: Called after each group with the number of texts done.
  /// - Returns: Nats per token, float32, for each text.
  /// - Throws: ``MetricsError/emptySentence(story:side:)``, ``MetricsError/story(_:_:)`` for a text that
  ///   is too long or has ids outside the vocabulary, or weights that are not finite.
  /// - Complexity: One pass of the model over all tokens.
  public static func losses(
    _ texts: [Scored], model: GPT2Model, progress: (_ done: Int) -> Void = { _ in }
  ) throws(MetricsError) -> [Float] {
    for (index, text) in texts.enumerated() { try check(text, index, model.configuration) }
    var losses: [Float] = []
    for group in groups(texts) {
      losses += try score(Array(texts[group]), first: group.lowerBound, model)
      progress(losses.count)
    }
    return losses
  }

  /// What the homework prints: the exponential of the mean over all tokens of all targets. Each
  /// loss is multiplied by its length again, in float32. Homework Q2.1, `compute_perplexity`; SPEC
  /// `METR-2`.
  ///
  /// - Throws: ``MetricsError/empty(_:)``.
  public static func overall(
    losses: [Float], lengths: [Int]
  ) throws(MetricsError) -> Float {
    if losses.isEmpty { throw .empty("the list of pairs") }
    let sums = zip(losses, lengths).map { Double($0 * Float($1)) }
    return exp(Float(NumPy.sum(sums)) / Float(lengths.reduce(0, +)))
  }

  /// The perplexity of each text by itself, after the token that begins texts, and their mean:
  /// `perplexity` of `evaluate`, whose `mean_perplexity` is not the exponential of a mean. SPEC
  /// `METR-3`.
  ///
  /// - Parameters:
  ///   - texts: The ids of each text.
  ///   - start: `<|endoftext|>`.
  /// - Throws: As ``losses(_:model:progress:)``, and ``MetricsError/empty(_:)``.
  public static func perText(
    _ texts: [[Int]], start: Int, model: GPT2Model
  ) throws(MetricsError) -> (perplexities: [Float], mean: Double) {
    if texts.isEmpty { throw .empty("the list of texts") }
    let losses = try losses(
      texts.map { Scored(context: [start], target: $0) }, model: model)
    let perplexities = losses.map { exp($0) }
    return (perplexities, NumPy.mean(perplexities.map(Double.init)))
  }
}

extension Perplexity {
  /// How many tokens go through the model together: enough that its weights are read once for many,
  /// few enough that their logits (`[rows, V]`, 50,257 × 4 bytes each) stay small.
  private static let tokensPerPass = 256

  private static func check(
    _ text: Scored, _ index: Int, _ configuration: GPT2Configuration
  ) throws(MetricsError) {
    if text.context.isEmpty { throw .emptySentence(story: index, side: "first") }
    if text.target.isEmpty { throw .emptySentence(story: index, side: "second") }
    let count = text.context.count + text.target.count
    if count > configuration.positions {
      throw .story(index, .tooLong(tokens: count, positions: configuration.positions))
    }
    // The last id is not given to the model, but the reference looks it up all the same.
    let vocabulary = configuration.vocabularySize
    if let id = (text.context + text.target).first(where: { !(0..<vocabulary).contains($0) }) {
      throw .story(index, .token(id: id, vocabulary: vocabulary))
    }
  }

  /// Neighbours that go through the model together.
  private static func groups(_ texts: [Scored]) -> [Range<Int>] {
    var (groups, start, tokens): ([Range<Int>], Int, Int) = ([], 0, 0)
    for (index, text) in texts.enumerated() {
      let count = text.context.count + text.target.count
      if index > start, tokens + count > tokensPerPass {
        groups.append(start..<index)
        (start, tokens) = (index, 0)
      }
      tokens += count
    }
    return start < texts.count ? groups + [start..<texts.count] : groups
  }

  /// The contexts but for their last tokens go first, so that of what follows every row is scored.
  private static func score(
    _ texts: [Scored], first: Int, _ model: GPT2Model
  ) throws(MetricsError) -> [Float] {
    let session = GPT2Session(
      model: model, sequences: texts.count,
      reserving: texts.reduce(0) { $0 + $1.context.count + $1.target.count })
    do {
      let heads = texts.map { Array($0.context.dropLast()) }
      if heads.contains(where: { !$0.isEmpty }) {
        _ = try session.advanceInPlace(heads, logits: .last)
      }
      let tails = texts.map { $0.context.suffix(1) + $0.target.dropLast() }
      _ = try session.advanceInPlace(tails.map { Array($0) }, logits: .all)
    } catch {
      throw .story(first, error)
    }
    var (losses, row): ([Float], Int) = ([], 0)
    for (index, text) in texts.enumerated() {
      let loss = meanLoss(of: text.target, row: row, session)
      guard loss.isFinite else {
        throw .story(first + index, model.firstBadWeight() ?? .badLogits(sequence: first + index))
      }
      losses.append(loss)
      row += text.target.count
    }
    return losses
  }

  /// The mean of −log p over rows of logits, which are overwritten.
  private static func meanLoss(of target: [Int], row: Int, _ session: GPT2Session) -> Float {
    let vocabulary = session.model.configuration.vocabularySize
    let logits = session.logits + row * vocabulary
    let totals = Rows.logSoftmax(
      logits, rows: target.count, stride: vocabulary, logits, count: vocabulary)
    if totals.contains(where: { !$0.isFinite }) { return .nan }
    let sum = target.enumerated().reduce(0.0) { sum, entry in
      sum - Double(logits[entry.offset * vocabulary + entry.element])
    }
    return Float(sum / Double(target.count))
  }
}
