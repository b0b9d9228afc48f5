import Foundation
import FoxKernels
import FoxMetrics
import FoxModels

/// An error about one of several stories or texts.
package struct StoryError: LocalizedError, CustomStringConvertible {
  /// The number of the story, from 0.
  package let story: Int
  /// What is wrong with it: a `Fault`, or what the model or the search throws.
  package let cause: any Error

  /// The number from 1, and what is wrong.
  package var description: String { "story \(story + 1): \(cause)" }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  package var errorDescription: String? { description }

  /// Runs work on a story and says which it was when it fails.
  static func about<Result>(_ story: Int, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch { throw StoryError(story: story, cause: error) }
  }
}

/// Perplexity by GPT-2, many texts in one pass: what `Perplexity.loss(of:scores:)` of the Book
/// computes for one.
extension Perplexity {
  /// The mean negative log-likelihood of each target after its context: the loss that transformers
  /// gives for `labels` that are −100 in the context. SPEC `METR-1`.
  ///
  /// Several texts go through the model together, without padding. Logits are made for the targets
  /// only.
  ///
  /// - Parameters:
  ///   - numbers: What the texts are called in errors, from 0; by default their order.
  ///   - progress: Called after each group with the number of texts done.
  /// - Returns: Nats per token, float32, for each text.
  /// - Throws: ``StoryError`` for a text without tokens on either side, one that is too long or has ids
  ///   outside the vocabulary, or weights that are not finite.
  /// - Complexity: One pass of the model over all tokens.
  package static func losses(
    _ texts: [Scored], model: GPT2Model, numbers: [Int]? = nil,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws -> [Float] {
    let numbers = numbers ?? Array(texts.indices)
    for (text, number) in zip(texts, numbers) {
      try StoryError.about(number) { try check(text, model.configuration) }
    }
    var losses: [Float] = []
    for group in groups(texts) {
      losses += try score(Array(texts[group]), Array(numbers[group]), model)
      progress(losses.count)
    }
    return losses
  }

  /// How many tokens go through the model together: enough that its weights are read once for many,
  /// few enough that their logits (`[rows, V]`, 50,257 × 4 bytes each) stay small.
  private static let tokensPerPass = 256

  private static func check(_ text: Scored, _ configuration: GPT2Configuration) throws {
    try text.check()
    let count = text.context.count + text.target.count
    if count > configuration.positions {
      throw Fault.tooLong(tokens: count, positions: configuration.positions)
    }
    // The last id is not given to the model, but the reference looks it up all the same.
    let vocabulary = configuration.vocabularySize
    if let id = (text.context + text.target).first(where: { !(0..<vocabulary).contains($0) }) {
      throw Fault.token(id: id, vocabulary: vocabulary)
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
    _ texts: [Scored], _ numbers: [Int], _ model: GPT2Model
  ) throws -> [Float] {
    let session = GPT2Session(
      model: model, sequences: texts.count,
      reserving: texts.reduce(0) { $0 + $1.context.count + $1.target.count })
    defer { withExtendedLifetime(session) {} }  // the logits are in its memory
    let logits = try StoryError.about(numbers[0]) {
      let heads = texts.map { Array($0.context.dropLast()) }
      if heads.contains(where: { !$0.isEmpty }) {
        _ = try session.states(heads, of: .last)
      }
      let tails = texts.map { $0.context.suffix(1) + $0.target.dropLast() }
      return try session.scores(tails.map { Array($0) }, of: .all)
    }
    var (losses, row): ([Float], Int) = ([], 0)
    for (text, number) in zip(texts, numbers) {
      let loss = meanLoss(of: text.target, row: row, logits)
      guard loss.isFinite else {
        throw StoryError(
          story: number, cause: model.firstBadWeight() ?? Fault.badLogits(sequence: number))
      }
      losses.append(loss)
      row += text.target.count
    }
    return losses
  }

  /// The mean of −log p over rows of logits, which are overwritten.
  private static func meanLoss(of target: [Int], row: Int, _ logits: Matrix) -> Float {
    let (vocabulary, logits) = (logits.columns, logits.row(row))
    let totals = Rows.logSoftmax(
      logits, rows: target.count, stride: vocabulary, logits, count: vocabulary)
    if totals.contains(where: { !$0.isFinite }) { return .nan }
    let sum = target.enumerated().reduce(0.0) { sum, entry in
      sum - Double(logits[entry.offset * vocabulary + entry.element])
    }
    return Float(sum / Double(target.count))
  }
}
