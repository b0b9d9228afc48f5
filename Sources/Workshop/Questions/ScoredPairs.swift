import Foundation
import FoxGLUE
import FoxModels
import FoxTables
import FoxTries

/// What a model makes of sentence pairs, pair by pair, so that two models can be compared.
///
/// SPEC `HW-7`.
struct ScoredPairs {
  private let evaluation: PairEvaluation
  /// The F measure of each standard ROUGE, by pair.
  private let standard: [[Double]]

  private static let kinds: [ROUGE.Kind] = [.ngrams(1), .ngrams(2), .ngrams(3), .longest]

  /// Evaluates a model.
  ///
  /// - Parameter progress: Is told how many of all pairs have a prediction.
  /// - Throws: `MetricsError`, `TokenizerError`.
  init(
    _ pairs: SentencePairs, _ model: GPT2Model, _ tokenizer: GPT2Tokenizer,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    evaluation = try PairEvaluation(pairs, model: model, tokenizer: tokenizer) {
      if case .predicted(let done, let total) = $0 { progress(done, total) }
    }
    let rouge = try ROUGE(Self.kinds)
    standard = try zip(pairs.pairs, evaluation.generation?.predictions ?? []).map {
      try rouge.score(reference: $0.second, prediction: $1).map(\.fmeasure)
    }
  }

  /// The scores of all pairs.
  var scores: FineTuningAnswer.PairScores {
    let means = Self.kinds.indices.map { kind in NumPy.mean(standard.map { $0[kind] }) }
    return .init(
      pairs: evaluation.sentences.pairs.count, perplexity: Double(evaluation.perplexity),
      homeworkROUGE3: evaluation.generation?.homework ?? .nan, rouge1: means[0],
      rouge2: means[1], rouge3: means[2], rougeL: means[3])
  }

  /// The perplexity of some of the pairs.
  private func perplexity(_ indices: [Int]) -> Double {
    let tokens = indices.reduce(0) { $0 + evaluation.lengths[$1] }
    let loss = indices.reduce(0.0) { sum, index in
      sum + Double(evaluation.losses[index]) * Double(evaluation.lengths[index])
    }
    return exp(loss / Double(max(tokens, 1)))
  }

  /// After − before of each score, with the interval of a paired bootstrap: perplexity first, then the
  /// homework's ROUGE-3, then the standard ones.
  ///
  /// - Throws: `MetricsError`.
  static func differences(
    _ before: ScoredPairs, _ after: ScoredPairs, seed: Int
  ) throws -> [FineTuningAnswer.Difference] {
    func difference(
      _ metric: String, _ interval: PairedBootstrap
    ) -> FineTuningAnswer.Difference {
      .init(
        metric: metric, mean: interval.value, lower: interval.lower, upper: interval.upper)
    }
    let count = before.evaluation.losses.count
    let perplexity = try PairedBootstrap(count: count, seed: seed) {
      after.perplexity($0) - before.perplexity($0)
    }
    func scores(_ pairs: ScoredPairs) -> [Double] {
      pairs.evaluation.generation?.homeworkScores ?? []
    }
    let homework = try PairedBootstrap(
      meanOf: zip(scores(after), scores(before)).map { $0 - $1 }, seed: seed)
    return [difference("perplexity", perplexity), difference("homework ROUGE-3", homework)]
      + (try kinds.enumerated().map { index, kind in
        let changes = zip(after.standard, before.standard).map { $0[index] - $1[index] }
        return difference("\(kind)", try PairedBootstrap(meanOf: changes, seed: seed))
      })
  }

  /// What both models say after the first sentences of some pairs.
  static func examples(
    _ before: ScoredPairs, _ after: ScoredPairs, count: Int
  ) -> [FineTuningAnswer.Example] {
    let said = zip(
      before.evaluation.generation?.predictions ?? [],
      after.evaluation.generation?.predictions ?? [])
    return zip(before.evaluation.sentences.pairs, said).prefix(count).map { pair, said in
      .init(first: pair.first, second: pair.second, before: said.0, after: said.1)
    }
  }
}
