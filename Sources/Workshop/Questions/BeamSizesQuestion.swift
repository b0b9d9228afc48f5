import FoxSearch

extension HomeworkModel {
  /// Q1.3: the homework's sweep over beam sizes, and a search for prompts for which more beams end with
  /// a worse sequence.
  ///
  /// - Parameters:
  ///   - sizes: The beam sizes, ascending.
  ///   - prompts: Where to search, beside the homework's prompt.
  ///   - progress: Is told how many are searched.
  /// - Throws: `Fault`, `GPT2Error` for what the model cannot continue.
  public func beamSizes(
    _ prompt: String = HomeworkQuestion.barnPrompt, sizes: ClosedRange<Int> = 1...5,
    steps: Int = 20, over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> BeamSizesAnswer {
    let own = try sweep(prompt, sizes, steps: steps)
    var found = Self.counterExample(own).map { (prompt: prompt, pair: $0) }
    var count = found == nil ? 0 : 1
    for (index, other) in prompts.enumerated() where other != prompt {
      if let pair = Self.counterExample(try sweep(other, sizes, steps: steps)) {
        count += 1
        if found.map({ Self.loss($0.pair) < Self.loss(pair) }) ?? true { found = (other, pair) }
      }
      progress(index + 1)
    }
    let searched = prompts.count { $0 != prompt } + 1
    let example = found.map {
      BeamSizesAnswer.CounterExample(
        prompt: $0.prompt, steps: steps, fewer: $0.pair.fewer, more: $0.pair.more)
    }
    return BeamSizesAnswer(
      prompt: prompt, steps: steps, sizes: own, counterExample: example,
      promptsSearched: searched, counterExamples: count,
      conclusion: Self.conclusion(own, example, count: count, of: searched))
  }

  private func sweep(
    _ prompt: String, _ sizes: ClosedRange<Int>, steps: Int
  ) throws -> [BeamSizesAnswer.Size] {
    try sizes.map { size in
      let beam = try best(search(prompt, beams: size, steps: steps))
      return BeamSizesAnswer.Size(
        beams: size, score: beam.score, scorePerToken: beam.scorePerToken, text: beam.text)
    }
  }

  typealias Pair = (fewer: BeamSizesAnswer.Size, more: BeamSizesAnswer.Size)

  /// How much worse the score with more beams is.
  static func loss(_ pair: Pair) -> Double { pair.fewer.score - pair.more.score }

  /// The pair of sizes of which the larger loses most; `nil` when none does by more than rounding.
  static func counterExample(_ sizes: [BeamSizesAnswer.Size]) -> Pair? {
    let pairs = sizes.indices.flatMap { fewer in
      sizes[(fewer + 1)...].map { Pair(fewer: sizes[fewer], more: $0) }
    }
    return pairs.max { loss($0) < loss($1) }.flatMap { loss($0) > 1e-3 ? $0 : nil }
  }

  private static func conclusion(
    _ own: [BeamSizesAnswer.Size], _ example: BeamSizesAnswer.CounterExample?, count: Int,
    of searched: Int
  ) -> String {
    let rises = zip(own, own.dropFirst()).allSatisfy { $1.score >= $0.score }
    let sweep =
      "For the homework's prompt the score \(rises ? "never falls" : "does not always rise") from "
      + "\(own.first?.beams ?? 0) to \(own.last?.beams ?? 0) beams. "
    guard let example else {
      return sweep
        + "Among \(Words.count(searched, "prompt")) no counter-example was found: more beams never "
        + "ended worse here, though nothing guarantees it."
    }
    let loss = example.fewer.score - example.more.score
    return sweep
      + "More beams guarantee nothing: for \(count) of \(Words.count(searched, "prompt")) some larger "
      + "beam ends with a worse score. After \(Words.quoted(example.prompt)) \(example.more.beams) "
      + "beams lose \(Words.number(loss, 2)) nats against \(example.fewer.beams) "
      + "(\(Words.number(example.more.score, 2)) against \(Words.number(example.fewer.score, 2))): "
      + "the beginning of the better sequence was crowded out."
  }
}
