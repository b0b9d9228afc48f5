import FoxDecoding

/// # Q1.3: Does a larger beam guarantee a better sequence?
///
/// > Does higher beam size always guarantee a higher probability final sequence? Why or why not?
///
/// No. A larger beam keeps more beginnings at each step, but not always the same ones and then
/// some. After the first step, more parents compete: a beginning that two beams keep may be pushed
/// out of three, by children of the third parent. They look better now and end worse. So the
/// sequence that a smaller beam ends with may fall out of a larger one on the way. The scores
/// printed on OpenAI's `gpt2`, per token, show it for the homework's own prompt, where three beams
/// end worse than two:
///
///     beams    1        2        3        4        5
///     score  −0.971   −0.929   −0.960   −0.921   −0.906
///
/// Only a beam wide enough to keep every beginning is sure to find the best sequence, and their
/// number grows as V to the power of the steps.
///
/// The homework draws the probability of each token by decode step, one line for each beam size.
/// Beside that, other prompts are searched for the clearest counter-example, and for it the step is
/// found at which the better sequence fell out of the larger beam.
///
/// Source: homework Q1.3. Clause `HW-6`. Does not say that larger beams are worse: mostly they are
/// not, and the counter-examples are counted.
public struct Q1_3: Codable, Equatable, Sendable {
  package var prompt: String
  package var steps: Int
  package var sizes: [Size]  // the best sequence of each beam size, ascending
  package var counterExample: CounterExample?  // the clearest, found by search
  package var promptsSearched: Int  // the homework's among them
  package var counterExamples: Int  // for how many of them some larger beam ends worse
  package var conclusion = ""

  /// The best sequence of a beam size.
  package struct Size: Codable, Equatable, Sendable {
    package var beams: Int
    package var score: Double
    package var scorePerToken: Double
    package var text: String
    package var probabilities: [Double]  // by decode step: a line of the homework's figure
  }

  /// A prompt for which more beams end with a worse score.
  package struct CounterExample: Codable, Equatable, Sendable {
    package var prompt: String
    package var steps: Int
    package var fewer: Size  // the smaller beam, which ends better
    package var more: Size
    package var lostAt: Int  // the step, from 1, at which the better sequence fell out of `more`
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - sizes: The beam sizes, ascending.
  ///   - prompts: Where to look for a counter-example, beside the homework's prompt.
  ///   - progress: Is told how many are searched.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt,
    sizes: ClosedRange<Int> = 1...5,
    steps: Int = 20, over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> Q1_3 {
    // The homework's sweep: beams 1 to 5, 20 steps. On `gpt2` it is a counter-example itself.
    let own = try Sweep(model, prompt, sizes, steps: steps)
    var found = [own].filter { $0.worst != nil }
    // The homework's prompt may stand in the list too; it is counted once.
    let others = prompts.filter { $0 != prompt }
    for (index, other) in others.enumerated() {
      let sweep = try Sweep(model, other, sizes, steps: steps)
      if sweep.worst != nil { found.append(sweep) }
      progress(index + 1)
    }
    // All are counted, one is shown: the one that loses most, of equal ones the first.
    let clearest = found.reduce(nil as Sweep?) { best, sweep in
      best.map { $0.loss >= sweep.loss } == true ? best : sweep
    }
    return Q1_3(
      prompt: prompt, steps: steps, sizes: own.sizes,
      // Finding the step takes another search, so only for the one that is shown.
      counterExample: try clearest?.counterExample(model),
      promptsSearched: others.count + 1, counterExamples: found.count)
  }
}
