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
  private let generation: PairEvaluation.Generation

  /// Evaluates a model.
  ///
  /// - Parameter progress: Is told how many of all pairs have a prediction.
  /// - Throws: `StoryError`, `TokenizerError`.
  static func of(
    _ pairs: SentencePairs, _ model: GPT2Model, _ tokenizer: GPT2Tokenizer,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> ScoredPairs {
    let evaluation = try PairEvaluation.run(pairs, model: model, tokenizer: tokenizer) {
      if case .predicted(let done, let total) = $0 { progress(done, total) }
    }
    return ScoredPairs(evaluation: evaluation, generation: evaluation.generation ?? .none)
  }

  /// The scores of all pairs.
  var scores: FineTuningAnswer.PairScores {
    let means = PairEvaluation.Generation.kinds.indices.map { kind in
      NumPy.mean(generation.scores.map { $0[kind].fmeasure })
    }
    return .init(
      pairs: evaluation.sentences.pairs.count, perplexity: Double(evaluation.perplexity),
      homeworkROUGE3: generation.homework, rouge1: means[0], rouge2: means[1], rouge3: means[2],
      rougeL: means[3])
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
  /// - Throws: `Fault` without pairs.
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
    let perplexity = try PairedBootstrap.of(count: count, seed: seed) {
      after.perplexity($0) - before.perplexity($0)
    }
    func bootstrap(_ score: (ScoredPairs) -> [Double]) throws -> PairedBootstrap {
      try .of(meanOf: zip(score(after), score(before)).map { $0 - $1 }, seed: seed)
    }
    let homework = try bootstrap(\.generation.homeworkScores)
    return [difference("perplexity", perplexity), difference("homework ROUGE-3", homework)]
      + (try PairEvaluation.Generation.kinds.enumerated().map { index, kind in
        difference(
          "\(kind)", try bootstrap { $0.generation.scores.map { $0[index].fmeasure } })
      })
  }

  /// What both models say after the first sentences of some pairs.
  static func examples(
    _ before: ScoredPairs, _ after: ScoredPairs, count: Int
  ) -> [FineTuningAnswer.Example] {
    let said = zip(before.generation.predictions, after.generation.predictions)
    return zip(before.evaluation.sentences.pairs, said).prefix(count).map { pair, said in
      .init(first: pair.first, second: pair.second, before: said.0, after: said.1)
    }
  }
}
