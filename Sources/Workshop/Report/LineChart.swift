import Foundation

/// A chart of lines over numbers, as a figure that stands alone: the loss of a training run, say.
///
/// The SVG has its own colors for light and dark pages, a title and a description for readers who do
/// not see it, and no script, font or link. SPEC `FIG-1` to `FIG-3`.
package struct LineChart: Sendable {
  package struct Series: Sendable {
    /// What the legend says.
    package let name: String
    /// From left to right; points that are not finite leave a gap.
    package let points: [(x: Double, y: Double)]
    /// Whether points are marked: for a few, such as evaluations.
    package let isMarked: Bool

    /// A line through points.
    package init(_ name: String, _ points: [(x: Double, y: Double)], isMarked: Bool = false) {
      self.name = name
      self.points = points
      self.isMarked = isMarked
    }
  }

  let title: String
  let xLabel: String
  let yLabel: String
  let series: [Series]
  /// Values that the axis of y shows in any case.
  let including: [Double]

  private static let frame = Frame(
    width: 720, height: 400, left: 64, right: 20, top: 44, bottom: 52)

  /// A chart; `title` says in one sentence what is to be seen.
  package init(
    title: String, xLabel: String, yLabel: String, series: [Series], including: [Double] = []
  ) {
    self.title = title
    self.including = including
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
  }

  /// The picture as a document of its own.
  package var svg: String {
    let (frame, (x, y)) = (Self.frame, axes)
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(frame.width) \(frame.height)" \
      role="img" aria-labelledby="title description">
      """,
      "<title id=\"title\">\(escaped(title))</title>",
      "<desc id=\"description\">\(escaped(description))</desc>",
      Self.style,
      "<rect class=\"page\" width=\"\(frame.width)\" height=\"\(frame.height)\"/>",
      text(title, x: frame.left, y: 22, "class=\"title\""),
    ]
    lines += grid(x, y, in: frame)
    for (index, series) in series.enumerated() {
      lines += draw(series, index: index, x, y, in: frame)
      lines.append(legend(series, index: index))
    }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// The ranges of the finite points.
  var axes: (x: Axis, y: Axis) {
    let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    return (Axis(points.map(\.x)), Axis(points.map(\.y) + including))
  }

  /// What the picture shows, in words: each line's first, last and lowest value.
  var description: String {
    let parts = series.map { series in
      let finite = series.points.filter { $0.y.isFinite }
      guard let first = finite.first, let last = finite.last,
        let lowest = finite.min(by: { $0.y < $1.y })
      else { return "\(series.name): no points" }
      return "\(series.name): \(finite.count) points, from \(short(first.y)) to \(short(last.y)), "
        + "lowest \(short(lowest.y)) at \(short(lowest.x))"
    }
    return "\(yLabel) over \(xLabel). " + parts.joined(separator: "; ") + "."
  }
}

extension LineChart {
  /// Where the lines go within the picture.
  struct Frame {
    let width: Int
    let height: Int
    let left: Int
    let right: Int
    let top: Int
    let bottom: Int

    func x(_ share: Double) -> Double { Double(left) + share * Double(width - left - right) }
    func y(_ share: Double) -> Double {
      Double(height - bottom) - share * Double(height - top - bottom)
    }
  }

  private static let style = """
    <style>
    svg { font: 13px system-ui, sans-serif; }
    .page { fill: #ffffff; } text { fill: #1f2328; } .grid { stroke: #d1d5db; stroke-width: 1; }
    @media (prefers-color-scheme: dark) {
    .page { fill: #16191d; } text { fill: #e6e8eb; } .grid { stroke: #3a4048; } }
    .title { font-size: 15px; font-weight: 600; }
    .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
    .s0 { stroke: #2563eb; } .s1 { stroke: #ea580c; } .s2 { stroke: #16a34a; } .s3 { stroke: #a855f7; } .s4 { stroke: #0891b2; }
    .f0 { fill: #2563eb; } .f1 { fill: #ea580c; } .f2 { fill: #16a34a; } .f3 { fill: #a855f7; } .f4 { fill: #0891b2; }
    .dash1 { stroke-dasharray: 7 3; } .dash2 { stroke-dasharray: 2 3; } .dash3 { stroke-dasharray: 9 3 2 3; } .dash4 { stroke-dasharray: 12 3; }
    </style>
    """

  /// Lines and labels of the axes.
  ///
  /// - Parameter names: What stands along x in place of numbers: the first below 1, and so on.
  func grid(_ x: Axis, _ y: Axis, in frame: Frame, names: [String] = []) -> [String] {
    var lines: [String] = []
    for tick in y.ticks {
      let height = frame.y(y.share(tick))
      lines.append(
        "<line class=\"grid\" x1=\"\(frame.left)\" x2=\"\(frame.width - frame.right)\" "
          + "y1=\"\(place(height))\" y2=\"\(place(height))\"/>")
      lines.append(
        text(y.label(tick), x: frame.left - 8, y: Int(height) + 4, "text-anchor=\"end\""))
    }
    for (index, name) in names.enumerated() {
      let along = Int(frame.x(x.share(Double(index + 1)))) + 4
      let base = frame.height - frame.bottom + 10
      lines.append(
        text(
          name, x: 0, y: 0,
          "text-anchor=\"end\" transform=\"translate(\(along) \(base)) rotate(-60)\""))
    }
    for tick in x.ticks where names.isEmpty {
      let along = frame.x(x.share(tick))
      lines.append(
        text(
          x.label(tick), x: Int(along), y: frame.height - frame.bottom + 18,
          "text-anchor=\"middle\""))
    }
    lines.append(
      text(
        xLabel, x: (frame.left + frame.width - frame.right) / 2, y: frame.height - 12,
        "text-anchor=\"middle\""))
    lines.append(
      text(
        yLabel, x: 0, y: 0,
        "text-anchor=\"middle\" transform=\"translate(16 \(frame.height / 2)) rotate(-90)\""))
    return lines
  }

  /// A line in pieces: one for each run of finite points.
  func draw(
    _ series: Series, index: Int, _ x: Axis, _ y: Axis, in frame: Frame
  ) -> [String] {
    var (runs, run): ([[String]], [String]) = ([], [])
    for point in thinned(series.points) {
      if point.x.isFinite, point.y.isFinite {
        run.append("\(place(frame.x(x.share(point.x)))),\(place(frame.y(y.share(point.y))))")
      } else if !run.isEmpty {
        runs.append(run)
        run = []
      }
    }
    if !run.isEmpty { runs.append(run) }
    let style = index % 5
    var lines = runs.map { run in
      "<polyline class=\"line s\(style) dash\(style)\" points=\"\(run.joined(separator: " "))\"/>"
    }
    for point in runs.flatMap({ $0 }) where series.isMarked || runs.allSatisfy({ $0.count == 1 }) {
      let parts = point.split(separator: ",")
      lines.append("<circle class=\"f\(style)\" cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"3.5\"/>")
    }
    return lines
  }

  /// At most a thousand points; of each group the lowest and the highest stay.
  private func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let most = 1000
    if points.count <= most { return points }
    let size = (2 * points.count + most - 1) / most
    return stride(from: 0, to: points.count, by: size).flatMap { start in
      let group = points[start..<min(start + size, points.count)]
      let ends = [group.min { $0.y < $1.y }, group.max { $0.y < $1.y }].compactMap { $0 }
      return ends.sorted { $0.x < $1.x }
    }
  }

  private func legend(_ series: Series, index: Int) -> String {
    let (x, style) = (Self.frame.left + 230 * index, index % 5)
    return
      "<line class=\"line s\(style) dash\(style)\" x1=\"\(x)\" x2=\"\(x + 24)\" y1=\"35\" y2=\"35\"/>"
      + text(series.name, x: x + 30, y: 39, "")
  }

  private func text(_ words: String, x: Int, y: Int, _ attributes: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" \(attributes)>\(escaped(words))</text>"
  }

  private func place(_ value: Double) -> String { String(format: "%.1f", value) }
  private func short(_ value: Double) -> String {
    String(format: "%.4g", value).replacing("-", with: "−")
  }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}

/// The range of an axis, widened to round numbers, and where its lines are.
struct Axis {
  let lower: Double
  let upper: Double
  let step: Double

  /// An axis that shows all values; 0 to 1 when there are none.
  init(_ values: [Double]) {
    let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
    // One value alone gets room on both sides.
    let pad = greatest > least ? 0 : max(abs(least) / 10, 0.5)
    let span = greatest - least + 2 * pad
    let power = pow(10, floor(log10(span / 5)))
    step = power * ([1, 2, 5, 10].first { $0 * power >= span / 6 } ?? 10)
    lower = floor((least - pad) / step) * step
    upper = ceil((greatest + pad) / step) * step
  }

  var ticks: [Double] {
    (0...max(1, Int(((upper - lower) / step).rounded()))).map { lower + Double($0) * step }
  }

  /// How far along a value is, from 0 to 1.
  func share(_ value: Double) -> Double { (value - lower) / (upper - lower) }

  /// As many places as the step needs.
  func label(_ tick: Double) -> String {
    let places = max(0, Int(-floor(log10(step))))
    return String(format: "%.\(places)f", tick == 0 ? 0 : tick).replacing("-", with: "−")
  }
}
