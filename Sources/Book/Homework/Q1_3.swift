import FoxDecoding

/// # Q1.3: Does a larger beam guarantee a better sequence?
///
/// > Does higher beam size always guarantee a higher probability final sequence? Why or why not?
///
/// No. A larger beam keeps more beginnings, but not always the same ones and then some: a beginning
/// that two beams keep may be pushed out of three, by children of the third parent. They look
/// better now and end worse. The scores printed on OpenAI's `gpt2`, per token, show it for the
/// homework's own prompt, where three beams end worse than two:
///
///     beams    1        2        3        4        5
///     score  −0.971   −0.929   −0.960   −0.921   −0.906
///
/// Only a beam that keeps every beginning is sure to find the best sequence, and their number grows
/// as V to the power of the steps.
///
/// The homework draws the probability of each token by decode step, one line for each beam size.
/// Other prompts are searched for the clearest counter-example, and for it the step is found at
/// which the better sequence fell out of the larger beam.
///
/// Source: homework Q1.3. Clause `HW-6`. Does not say that larger beams are worse: mostly they are
/// not, and the counter-examples are counted.
package struct Q1_3: Codable, Equatable, Sendable {
  package var prompt: String
  package var steps: Int
  package var sizes: [Size]  // the best sequence of each beam size, ascending
  package var counterExample: CounterExample?  // the clearest, found by search
  package var promptsSearched: Int  // the homework's among them
  package var counterExamples: Int  // for how many of these some larger beam ends worse
  package var conclusion = ""

  /// The best sequence of a beam size.
  package struct Size: Codable, Equatable, Sendable {
    package var beams: Int
    package var score, scorePerToken: Double
    package var text: String
    package var probabilities: [Double]  // by decode step: a line of the homework's figure
  }

  /// A prompt for which more beams end with a worse score.
  package struct CounterExample: Codable, Equatable, Sendable {
    package var prompt: String
    package var steps: Int
    package var fewer, more: Size  // the smaller beam ends better
    package var lostAt: Int  // the step, from 1, at which the better sequence fell out of `more`
  }

  /// Searches with each beam size, also from other prompts, where a counter-example may be; tells
  /// how many of these are searched.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt,
    sizes: ClosedRange<Int> = 1...5, steps: Int = 20, over prompts: [String],
    progress: (Int) -> Void = { _ in }
  ) throws -> Q1_3 {
    // The homework's sweep: beams 1 to 5, 20 steps. On `gpt2` it is a counter-example itself.
    let own = try Sweep(model, prompt, sizes, steps: steps)
    var found = [own].filter { $0.worst != nil }
    let others = prompts.filter { $0 != prompt }  // the homework's own is counted once
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

/// One prompt, searched with several beam sizes: which larger beam ends worse than a smaller one,
/// and at which step it lost the better text. Each size is searched from the beginning: nothing of
/// a smaller beam can be used again.
///
///     scores −5, −3, −4 of 1, 2, 3 beams   →   the worst pair is 2 against 3
struct Sweep {
  private let prompt: String
  private let steps: Int
  let sizes: [Q1_3.Size]
  private let bestIDs: [[Int]]  // [sizes][T], to find out later where the best was lost

  init(_ model: LanguageModel, _ prompt: String, _ sizes: ClosedRange<Int>, steps: Int) throws {
    (self.prompt, self.steps) = (prompt, steps)
    let results = try sizes.map { try model.search(prompt, beams: $0, steps: steps) }
    bestIDs = results.map { $0.beams[0].ids }
    self.sizes = try zip(sizes, results).map { size, result in
      let best = try model.text(result)
      return Q1_3.Size(
        // All are equally long, so score and score per token rank them alike.
        beams: size, score: best.score, scorePerToken: best.scorePerToken, text: best.text,
        probabilities: best.probabilities)
    }
  }

  /// Two sizes, by their places in ``sizes``, of which the larger loses most; `nil` when none loses
  /// more than rounding can.
  static func worst(of sizes: [Q1_3.Size]) -> (fewer: Int, more: Int)? {
    // Every pair, not only neighbors: 2 beams against 5 counts as well.
    let pairs = sizes.indices.flatMap { more in (0..<more).map { (fewer: $0, more: more) } }
    func loss(_ pair: (fewer: Int, more: Int)) -> Double {  // positive when more beams end worse
      sizes[pair.fewer].score - sizes[pair.more].score
    }
    // Sums of 20 float32 logarithms differ in the fifth place from one order of computing to
    // another. A thousandth of a nat is well above that.
    return pairs.max { loss($0) < loss($1) }.flatMap { loss($0) > 1e-3 ? $0 : nil }
  }

  var worst: (fewer: Int, more: Int)? { Self.worst(of: sizes) }

  /// How much worse the larger beam of the worst pair ends, in nats.
  var loss: Double { worst.map { sizes[$0.fewer].score - sizes[$0.more].score } ?? 0 }

  func counterExample(_ model: LanguageModel) throws -> Q1_3.CounterExample? {
    guard let (fewer, more) = worst else { return nil }
    let lost = try lostAt(bestIDs[fewer], model, beams: sizes[more].beams)
    return .init(
      prompt: prompt, steps: steps, fewer: sizes[fewer], more: sizes[more], lostAt: lost)
  }

  /// The step, from 1, after which the larger search no longer has the beginning of a text among
  /// its beams.
  private func lostAt(_ ids: [Int], _ model: LanguageModel, beams: Int) throws -> Int {
    var lost: Int?
    // The larger search again, this time with somebody watching.
    _ = try model.search(prompt, beams: beams, steps: steps) { step in
      // `.scored` shows the beams that the step before has left: those after step `step.step`,
      // counted from 1, for `step.step` itself counts from 0.
      // The first time counts: only beams have children, so what is gone does not come back.
      guard step.moment == .scored, lost == nil else { return }
      if !step.beams.contains(where: { ids.starts(with: $0.ids) }) { lost = step.step }
    }
    // Never seen to be lost: then the last choice lost it, after which there is no step to observe.
    return lost ?? steps
  }
}
