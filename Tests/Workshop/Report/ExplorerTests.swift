import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

@Suite("The beam-search explorer", .counted)
struct ExplorerTests {
  private let tree = SampleResults.tree(beams: 5, steps: 10)

  @Test
  func `REP-10 the picture is the tree: a node for each beam, an edge to what it continues`() throws
  {
    let plot = SearchTreePlot(id: "t", tree)
    for (index, step) in tree.steps.enumerated() {
      let nodes = plot.nodes.filter { $0.column == index + 1 }
      #expect(nodes.count { $0.kept != nil } == 5)
      #expect(nodes.count { $0.kept == nil } == 3)
      for candidate in step.candidates {
        let node = try #require(
          nodes.first { $0.kept == candidate.kept && $0.token == candidate.token })
        let parent = index == 0 ? "t-root" : "t-\(index)-\(candidate.parent)"
        #expect(node.parent == parent)
        #expect(node.text == step.beams[candidate.parent].text + candidate.token.text)
      }
    }
    let best = plot.nodes.filter(\.isBest)
    #expect(best.map(\.column) == Array(1...10))
    #expect(best.last?.kept == 0)
    let svg = plot.svg.html
    #expect(ReportPageTests.count("<path class=\"edge", in: svg) == plot.nodes.count)
    #expect(ReportPageTests.count("<g class=\"node", in: svg) == plot.nodes.count + 1)
  }

  @Test
  func `REP-10 REP-11 at most four of the discarded are drawn, all are listed`() throws {
    var tree = SampleResults.tree(beams: 2, steps: 2)
    let extra = SearchTree.Candidate(
      parent: 0, token: SampleResults.token(3), score: -9, kept: nil)
    tree.steps[1].candidates += Array(repeating: extra, count: 20)
    let plot = SearchTreePlot(id: "t", tree)
    #expect(plot.nodes.count { $0.column == 2 && $0.kept == nil } == 4)
    let html = Explorer(id: "t", caption: "c", tree: tree).html.html
    #expect(
      ReportPageTests.count("<tr class=\"discarded\">", in: html)
        == tree.steps.flatMap(\.candidates).count { $0.kept == nil })
  }

  @Test
  func `REP-11 the list holds every step, candidate and block, and needs no script`() throws {
    let html = Explorer(id: "t", caption: "c", tree: tree).html.html
    #expect(ReportPageTests.count("<li class=\"step\"", in: html) == 10)
    let candidates = tree.steps.flatMap(\.candidates)
    #expect(
      ReportPageTests.count("<tr class=\"kept\">", in: html) == candidates.count { $0.kept != nil })
    #expect(
      ReportPageTests.count("<tr class=\"discarded\">", in: html)
        == candidates.count { $0.kept == nil })
    #expect(html.contains("Preventing:  was playing -&gt;  with"))
    #expect(html.contains("<details class=\"steps\" open>"))
    #expect(!html.contains("class=\"step\" hidden"))
    // Beams that stand at minus infinity before the first step are not listed.
    #expect(ReportPageTests.count("(the prompt)", in: html) == 1)
  }
}
