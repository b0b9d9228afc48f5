import FoxDecoding

/// # Q1.5: BeamBlock
///
/// > Write a new score processor called BeamBlock. Instead of uni-grams, your implementation should
/// > prevent tri-grams from appearing more than once in the sequence.
///
/// The processor itself is ``BeamBlock`` in the chapter Decoding, a dozen lines. A text that ends
/// with "the fox" and has had "the fox jumps" may not continue with "jumps". What it blocks it
/// reports, and the notebook prints a line for every earlier occurrence, at every step. On OpenAI's
/// `gpt2`:
///
///     Preventing: was playing -> with
///     Preventing: boy was -> playing
///     Preventing: boy was -> playing
///     Preventing: boy was -> trying
///     Preventing: the stick -> ,
///     Preventing: , and -> the
///
/// The same line may come twice. It does not mean that the block failed: at a later step the text
/// ends with the same two tokens again, and the same third one is blocked again. The fourth line
/// shows that the block worked: the second time "boy was" was continued with "trying", the third
/// time neither word may come. A line says that a token was blocked, not that it would have been
/// chosen.
///
/// Source: homework Q1.5; Paulus et al. 2017, arXiv 1705.04304, section 2.5. Clauses `HW-13` and
/// `PROC-2`. Does not look at words: a trigram of other tokens with the same letters is another
/// trigram.
public struct Q1_5: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// The text without the processor.
  public var plain: ScoredText
  /// The text with it.
  public var blocked: ScoredText
  /// What the notebook prints: `Preventing: … -> …`.
  public var trace: [String]
  /// The measured answer, in words.
  public var conclusion: String

  /// Searches twice, without and with BeamBlock. The homework's number of steps is cut off in the
  /// print; it is more than 20.
  ///
  /// - Parameter observer: Watches the second search.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt, steps: Int = 40,
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> (answer: Q1_5, search: SearchResult) {
    // Greedy again, so that the texts differ by the processor only.
    let plain = try model.search(prompt, beams: 1, steps: steps)
    // This one is watched: the report draws its tree and what was blocked in it.
    let blocked = try model.search(
      prompt, beams: 1, steps: steps, processors: [BeamBlock()], observing: observer)
    let answer = Q1_5(
      prompt: prompt, plain: try model.best(plain), blocked: try model.best(blocked),
      // In the order of the search: by step, within it by place in the text.
      trace: try blocked.trace.map { try line($0, model) },
      conclusion: conclusion(plain.beams[0], blocked.beams[0], blocked.trace))
    return (answer, blocked)
  }

  /// A line of the trace. The tokens bring their own blanks.
  package static func line(_ block: Block, _ model: LanguageModel) throws -> String {
    // `print("Preventing: ", …)`: Python puts a space between its arguments, hence two after the
    // colon.
    "Preventing:  \(try model.decode(block.context)) -> \(try model.decode([block.token]))"
  }

  /// How many trigrams of some tokens have come before.
  package static func repeatedTrigrams(_ ids: [Int]) -> Int {
    // The trigrams so far. `insert` says whether one is new.
    var seen: Set<[Int]> = []
    // T tokens have T − 2 trigrams, and fewer than 3 have none.
    return (0..<max(0, ids.count - 2)).count { !seen.insert(Array(ids[$0..<$0 + 3])).inserted }
  }

  private static func conclusion(_ plain: Beam, _ blocked: Beam, _ trace: [Block]) -> String {
    // No line printed: the processor had no occasion.
    if trace.isEmpty {
      return "Nothing to block: no trigram would have come twice in \(plain.ids.count) tokens, and "
        + "both texts are the same."
    }
    // Several lines may be of one step, when the last two tokens stood in several places.
    let steps = Set(trace.map(\.step)).count
    let blocks =
      "\(Wording.count(trace.count, "block")) in \(Wording.count(steps, "step")). "
    // Blocks that changed nothing: the greatest score was always that of another token.
    if plain.ids == blocked.ids {
      return blocks
        + "None of the blocked tokens was the likeliest: the text is the same without them, and has "
        + "no trigram twice."
    }
    // In nats of the model's own score. The blocked text has no −1e9 in it unless everything was
    // blocked.
    let cost = Double(plain.score) - Double(blocked.score)
    let price =
      // Forced away from the likeliest token, greedy search may by chance find a better text later.
      cost > 0
      ? "That costs \(Wording.number(cost, 2)) nats of score."
      : "That ends \(Wording.number(-cost, 2)) nats better, for greedy search is not optimal."
    // The proof at the end: counted in the two texts, not taken from the trace.
    return blocks
      + "Without them \(Wording.count(repeatedTrigrams(plain.ids), "trigram")) had come before, with "
      + "them \(repeatedTrigrams(blocked.ids)). \(price) What is said twice in other words is not "
      + "blocked."
  }
}
