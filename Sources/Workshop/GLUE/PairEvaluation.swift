import FoxData
import FoxModels
import FoxSearch
import FoxTables
import FoxTries

/// What the homework measures of a language model on sentence pairs: the perplexity of the second
/// sentence after the first, and how much of it the model says by itself. Homework Q2.1; SPEC
/// `METR-2`, `ROUGE-2`.
package struct PairEvaluation: Sendable {
  /// The pairs, and how many stories had none.
  package let sentences: SentencePairs
  /// The loss of each second sentence, in nats per token.
  package let losses: [Float]
  /// The tokens of each second sentence.
  package let lengths: [Int]
  /// The homework's perplexity.
  package let perplexity: Float
  /// What the model says after each first sentence; `nil` when it was not asked.
  package let generation: Generation?

  /// What the model says, and its scores.
  package struct Generation: Sendable {
    /// What the model says after each first sentence.
    package let predictions: [String]
    /// The homework's ROUGE of each.
    package let homeworkScores: [Double]
    /// The standard ROUGE of each, by ``kinds``.
    package let scores: [[ROUGEScore]]

    /// What is computed of the standard ROUGE.
    package static let kinds: [ROUGE.Kind] = [.ngrams(1), .ngrams(2), .ngrams(3), .longest]

    /// Nothing was asked.
    package static let none = Generation(predictions: [], homeworkScores: [], scores: [])

    /// The mean of ``homeworkScores``, which the homework prints.
    package var homework: Double { NumPy.mean(homeworkScores) }

    /// The mean of each kind; none without pairs.
    package var standard: [(kind: ROUGE.Kind, score: ROUGEScore)] {
      Self.kinds.enumerated().compactMap { index, kind in
        (try? ROUGEScore.mean(scores.map { $0[index] })).map { (kind, $0) }
      }
    }
  }

  /// How far an evaluation is.
  package enum Progress: Equatable, Sendable {
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
  /// - Throws: ``StoryError``, `Fault` without pairs, and what the tokenizer throws. Stories that are too
  ///   long are found before anything is computed.
  package static func run(
    _ sentences: SentencePairs, model: GPT2Model, tokenizer: GPT2Tokenizer,
    generates: Bool = true, progress: (Progress) -> Void = { _ in }
  ) throws -> PairEvaluation {
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let texts = try sentences.pairs.map { pair in
      try Perplexity.Scored(
        context: encoder.encodeIDs(pair.first), target: encoder.encodeIDs(pair.second))
    }
    let search = try BeamSearch(beams: 3, steps: 32)
    if generates {
      for (text, pair) in zip(texts, sentences.pairs) {
        try StoryError.about(pair.row) { try search.check(text.context, model.configuration) }
      }
    }
    let losses = try Perplexity.losses(texts, model: model, numbers: sentences.pairs.map(\.row)) {
      progress(.scored($0, of: texts.count))
    }
    let lengths = texts.map(\.target.count)
    let perplexity = try Perplexity.overall(losses: losses, lengths: lengths)
    func evaluation(_ generation: Generation?) -> PairEvaluation {
      PairEvaluation(
        sentences: sentences, losses: losses, lengths: lengths, perplexity: perplexity,
        generation: generation)
    }
    guard generates else { return evaluation(nil) }
    let predictions = try sentences.pairs.enumerated().map { index, pair in
      defer { progress(.predicted(index + 1, of: texts.count)) }
      return try StoryError.about(pair.row) {
        try search.prediction(after: pair.first, model: model, tokenizer: tokenizer)
      }
    }
    let rouge = try ROUGE(Generation.kinds)
    return evaluation(
      Generation(
        predictions: predictions,
        homeworkScores: try zip(texts, predictions).map { text, prediction in
          try homeworkROUGE(
            reference: text.target, prediction: encoder.encodeIDs(prediction))
        },
        scores: try zip(sentences.pairs, predictions).map { pair, prediction in
          try rouge.score(reference: pair.second, prediction: prediction)
        }))
  }
}

extension BeamSearch {
  /// What a model says after the first sentence of a pair: the best of 3 beams after 32 steps,
  /// decoded without special tokens and with the clean-up, without all up to the last occurrence of
  /// the first sentence, stripped. Where the clean-up changes the first sentence, it is not found
  /// and stays.
  ///
  /// The notebook's line is cut off after `.sp`; taken as `.split(p1)[-1].strip()`: an assumption.
  /// SPEC `ROUGE-3`.
  fileprivate func prediction(
    after first: String, model: GPT2Model, tokenizer: GPT2Tokenizer
  ) throws -> String {
    let result = try run(tokenizer.encodeIDs(first), on: model)
    let text = try result.beams.first?.text(tokenizer) ?? ""
    return PythonText.strip(PythonText.split(text, separator: first).last ?? "")
  }

  /// Refuses a first sentence that the model cannot continue.
  fileprivate func check(_ ids: [Int], _ configuration: GPT2Configuration) throws {
    // The last token chosen is never given to the model.
    let needed = ids.count + steps - 1
    if needed > configuration.positions {
      throw Fault.tooLong(tokens: needed, positions: configuration.positions)
    }
  }
}
