import FoxSearch

extension HomeworkModel {
  /// Q1.1: the homework's call, with the tree of the search and what the best beam's tokens attend to.
  ///
  /// - Throws: `Fault`, `GPT2Error` for what the model cannot continue.
  public func beamSearch(
    _ prompt: String = HomeworkQuestion.foxPrompt, beams: Int = 5, steps: Int = 10
  ) throws -> BeamSearchAnswer {
    let recorder = SearchRecorder(beams: beams)
    let result = try search(prompt, beams: beams, steps: steps, observing: recorder.observe)
    return BeamSearchAnswer(
      prompt: prompt, beams: try result.beams.map { try shown($0) },
      tree: try recorder.tree(of: result, self),
      attention: try attention(of: result.beams.first?.ids ?? result.prompt))
  }

  /// Q1.5: what BeamBlock blocks, and what that costs.
  ///
  /// The homework's number of steps is cut off in the print; it is more than 20.
  ///
  /// - Throws: `Fault`, `GPT2Error` for what the model cannot continue.
  public func beamBlock(
    _ prompt: String = HomeworkQuestion.barnPrompt, steps: Int = 40
  ) throws -> BeamBlockAnswer {
    let plain = try search(prompt, beams: 1, steps: steps)
    let recorder = SearchRecorder(beams: 1)
    let blocked = try search(
      prompt, beams: 1, steps: steps, processors: [BeamBlock()], observing: recorder.observe)
    return BeamBlockAnswer(
      prompt: prompt, plain: try best(plain), blocked: try best(blocked),
      trace: try blocked.trace.map { try $0.line(tokenizer) },
      tree: try recorder.tree(of: blocked, self, processors: ["BeamBlock"]),
      conclusion: Self.beamBlockConclusion(plain: plain, blocked: blocked))
  }

  private static func beamBlockConclusion(
    plain: SearchResult, blocked: SearchResult
  ) -> String {
    guard let before = plain.beams.first, let after = blocked.beams.first else { return "" }
    let repeated = (Self.repeatedTrigrams(before.ids), Self.repeatedTrigrams(after.ids))
    if blocked.trace.isEmpty {
      return
        "Nothing to block: no trigram would have come twice in \(before.ids.count) tokens, and "
        + "both texts are the same."
    }
    let steps = Set(blocked.trace.map(\.step)).count
    let blocks =
      "\(Words.count(blocked.trace.count, "block")) in \(Words.count(steps, "step")). "
    if before.ids == after.ids {
      return blocks
        + "None of the blocked tokens was the likeliest: the text is the same without them, and has "
        + "no trigram twice."
    }
    let cost = Double(before.score) - Double(after.score)
    let price =
      cost > 0
      ? "That costs \(Words.number(cost, 2)) nats of score."
      : "That ends \(Words.number(-cost, 2)) nats better, for greedy search is not optimal."
    return blocks
      + "Of the trigrams without them \(repeated.0) came before, with them \(repeated.1). \(price) "
      + "What is said twice in other words is not blocked."
  }

  /// How many trigrams of some ids have come before.
  static func repeatedTrigrams(_ ids: [Int]) -> Int {
    var seen: Set<[Int]> = []
    return (0..<max(0, ids.count - 2)).count { !seen.insert(Array(ids[$0..<$0 + 3])).inserted }
  }
}
