import FoxDecoding

/// # Q1.1: Beam search on GPT-2
///
/// > Run the cell below. It produces a sequence of tokens using beam search and the provided prefix.
///
/// The homework calls the search twice. The first call keeps 5 beams for 10 steps and prints all of
/// them, each with its score divided by the number of all its tokens. The second asks for what follows
/// "The brown fox jumps" in 3 tokens with 4 beams, and prints the *third most probable* sequence: the
/// beams come out best first, so that is the beam at index 2.
///
/// The search itself is the chapter Decoding. Nothing is cut off at the end of a text, and a beam that
/// has ended goes on like every other.
public struct Q1_1: Codable, Equatable, Sendable {
  /// The prompt of both calls.
  public var prompt: String
  /// The first call's beams, best first.
  public var beams: [ScoredText]
  /// The second call's third most probable sequence.
  public var third: ScoredText

  /// Makes both calls.
  ///
  /// - Parameter observer: Watches the first.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.foxPrompt, beams: Int = 5,
    steps: Int = 10,
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> (answer: Q1_1, search: SearchResult) {
    let first = try model.search(prompt, beams: beams, steps: steps, observing: observer)
    let second = try model.search(prompt, beams: 4, steps: 3)
    let answer = Q1_1(
      prompt: prompt, beams: try first.beams.map(model.shown),
      third: try model.shown(second.beams[2]))
    return (answer, first)
  }

  /// What the notebook prints: rank, score per token to three places, text.
  package var lines: [String] {
    beams.enumerated().map { rank, beam in
      "\(rank) \(Wording.number(beam.scorePerToken, 3)) \(beam.text)"
    }
  }
}
