import Foundation
import FoxDecoding

/// # Question 1.5: BeamBlock, and what it prevents
///
/// > *Use the previous WordBlock example to write a new score processor called BeamBlock. Instead of
/// > uni-grams, your implementation should prevent tri-grams from appearing more than once in the
/// > sequence.*
///
/// The processor is in chapter 1 (`BeamBlock`); ``block(_:in:)`` below is the notebook's loop, to
/// compare. What it prints is explained here line by line:
///
///     Preventing:  boy was ->  playing
///
/// says that the text now ends with "boy was", that "boy was playing" stood in it before, and that
/// "playing" gets −1e9. The same line comes twice when the text ends with "boy was" at two different
/// steps. Whether the block *changed* anything the line does not say: only if the model was about to
/// say just that. So each is given what the model thought of the token, and what was said instead.
///
/// Source: homework Q1.5; Paulus et al. 2017, arXiv:1705.04304, section 2.5. As in the homework, the
/// probabilities that are left are not normalized again. Knows no tokenizer: texts are ids.
package enum Q1_5 {
  /// A line of the trace, explained.
  package struct Prevention: Codable, Equatable, Sendable {
    /// The step, from 0.
    package var step: Int
    /// The last two tokens, and the one that is blocked.
    package var context: [Int]
    package var token: Int
    /// Where the trigram stood before: the place of its third token.
    package var earlier: Int
    /// What the model gave to the token, and what was taken instead with its probability.
    package var probability: Double
    package var instead: Int
    package var insteadProbability: Double

    /// Whether the search would have said the token.
    package var changedTheText: Bool { probability > insteadProbability }
  }

  /// The answer, measured.
  package struct Answer: Codable, Equatable, Sendable {
    /// All tokens without BeamBlock and with it.
    package var plain, blocked: [Int]
    /// The trace, one line for each earlier occurrence, in the order of the print.
    package var preventions: [Prevention]
  }

  /// Searches with one beam, as the homework does, without BeamBlock and with it.
  package static func answer(
    _ prompt: [Int], steps: Int = 40, next: NextTokens
  ) throws -> Answer {
    let plain = try BeamSearch(beams: 1, steps: steps).run(prompt, next: next).beams[0]
    var said: [[Float]] = []  // by step, before the processor: [steps, V]
    let search = try BeamSearch(beams: 1, steps: steps, processors: [BeamBlock()])
    let result = try search.run(
      prompt, observing: { if $0.moment == .scored { said.append($0.scores[0]) } }, next: next)
    let ids = result.beams[0].ids
    let preventions = result.trace.map { block in
      // The text as it was when the block was made.
      let text = ids.prefix(prompt.count + block.step)
      let instead = ids[text.count]
      func p(_ token: Int) -> Double { exp(Double(said[block.step][token])) }
      return Prevention(
        step: block.step, context: block.context, token: block.token,
        earlier: place(of: block.context + [block.token], in: text), probability: p(block.token),
        instead: instead, insteadProbability: p(instead))
    }
    return Answer(plain: plain.ids, blocked: ids, preventions: preventions)
  }

  /// The place of the third token of a trigram where it first stands; −1 if nowhere.
  private static func place(of trigram: [Int], in text: ArraySlice<Int>) -> Int {
    text.indices.dropFirst(2).first { text[$0 - 2...$0].elementsEqual(trigram) } ?? -1
  }

  /// The notebook's loop: three tokens slide over the text, and where the first two are the text's
  /// last two, the third is blocked.
  package static func block(_ scores: inout [Float], in text: [Int]) {
    var trigram: [Int] = []
    for token in text {
      trigram.append(token)
      if trigram.count > 3 { trigram.removeFirst() }
      if trigram.count == 3, trigram[..<2] == text.suffix(2) { scores[token] = blockedScore }
    }
  }
}
