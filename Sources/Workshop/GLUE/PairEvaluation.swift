import FoxGPT2
import FoxSearch
import FoxTables
import FoxTries

/// What the homework measures of a language model on sentence pairs: the perplexity of the second
/// sentence after the first, and how much of it the model says by itself. Homework Q2.1; SPEC
/// `METR-2`, `ROUGE-2`.
public struct PairEvaluation: Sendable {
  /// The pairs, and how many stories had none.
  public let sentences: SentencePairs
  /// The loss of each second sentence, in nats per token.
  public let losses: [Float]
  /// The tokens of each second sentence.
  public let lengths: [Int]
  /// The homework's perplexity.
  public let perplexity: Float
  /// What the model says after each first sentence; nil when it was not asked.
  public let generation: Generation?

  /// What the model says, and its scores.
  public struct Generation: Sendable {
    /// What the model says after each first sentence.
    public let predictions: [String]
    /// The homework's ROUGE of each.
    public let homeworkScores: [Double]
    /// The mean of ``homeworkScores``, which the homework prints.
    public let homework: Double
    /// The standard ROUGE: the mean of each kind.
    public let standard: [(kind: ROUGE.Kind, score: ROUGEScore)]
  }

  /// How far an evaluation is.
  public enum Progress: Equatable, Sendable {
    /// So many of all pairs have a loss.
    case scored(Int, of: Int)
    /// So many of all pairs have a prediction.
    case predicted(Int, of: Int)
  }

  /// Evaluates a model.
  ///
  /// - Parameters:
  ///   - sentences: The pairs; at least one.
  ///   - generates: Whether ROUGE is computed, which takes a beam search for each pair.
  ///   - progress: Called now and then.
  /// - Throws: ``MetricsError`` with the number of the story, and ``TokenizerError``. Stories that are too
  ///   long are found before anything is computed.
  public init(
    _ sentences: SentencePairs, model: GPT2Model, tokenizer: GPT2Tokenizer,
    generates: Bool = true, progress: (Progress) -> Void = { _ in }
  ) throws {
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let texts = try sentences.pairs.map { pair in
      try Perplexity.Scored(
        context: encoder.encodeIDs(pair.first), target: encoder.encodeIDs(pair.second))
    }
    let metric = try HomeworkROUGE()
    if generates {
      for (index, text) in texts.enumerated() {
        try metric.check(text.context, story: sentences.pairs[index].row, model.configuration)
      }
    }
    self.sentences = sentences
    lengths = texts.map(\.target.count)
    do throws(MetricsError) {
      losses = try Perplexity.losses(texts, model: model) {
        progress(.scored($0, of: texts.count))
      }
    } catch {
      throw error.renumbered(sentences.pairs.map(\.row))
    }
    perplexity = try Perplexity.overall(losses: losses, lengths: lengths)
    guard generates else {
      generation = nil
      return
    }
    let predictions = try sentences.pairs.enumerated().map { index, pair in
      defer { progress(.predicted(index + 1, of: texts.count)) }
      return try metric.prediction(after: pair, model: model, tokenizer: tokenizer)
    }
    generation = try Generation(
      predictions, of: sentences, gold: texts.map(\.target), metric: metric, encoder: &encoder)
  }
}

extension PairEvaluation.Generation {
  init(
    _ predictions: [String], of sentences: SentencePairs, gold: [[Int]], metric: HomeworkROUGE,
    encoder: inout GPT2Tokenizer.Encoder
  ) throws {
    var scores: [Double] = []
    for (prediction, gold) in zip(predictions, gold) {
      let ids = try encoder.encodeIDs(prediction)
      // Every gold sentence has a token: its perplexity has been computed.
      scores.append(metric.score(reference: gold, prediction: ids) ?? 0)
    }
    let kinds: [ROUGE.Kind] = [.ngrams(1), .ngrams(2), .ngrams(3), .longest]
    let rouge = try ROUGE(kinds)
    let rows = try zip(sentences.pairs, predictions).map {
      try rouge.score(reference: $0.second, prediction: $1)
    }
    let means = try kinds.indices.map { kind in try ROUGEScore.mean(rows.map { $0[kind] }) }
    self.init(
      predictions: predictions, homeworkScores: scores, homework: NumPy.mean(scores),
      standard: Array(zip(kinds, means).map { (kind: $0, score: $1) }))
  }
}

extension HomeworkROUGE {
  /// As ``prediction(after:model:tokenizer:)``; what the model refuses names the story.
  func prediction(
    after pair: SentencePairs.Pair, model: GPT2Model, tokenizer: GPT2Tokenizer
  ) throws -> String {
    do {
      return try prediction(after: pair.first, model: model, tokenizer: tokenizer)
    } catch let error as GPT2Error {
      throw MetricsError.continuation(story: pair.row, error)
    }
  }

  /// Refuses a first sentence that the model cannot continue.
  func check(
    _ ids: [Int], story: Int, _ configuration: GPT2Configuration
  ) throws(MetricsError) {
    // The last token chosen is never given to the model.
    let needed = ids.count + steps - 1
    if needed > configuration.positions {
      throw .continuation(
        story: story, .tooLong(tokens: needed, positions: configuration.positions))
    }
  }
}
