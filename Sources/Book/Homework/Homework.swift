import Foundation
import FoxDecoding

/// # The homework
///
/// The homework has eight questions, and there is one file for each: `Q1_1.swift` to `Q3_2.swift`.
/// A file states the question, answers it in words, and holds the function that measures the
/// answer on whatever model it is given.
///
/// A question needs only a few functions of a model: ``LanguageModel`` for part 1, closures for
/// part 2, ``Classifier`` for part 3. So its tests can be worked by hand, with a model of four
/// words.
///
///     answer(model, prompt, …)  →  numbers, Codable
///
/// Source: the course's notebook. Its printed outputs are transcribed in `Golden/homework`, each
/// with the number of its question. Clause `HW-1`. This chapter does not load a model, read a file
/// or train. The Workshop's room Questions does, and it writes each `conclusion`: sentences made of
/// the numbers, which say so when the numbers do not show what the homework claims.

/// A language model as part 1 sees it: functions, so that GPT-2 with its tokenizer fits, and so do
/// four words in a test.
package struct LanguageModel {
  package let encode: (String) throws -> [Int]  // the tokens of a text
  package let decode: ([Int]) throws -> String  // the text of some, cleaned up as it is printed
  // The text of each token. Joined, they are the whole text; a character that takes several tokens
  // stands at the last of them.
  package let pieces: ([Int]) throws -> [String]
  package let next: NextTokens  // [k, T] ids → [k, V] log-probabilities of what may follow

  package init(
    encode: @escaping (String) throws -> [Int], decode: @escaping ([Int]) throws -> String,
    pieces: @escaping ([Int]) throws -> [String], next: @escaping NextTokens
  ) {
    (self.encode, self.decode, self.pieces, self.next) = (encode, decode, pieces, next)
  }

  /// The prompt of questions 1.1 and 1.2.
  package static let foxPrompt = "The brown fox jumps"
  /// The prompt of questions 1.3 to 1.5.
  package static let barnPrompt = "Once upon a time, in a barn near a farm house,"

  /// The homework's search: questions 1.1 to 1.5 are this call with other settings.
  package func search(
    _ prompt: String, beams: Int, steps: Int, processors: [any ScoreProcessor] = [],
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> SearchResult {
    try BeamSearch(beams: beams, steps: steps, processors: processors)
      // Text → ids [T]. The search itself never sees a text.
      .run(encode(prompt), observing: observer, next: next)  // [k, T] → [k, V], step by step
  }

  /// A beam, by place: the first is the best. With the text and the log-probability of each token.
  package func text(_ result: SearchResult, _ place: Int = 0) throws -> ScoredText {
    guard result.beams.indices.contains(place) else {
      throw Fault("beams", found: "\(result.beams.count)", expected: "at least \(place + 1)")
    }
    let beam = result.beams[place]  // [T] ids
    // The prompt's tokens were given, not chosen, so they have no log-probability.
    let given = [Float?](repeating: nil, count: result.prompt.count)
    return ScoredText(
      tokens: try shown(beam.ids, given + beam.tokenLogProbabilities),
      // `tokens` keeps every space; `text` is cleaned up, as transformers' `decode` does.
      text: try decode(beam.ids), score: Double(beam.score), scorePerToken: beam.scorePerToken)
  }

  /// Tokens with their texts and log-probabilities.
  package func shown(_ ids: [Int], _ logProbabilities: [Float?]) throws -> [ScoredToken] {
    // All ids at once: half of a character cannot be shown.
    zip(zip(ids, try pieces(ids)), logProbabilities).map { token, logProbability in
      ScoredToken(id: token.0, text: token.1, logProbability: logProbability.map(Double.init))
    }
  }
}

/// A token, and how sure the model was of it.
package struct ScoredToken: Codable, Equatable, Sendable {
  package var id: Int
  package var text: String  // with the space in front of it, if it has one
  package var logProbability: Double?  // ln p, −0.69 for one half; `nil` for the prompt's tokens

  package init(id: Int, text: String, logProbability: Double? = nil) {
    (self.id, self.text, self.logProbability) = (id, text, logProbability)
  }
}

/// A text that a search has found.
package struct ScoredText: Codable, Equatable, Sendable {
  package var tokens: [ScoredToken]  // the prompt's first
  package var text: String  // cleaned up, as the homework prints it
  package var score: Double  // the sum of the log-probabilities
  package var scorePerToken: Double  // divided by the number of *all* tokens, the prompt's too

  /// The probability of each token added, first to last.
  package var probabilities: [Double] { tokens.compactMap { $0.logProbability.map { exp($0) } } }
}
