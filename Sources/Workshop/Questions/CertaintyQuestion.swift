import Foundation
import FoxGLUE
import FoxHomework
import FoxSearch

extension HomeworkModel {
  /// Q1.2: how sure the model is of each token it chooses, for the homework's prompt and on average
  /// over others.
  ///
  /// - Parameters:
  ///   - prompts: The others; at least one.
  ///   - progress: Is told how many are done.
  /// - Throws: `Fault`, `GPT2Error`, ``HomeworkError/tooFew(what:found:needed:)``.
  public func certainty(
    _ prompt: String = HomeworkQuestion.foxPrompt, steps: Int = 10, over prompts: [String],
    progress: (Int) -> Void = { _ in }
  ) throws -> CertaintyAnswer {
    if prompts.isEmpty { throw HomeworkError.tooFew(what: "prompts", found: 0, needed: 1) }
    let (result, entropies) = try measured(prompt, steps: steps)
    let rows = try prompts.enumerated().map { index, prompt in
      defer { progress(index + 1) }
      let (result, entropies) = try measured(prompt, steps: steps)
      let scores = result.beams.first?.tokenLogProbabilities ?? []
      return (probabilities: scores.map { exp(Double($0)) }, entropies: entropies)
    }
    func means(_ table: [[Double]]) -> [Double] {
      (0..<steps).map { step in NumPy.mean(table.map { $0[step] }) }
    }
    return CertaintyAnswer(
      prompt: prompt, beam: try best(result), entropies: entropies,
      meanProbabilities: means(rows.map(\.probabilities)),
      meanEntropies: means(rows.map(\.entropies)), prompts: rows.count,
      conclusion: try Self.certaintyConclusion(rows.map(\.probabilities), rows.map(\.entropies)))
  }

  /// A search with one beam, and the entropy of the model's prediction at each step, in nats.
  private func measured(
    _ prompt: String, steps: Int
  ) throws -> (result: SearchResult, entropies: [Double]) {
    var entropies: [Double] = []
    let result = try search(prompt, beams: 1, steps: steps) { step in
      if step.moment == .scored { entropies.append(Q1_2.entropy(step.scores[0])) }
    }
    return (result, entropies)
  }

  /// Compares the second half of the steps with the first, prompt by prompt.
  private static func certaintyConclusion(
    _ probabilities: [[Double]], _ entropies: [[Double]]
  ) throws -> String {
    let steps = probabilities[0].count
    guard steps >= 2 else { return "One step cannot be compared with another." }
    func halves(_ row: [Double]) -> (first: Double, second: Double) {
      (NumPy.mean(Array(row.prefix(steps / 2))), NumPy.mean(Array(row.suffix(steps - steps / 2))))
    }
    let (p, h) = (probabilities.map(halves), entropies.map(halves))
    let rise = try PairedBootstrap.of(meanOf: p.map { $0.second - $0.first })
    let fall = try PairedBootstrap.of(meanOf: h.map { $0.second - $0.first })
    let verdict =
      rise.lower > 0 && fall.upper < 0
      ? "The homework's observation holds here: the more context, the narrower the prediction."
      : rise.lower > 0
        ? "The chosen tokens do become likelier, but the predictions as a whole do not become "
          + "clearly narrower."
        : rise.upper < 0
          ? "The homework's observation does not hold here: later tokens are less probable."
          : "These numbers do not show the homework's observation: the interval has 0 in it."
    return
      "Over \(Words.count(probabilities.count, "prompt")) the chosen token's mean probability goes "
      + "from \(Words.number(NumPy.mean(p.map(\.first)), 3)) in steps 1 to \(steps / 2) to "
      + "\(Words.number(NumPy.mean(p.map(\.second)), 3)) in steps \(steps / 2 + 1) to \(steps) "
      + "(\(Words.change(rise.value, 3)), 95 % interval \(Words.interval(rise.lower, rise.upper, 3))), "
      + "the entropy of the prediction from \(Words.number(NumPy.mean(h.map(\.first)), 2)) to "
      + "\(Words.number(NumPy.mean(h.map(\.second)), 2)) nats (\(Words.change(fall.value, 2)), "
      + "\(Words.interval(fall.lower, fall.upper, 2))). \(verdict)"
  }
}
