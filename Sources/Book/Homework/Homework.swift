import Foundation
import FoxDecoding

/// # The homework
///
/// The homework has eight questions, and there is one file for each: `Q1_1.swift` to `Q3_2.swift`.
/// A file asks the question as the homework asks it and holds a function that answers it with
/// numbers: what is computed, how it is measured, and a conclusion that is made of the measurement
/// and says so when the numbers do not show what was expected.
///
/// A question needs a model, and of it only a few functions: `LanguageModel` for part 1, closures
/// that train and measure for part 2, ``Classifier`` for part 3. So it can be read, and its tests
/// worked by hand, with a model of four words.
///
///     answer(model, prompt, …)  →  numbers and a conclusion, Codable for the report
///
/// Source: the course's notebook. Its printed outputs are transcribed in `Golden/homework`, with
/// the number of the question at each. Clause `HW-1`. Does not load a model, read a file or train:
/// the Workshop's room Questions brings what does.

/// A language model as part 1 sees it.
public struct LanguageModel {
  /// The tokens of a text.
  ///
  /// Functions instead of a protocol: GPT-2 with its tokenizer fits, and so do four words in a
  /// test.
  package let encode: (String) throws -> [Int]
  /// The text of some tokens, cleaned up as the homework prints it.
  package let decode: ([Int]) throws -> String
  /// The text of each token of a sequence. Put together they are the whole text: a character that
  /// takes several tokens stands at the last of them.
  package let pieces: ([Int]) throws -> [String]
  /// What may follow each of some texts.
  package let next: NextTokens

  /// A model made of functions.
  package init(
    encode: @escaping (String) throws -> [Int],
    decode: @escaping ([Int]) throws -> String,
    pieces: @escaping ([Int]) throws -> [String],
    next: @escaping NextTokens
  ) {
    // Nothing is called here: what does not work is noticed at the first question.
    (self.encode, self.decode, self.pieces, self.next) = (encode, decode, pieces, next)
  }

  /// The prompt of questions 1.1 and 1.2.
  ///
  /// Four tokens of GPT-2's: so few that almost anything may follow, which is the point of Q1.2.
  public static let foxPrompt = "The brown fox jumps"
  /// The prompt of questions 1.3 to 1.5.
  ///
  /// It has three "a" and two commas, which WordBlock does not allow again (Q1.4).
  public static let barnPrompt = "Once upon a time, in a barn near a farm house,"

  /// The homework's search, from a text. Questions 1.1 to 1.5 are all this call with other
  /// settings.
  package func search(
    _ prompt: String, beams: Int, steps: Int, processors: [any ScoreProcessor] = [],
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> SearchResult {
    // Refuses settings that are out of range before the model is asked anything.
    try BeamSearch(beams: beams, steps: steps, processors: processors)
      // Text → ids [T]. The search itself never sees a text, and knows the model only as a function
      // from [k, T] ids to [k, V] log-probabilities.
      .run(encode(prompt), observing: observer, next: next)
  }

  /// The best beam of a search.
  package func best(_ result: SearchResult) throws -> ScoredText {
    // A search has at least one beam, so this is for results that somebody has made by hand.
    guard let beam = result.beams.first else {
      throw Fault("beams", found: "none", expected: "at least 1")
    }
    // Beams come best first, so this is the one that the homework prints when it prints one.
    return try shown(beam)
  }

  /// A beam with the text and the log-probability of each of its tokens.
  package func shown(_ beam: Beam) throws -> ScoredText {
    // The prompt's tokens were not chosen, so they have no probability.
    // How many those are the beam does not say: they are the ids that have no log-probability of
    // their own.
    let given = beam.ids.count - beam.tokenLogProbabilities.count
    // [T]: `nil` for the prompt, then one for each token added.
    let logProbabilities = [Float?](repeating: nil, count: given) + beam.tokenLogProbabilities
    return ScoredText(
      // Two texts: `tokens` keeps every space, `text` is cleaned up as transformers' `decode` does.
      // The scores are those of the ids, whichever text is shown.
      tokens: try shown(beam.ids, logProbabilities), text: try decode(beam.ids),
      score: Double(beam.score), scorePerToken: beam.scorePerToken)
  }

  /// Tokens with their texts and log-probabilities.
  package func shown(_ ids: [Int], _ logProbabilities: [Float?]) throws -> [ScoredToken] {
    // All ids at once: a character of two tokens can only be shown with the second. [T] ids, [T]
    // pieces, [T] log-probabilities.
    zip(ids, zip(try pieces(ids), logProbabilities)).map { id, shown in
      ScoredToken(id: id, text: shown.0, logProbability: shown.1.map(Double.init))
    }
  }
}

/// A token, its text, and how sure the model was of it.
public struct ScoredToken: Codable, Equatable, Sendable {
  /// Its id.
  public var id: Int
  /// Its share of the text.
  public var text: String
  /// The natural logarithm of its probability; `nil` for tokens of the prompt.
  ///
  /// One half is −0.69, one in a hundred −4.6.
  public var logProbability: Double?

  package init(id: Int, text: String, logProbability: Double? = nil) {
    // `text` is kept beside the id, so that a saved answer can be shown without the tokenizer.
    (self.id, self.text, self.logProbability) = (id, text, logProbability)
  }
}

/// A text that a search has found.
public struct ScoredText: Codable, Equatable, Sendable {
  /// All tokens, the prompt's first.
  public var tokens: [ScoredToken]
  /// The text, cleaned up as the homework prints it.
  public var text: String
  /// The sum of the log-probabilities.
  public var score: Double
  /// ``score`` divided by the number of all tokens.
  public var scorePerToken: Double

  package init(tokens: [ScoredToken], text: String, score: Double, scorePerToken: Double) {
    // `score` is a Double here only to be written: its value is the float32 sum of the search.
    (self.tokens, self.text, self.score) = (tokens, text, score)
    self.scorePerToken = scorePerToken
  }

  /// The probability of each token added, first to last.
  ///
  /// The numbers of the homework's figures for Q1.2 and Q1.3.
  package var probabilities: [Double] { tokens.compactMap { $0.logProbability.map { exp($0) } } }
}
