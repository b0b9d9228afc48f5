import FoxQuestions

/// The beam-search explorer: the tree as a picture, and every step with what each beam was offered,
/// kept and refused. Without script it is an ordered list of expanders. SPEC `REP-10`, `REP-11`.
struct Explorer {
  let id: String
  let caption: String
  let tree: SearchTree

  /// The explorer.
  func html() throws(ReportError) -> Markup {
    let steps = tree.steps.enumerated().map { step($1, number: $0 + 1) }
    return try Resources.explorer().render([
      "id": .text(id), "caption": .text(caption),
      "label": .text("\(caption) Arrow keys go from node to node."),
      "tree": .markup(SearchTreePlot(id: id, tree).svg), "count": .text("\(tree.steps.count)"),
      "steps": .list(steps),
    ])
  }

  private func step(_ step: SearchTree.Step, number: Int) -> [String: Template.Value] {
    let shown = step.beams.indices.filter { isAlive($0, in: step) }
    let discarded = step.candidates.count { $0.kept == nil }
    let note =
      "Every other word after every beam was discarded too; of all those the best \(discarded) "
      + "are listed."
    return [
      "number": .text("\(number)"),
      "beams": .list(shown.map { beam($0, of: step, isFirst: $0 == shown.first) }),
      "hasDiscarded": .flag(discarded > 0), "discarded": .text(note),
    ]
  }

  /// At the first step all beams but one are copies that stand at minus infinity.
  private func isAlive(_ beam: Int, in step: SearchTree.Step) -> Bool {
    step.beams[beam].score > -1e8 || step.candidates.contains { $0.parent == beam }
  }

  private func beam(
    _ index: Int, of step: SearchTree.Step, isFirst: Bool
  ) -> [String: Template.Value] {
    let beam = step.beams[index]
    let candidates = step.candidates.filter { $0.parent == index }
    let kept = candidates.count { $0.kept != nil }
    let blocks = step.blocks.filter { $0.beam == index }
    return [
      "rank": .text("\(index)"), "first": .flag(isFirst),
      "text": .text(beam.text.isEmpty ? "(the prompt)" : ShownTokens.visible(beam.text)),
      "score": .text(Numbers.fixed(beam.score)),
      "fate": .text(kept == 0 ? "ends here" : kept == 1 ? "continues" : "continues \(kept) times"),
      "candidates": .list(candidates.map(row)),
      "blocks": .list(blocks.map { ["line": .text(line($0))] }),
    ]
  }

  private func row(_ candidate: SearchTree.Candidate) -> [String: Template.Value] {
    [
      "kind": .text(candidate.kept == nil ? "discarded" : "kept"),
      "token": .markup("<bdi>\(ShownTokens.visible(candidate.token.text))</bdi>"),
      "probability": .text(Numbers.probability(candidate.token.logProbability)),
      "score": .text(Numbers.fixed(candidate.score)),
      "fate": .text(candidate.kept.map { "becomes beam \($0)" } ?? "discarded"),
    ]
  }

  private func line(_ block: SearchTree.BlockedToken) -> String {
    block.line.isEmpty ? "\(block.context) → \(block.token)" : block.line
  }
}
