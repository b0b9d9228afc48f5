import FoxDecoding

/// # Q1.5: BeamBlock
///
/// > Write a new score processor called BeamBlock. Instead of uni-grams, your implementation should
/// > prevent tri-grams from appearing more than once in the sequence.
///
/// The processor is ``BeamBlock`` in the chapter Decoding, a dozen lines. A text that ends with
/// "the fox" and has had "the fox jumps" may not continue with "jumps". The notebook prints a line
/// for every earlier occurrence, at every step. On OpenAI's `gpt2`:
///
///     Preventing: was playing -> with
///     Preventing: boy was -> playing
///     Preventing: boy was -> playing
///     Preventing: boy was -> trying
///     Preventing: the stick -> ,
///     Preventing: , and -> the
///
/// The same line may come twice: at a later step the text ends with the same two tokens, and the
/// same third one is blocked again. The fourth line shows that the block worked: the second time
/// "boy was" was continued with "trying", the third time neither word may come. A line says that a
/// token was blocked, not that it would have been chosen.
///
/// Source: homework Q1.5; Paulus et al. 2017, arXiv 1705.04304, section 2.5. Clauses `HW-13` and
/// `PROC-2`. Does not look at words: what is said again in other tokens is not blocked.
package struct Q1_5: Codable, Equatable, Sendable {
  package var prompt: String
  package var plain, blocked: ScoredText  // without the processor, and with it
  package var trace: [String]  // what the notebook prints: a line for each block

  /// Searches twice, without and with BeamBlock. The second search is returned too: the report
  /// draws it as a tree.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt, steps: Int = 40,
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> (answer: Q1_5, search: SearchResult) {
    // Greedy again, so that the texts differ by the processor only.
    let plain = try model.search(prompt, beams: 1, steps: steps)
    let blocked = try model.search(
      prompt, beams: 1, steps: steps, processors: [BeamBlock()], observing: observer)
    let answer = Q1_5(
      prompt: prompt, plain: try model.text(plain), blocked: try model.text(blocked),
      // In the order of the search: by step, and within a step by place in the text.
      trace: try blocked.trace.map { try line($0, model) })
    return (answer, blocked)
  }

  /// A line of the trace. The tokens bring their own blanks.
  private static func line(_ block: Block, _ model: LanguageModel) throws -> String {
    // `print("Preventing: ", …)`: Python puts a space between its arguments, hence two after the
    // colon.
    "Preventing:  \(try model.decode(block.context)) -> \(try model.decode([block.token]))"
  }

  /// How many trigrams of some tokens have come before: the proof that the block worked.
  package static func repeatedTrigrams(_ ids: [Int]) -> Int {
    var seen: Set<[Int]> = []  // by ids
    // T tokens have T − 2 trigrams. `insert` says whether one is new.
    return (0..<max(0, ids.count - 2)).count { !seen.insert(Array(ids[$0..<$0 + 3])).inserted }
  }
}
