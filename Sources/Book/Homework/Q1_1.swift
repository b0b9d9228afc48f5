import FoxDecoding

/// # Q1.1: Beam search on GPT-2
///
/// > Run the cell below. It produces a sequence of tokens using beam search and the provided
/// > prefix.
///
/// The homework calls the search twice. The first call keeps 5 beams for 10 steps and prints all of
/// them, each with its score divided by the number of all its tokens. The second takes 3 steps with
/// 4 beams, and prints the *third most probable* sequence: beams come best first, so that is the
/// one at index 2.
///
/// On OpenAI's `gpt2` the notebook prints (the fifth is garbled in our copy)
///
///     0 -1.106 The brown fox jumps out of the fox's mouth, and the fox
///     1 -1.168 The brown fox jumps out of the fox's cage, and the fox
///     2 -1.182 The brown fox jumps out of the fox's mouth and starts to run
///     3 -1.192 The brown fox jumps out of the fox's mouth and begins to lick
///
/// and as the third of four `2 -0.627 The brown fox jumps up and down`. Beams are often near-copies
/// of one another, because the children of one good beginning crowd out the rest.
///
/// Source: homework Q1.1, `run_beam_search` (the chapter Decoding). Clauses `HW-4` and `HW-15`.
/// Does not stop at the end of a text: a beam that has ended is continued like any other.
package struct Q1_1: Codable, Equatable, Sendable {
  package var prompt: String  // 4 tokens in GPT-2's vocabulary
  package var beams: [ScoredText]  // the first call's beams, best first
  package var third: ScoredText  // the second call's third most probable sequence

  /// Makes both calls. The first search is returned too: the report draws it as a tree.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.foxPrompt, beams: Int = 5,
    steps: Int = 10, observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> (answer: Q1_1, search: SearchResult) {
    // Cell 1: all five beams are printed.
    let first = try model.search(prompt, beams: beams, steps: steps, observing: observer)
    // Cell 2, a search of its own: four beams of three tokens are not the first three tokens of the
    // five beams above.
    let second = try model.search(prompt, beams: 4, steps: 3)
    let answer = Q1_1(
      prompt: prompt, beams: try first.beams.indices.map { try model.text(first, $0) },
      third: try model.text(second, 2))
    return (answer, first)
  }
}
