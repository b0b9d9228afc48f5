import FoxQuestions

/// The beam-search explorer: the tree as a picture, and every step with what each beam was offered,
/// kept and refused. Without script it is an ordered list of expanders. SPEC `REP-10`, `REP-11`.
struct Explorer {
  let id: String
  let caption: String
  let tree: SearchTree

  var html: Markup {
    """
    <div class="explorer" id="\(id)">
    <figure class="tree">
    <figcaption>\(caption)</figcaption>
    <div class="scroll walk" tabindex="0" role="application" \
    aria-label="\(caption) Arrow keys go from node to node." data-walk="tree">
    \(SearchTreePlot(id: id, tree).svg)
    </div>
    <p class="path" id="\(id)-path"><span class="mark">Path</span> <bdi class="shown">Point at a node, \
    or focus the tree and use the arrow keys.</bdi></p>
    </figure>
    <div class="stepper" role="group" aria-label="Step of the search" hidden>
    <button type="button" class="previous" aria-label="Previous step">←</button>
    <label for="\(id)-step">Step</label>
    <input type="range" id="\(id)-step" min="1" max="\(tree.steps.count)" value="1" step="1">
    <output for="\(id)-step">1 of \(tree.steps.count)</output>
    <button type="button" class="next" aria-label="Next step">→</button>
    <button type="button" class="expand" aria-pressed="false">Expand all</button>
    </div>
    <details class="steps" open>
    <summary>Every step: what each beam was offered, kept and refused</summary>
    <ol class="step-list">
    \(tree.steps.enumerated().map { step($1, number: $0 + 1) })</ol>
    </details>
    </div>
    """
  }

  private func step(_ step: SearchTree.Step, number: Int) -> Markup {
    let shown = step.beams.indices.filter { isAlive($0, in: step) }
    let discarded = step.candidates.count { $0.kept == nil }
    let note: Markup? =
      discarded == 0
      ? nil
      : """
      <p class="note">Every other word after every beam was discarded too; of all those the best \
      \(discarded) are listed.</p>
      """
    return """
      <li class="step" data-step="\(number)">
      <p class="step-name">Step \(number)</p>
      \(shown.map { beam($0, of: step, number: number, isFirst: $0 == shown.first) })\(note)
      </li>

      """
  }

  /// At the first step all beams but one are copies that stand at minus infinity.
  private func isAlive(_ beam: Int, in step: SearchTree.Step) -> Bool {
    step.beams[beam].score > -1e8 || step.candidates.contains { $0.parent == beam }
  }

  private func beam(
    _ index: Int, of step: SearchTree.Step, number: Int, isFirst: Bool
  ) -> Markup {
    let beam = step.beams[index]
    let candidates = step.candidates.filter { $0.parent == index }
    let kept = candidates.count { $0.kept != nil }
    let fate = kept == 0 ? "ends here" : kept == 1 ? "continues" : "continues \(kept) times"
    let text = beam.text.isEmpty ? "(the prompt)" : ShownTokens.visible(beam.text)
    let blocks = step.blocks.filter { $0.beam == index }
    return """
      <details class="node"\(isFirst ? " open" as Markup : .empty)>
      <summary><span class="rank">\(index)</span><span class="said"><bdi>\(text)</bdi></span>\
      <span class="score">\(Numbers.fixed(beam.score))</span><span class="fate">\(fate)</span></summary>
      <table>
      <caption class="unseen">Continuations of beam \(index) at step \(number)</caption>
      <thead><tr><th scope="col">token</th><th scope="col" class="n">p</th>\
      <th scope="col" class="n">score</th><th scope="col">fate</th></tr></thead>
      <tbody>
      \(candidates.map(row))</tbody>
      </table>
      \(blocks.map(line))</details>

      """
  }

  private func row(_ candidate: SearchTree.Candidate) -> Markup {
    """
    <tr class="\(candidate.kept == nil ? "discarded" : "kept")">\
    <th scope="row"><bdi>\(ShownTokens.visible(candidate.token.text))</bdi></th>\
    <td class="n">\(Numbers.probability(candidate.token.logProbability))</td>\
    <td class="n">\(Numbers.fixed(candidate.score))</td>\
    <td>\(candidate.kept.map { "becomes beam \($0)" } ?? "discarded")</td></tr>

    """
  }

  private func line(_ block: SearchTree.BlockedToken) -> Markup {
    let line = block.line.isEmpty ? "\(block.context) → \(block.token)" : block.line
    return "<p class=\"block\"><span class=\"mark\">Blocked</span> <bdi>\(line)</bdi></p>\n"
  }
}
