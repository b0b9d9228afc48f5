import Foundation
import TestSupport
import Testing

@testable import FoxReport

@Suite("Figures of the page", .counted)
struct FigureTests {
  @Test
  func `FIG-4 a long line has at most 200 points to find and about forty rows`() {
    let points = (0..<1000).map { (step: Int) -> (x: Double, y: Double) in
      (Double(step), sin(Double(step) / 50))
    }
    let chart = LineChart(
      title: "Loss <by> step", xLabel: "step", yLabel: "loss", series: [.init("a", points)])
    let figure = chart.figure(id: "f")
    #expect(ReportPageTests.count("class=\"hit\"", in: figure.marks.html) == 200)
    #expect(figure.table.rows.count <= 41)
    #expect(figure.html.html.contains("<title id=\"f-title\">Loss &lt;by&gt; step</title>"))
    #expect(!figure.html.html.contains("<style>"))
  }

  @Test
  func `FIG-5 rows have their values, mean and interval on one axis`() {
    let plot = RowPlot(
      title: "t", axisLabel: "gain",
      rows: [
        .init(label: "a", points: [0.1, .nan], mean: 0.2, interval: 0.1...0.3),
        .init(label: "b", points: [-0.1]),
      ], pointNames: ["seed 1", "seed 2"], reference: 0)
    let marks = plot.figure(id: "f").marks.html
    #expect(ReportPageTests.count("class=\"dot", in: marks) == 2)
    #expect(ReportPageTests.count("class=\"whisker", in: marks) == 1)
    #expect(ReportPageTests.count("class=\"mean", in: marks) == 1)
    #expect(ReportPageTests.count("class=\"zero\"", in: marks) == 1)
    #expect(!marks.contains("nan"))
    #expect(plot.description == "gain. a: mean +0.200, interval +0.100 to +0.300; b: −0.100.")
  }
}
