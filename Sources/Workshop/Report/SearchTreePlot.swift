import Foundation
import FoxHomework
import FoxQuestions

/// A search as a tree: columns are steps, nodes are beams, edges lead to what a beam continues;
/// what was discarded is faint. SPEC `REP-10`.
struct SearchTreePlot {
  /// A beam after a step, or a candidate that did not become one.
  struct Node {
    let id: String
    let parent: String
    let column: Int
    /// From the top.
    let row: Int
    let token: ScoredToken
    let score: Double
    /// Its place among the beams; `nil` when it was discarded.
    let kept: Int?
    /// What was added to the prompt so far.
    let text: String
    var isBest = false
  }

  let id: String
  let tree: SearchTree
  let nodes: [Node]
  let keptRows: Int
  /// At most so many discarded candidates of a step are drawn.
  static let mostDiscarded = 4

  private let column = 78
  private let row = 32
  private let left = 10
  private let top = 34
  private let nodeWidth = 62
  private let nodeHeight = 23

  /// Lays a tree out.
  init(id: String, _ tree: SearchTree) {
    (self.id, self.tree) = (id, tree)
    keptRows = tree.steps.map { step in step.candidates.count { $0.kept != nil } }.max() ?? 1
    var nodes: [Node] = []
    for (index, step) in tree.steps.enumerated() {
      var discarded = 0
      for candidate in step.candidates {
        if candidate.kept == nil {
          discarded += 1
          if discarded > Self.mostDiscarded { continue }
        }
        let row = candidate.kept ?? keptRows + discarded - 1
        let before = candidate.parent < step.beams.count ? step.beams[candidate.parent].text : ""
        nodes.append(
          Node(
            id: Self.id(id, index + 1, row), column: index + 1, candidate: candidate, row: row,
            parent: index == 0 ? "\(id)-root" : Self.id(id, index, candidate.parent),
            text: before + candidate.token.text))
      }
    }
    self.nodes = Self.markingBest(nodes, steps: tree.steps.count)
  }

  private static func id(_ id: String, _ step: Int, _ row: Int) -> String { "\(id)-\(step)-\(row)" }

  /// Marks the path of the beam that ends best.
  private static func markingBest(_ nodes: [Node], steps: Int) -> [Node] {
    var nodes = nodes
    var next = nodes.firstIndex { $0.column == steps && $0.kept == 0 }
    while let index = next {
      nodes[index].isBest = true
      next = nodes.firstIndex { $0.id == nodes[index].parent }
    }
    return nodes
  }

  private var width: Int { left * 2 + column * (tree.steps.count + 1) }
  private var height: Int {
    let rows = (nodes.map(\.row).max() ?? 0) + 1
    return y(rows) + 4
  }

  private func x(_ step: Int) -> Int { left + column * step }
  private func y(_ place: Int) -> Int { top + row * place + (place >= keptRows ? 12 : 0) }

  var svg: Markup {
    let title = "Search tree of \(Numbers.count(tree.steps.count, "step"))"
    return """
      <svg viewBox="0 0 \(width) \(height)" style="min-width:\(width * 92 / 100)px" role="img" \
      aria-labelledby="\(id)-title \(id)-description">
      <title id="\(id)-title">\(title)</title>
      <desc id="\(id)-description">\(description)</desc>
      \(columns)
      \(nodes.map(edge))
      \(root)\(nodes.map(draw))
      </svg>
      """
  }

  /// The tree in words.
  var description: String {
    let kept = nodes.count { $0.kept != nil }
    let best = nodes.last { $0.isBest && $0.column == tree.steps.count }
    let end = best.map { " The best beam adds: \($0.text)" } ?? ""
    return "\(Numbers.count(tree.steps.count, "step")), \(Numbers.count(kept, "beam")) kept, "
      + "\(nodes.count - kept) of the discarded "
      + "continuations drawn.\(end)"
  }

  private var columns: [Markup] {
    tree.steps.indices.map { index in
      let step = index + 1
      return """
        <rect class="stripe" data-column="\(step)" x="\(x(step) - 7)" y="4" width="\(column)" \
        height="\(height - 8)" rx="6"/>\
        <text class="column" data-column="\(step)" x="\(x(step) + nodeWidth / 2)" y="21" \
        text-anchor="middle">step \(step)</text>

        """
    }
  }

  private var root: Markup {
    let prompt = tree.prompt.map(\.text).joined()
    return """
      <g class="node root" id="\(id)-root" data-x="0" data-y="0" data-text="\(prompt)" \
      data-tip="the prompt\n\(prompt)"><rect x="\(x(0))" y="\(y(0))" width="\(nodeWidth)" \
      height="\(nodeHeight)" rx="5"/><text class="word" x="\(x(0) + nodeWidth / 2)" \
      y="\(y(0) + 15)" text-anchor="middle">prompt</text></g>

      """
  }

  private func kind(_ node: Node) -> Markup {
    node.kept == nil ? " lost" : node.isBest ? " best" : ""
  }

  private func edge(_ node: Node) -> Markup {
    let parent = nodes.first { $0.id == node.parent }
    let (x1, y1) = (x(node.column - 1) + nodeWidth, y(parent?.row ?? 0) + nodeHeight / 2)
    let (x2, y2) = (x(node.column), y(node.row) + nodeHeight / 2)
    let bend = (x1 + x2) / 2
    return """
      <path class="edge\(kind(node))" id="edge-\(node.id)" \
      d="M\(x1) \(y1)C\(bend) \(y1) \(bend) \(y2) \(x2) \(y2)"/>

      """
  }

  private func draw(_ node: Node) -> Markup {
    let color = TokenColors.color(Float(exp(node.token.logProbability ?? -.infinity)))
    let (fill, ink): (Markup, Markup) =
      node.kept == nil
      ? ("", "") : (" style=\"fill:\(color.hex)\"", " style=\"fill:\(color.ink)\"")
    let word = ShownTokens.fitted(node.token.text, columns: 7)
    return """
      <g class="node\(kind(node))" id="\(node.id)" data-parent="\(node.parent)" \
      data-x="\(node.column)" data-y="\(node.row)" data-text="\(node.text)" data-tip="\(tip(node))">\
      <rect x="\(x(node.column))" y="\(y(node.row))" width="\(nodeWidth)" \
      height="\(nodeHeight)" rx="5"\(fill)/><text class="word" \
      x="\(x(node.column) + nodeWidth / 2)" y="\(y(node.row) + 15)" \
      text-anchor="middle"\(ink)>\(word)</text></g>

      """
  }

  private func tip(_ node: Node) -> String {
    let fate = node.kept.map { "kept as beam \($0)" } ?? "discarded"
    return "“\(ShownTokens.visible(node.token.text))” \(fate)\n"
      + "p = \(Numbers.probability(node.token.logProbability)), score \(Numbers.fixed(node.score))"
  }
}

extension SearchTreePlot.Node {
  init(
    id: String, column: Int, candidate: SearchTree.Candidate, row: Int, parent: String, text: String
  ) {
    self.init(
      id: id, parent: parent, column: column, row: row, token: candidate.token,
      score: candidate.score, kept: candidate.kept, text: text)
  }
}
