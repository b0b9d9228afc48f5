import Foundation
import FoundationXML
import TestSupport
import Testing

@testable import FoxReport

@Suite("Line charts", .counted)
struct LineChartTests {
  static let falling: [(x: Double, y: Double)] = (0..<40).map { (step: Int) -> (Double, Double) in
    (Double(step), 2 + 8 / Double(step + 2))
  }
  static let chart = LineChart(
    title: "Loss of <a run> & its evaluation", xLabel: "step", yLabel: "loss",
    series: [
      .init("train", falling),
      .init("held out", [(10, 3.2), (20, 2.9), (30, .nan), (39, 2.7)], isMarked: true),
    ])

  @Test
  func `FIG-1 looks as recorded`() throws {
    try Snapshot.expect(Self.chart.svg, matches: "report/line-chart.svg")
  }

  @Test
  func `FIG-2 is well-formed XML with words for those who do not see it`() throws {
    let svg = Self.chart.svg
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(svg.contains("Loss of &lt;a run&gt; &amp; its evaluation"))
    #expect(
      Self.chart.description.contains("held out: 3 points, from 3.2 to 2.7, lowest 2.7 at 39"))
    #expect(!svg.contains("nan"))
  }

  @Test
  func `FIG-3 axes begin and end at round numbers`() {
    let axis = Axis([0.13, 0.87])
    #expect(axis.lower == 0 && abs(axis.upper - 1) < 1e-12)
    #expect(axis.ticks.map(axis.label) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Axis([]).ticks.count >= 2)
    let alone = Axis([5])
    #expect(alone.lower < 5 && alone.upper > 5)
    #expect(Axis([1e9, 3e9]).ticks.count < 10)
  }

  @Test
  func `FIG-3 a chart of many points stays small`() {
    let points = (0..<100_000).map { (step: Int) -> (x: Double, y: Double) in
      (Double(step), sin(Double(step)))
    }
    let svg = LineChart(title: "t", xLabel: "x", yLabel: "y", series: [.init("s", points)]).svg
    #expect(svg.utf8.count < 20_000)
    #expect(LineChart(title: "t", xLabel: "x", yLabel: "y", series: []).svg.contains("</svg>"))
  }
}
