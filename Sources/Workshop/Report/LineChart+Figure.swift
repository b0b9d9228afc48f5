import Foundation

extension LineChart {
  /// The chart as a figure of the page: its colours are the page's, its title is the caption, and
  /// each point has its numbers at the pointer and at the focus.
  ///
  /// - Parameters:
  ///   - id: Unique on the page.
  ///   - width: Units of the drawing; 720 for a whole column, less beside another figure.
  func figure(id: String, width: Int = 720, height: Int = 300) -> Figure {
    let frame = Frame(width: width, height: height, left: 68, right: 16, top: 34, bottom: 46)
    let (x, y) = axes
    var lines = grid(x, y, in: frame)
    for (index, series) in series.enumerated() {
      lines += draw(series, index: index, x, y, in: frame)
    }
    let marks = Markup(html: lines.joined(separator: "\n"))
    let legends = series.indices.map { legend($0, in: frame) }
    let hits = series.enumerated().flatMap { targets($1, index: $0, x, y, in: frame) }
    return Figure(
      id: id, title: title, description: description, width: width, height: height,
      marks: "\(marks)\n\(legends)\n\(hits)", table: table)
  }

  /// What the pointer and the arrow keys find: at most 200 points of a line.
  private func targets(
    _ series: Series, index: Int, _ x: Axis, _ y: Axis, in frame: Frame
  ) -> [Markup] {
    let points = series.points.filter { $0.x.isFinite && $0.y.isFinite }
    let stride = max(1, (points.count + 199) / 200)
    return Swift.stride(from: 0, to: points.count, by: stride).map { place in
      let point = points[place]
      let (cx, cy) = (frame.x(x.share(point.x)), frame.y(y.share(point.y)))
      let tip = "\(series.name)\n\(xLabel) \(Numbers.short(point.x)): \(Numbers.fixed(point.y))"
      return """
        <circle class="hit" cx="\(Numbers.place(cx))" cy="\(Numbers.place(cy))" r="7" \
        data-x="\(place / stride)" data-y="\(index)" data-tip="\(tip)"/>
        """
    }
  }

  private func legend(_ index: Int, in frame: Frame) -> Markup {
    if series.count < 2 { return .empty }
    let (x, style) = (frame.left + (frame.width - frame.left) / series.count * index, index % 4)
    return """
      <line class="line s\(style) dash\(style)" x1="\(x)" x2="\(x + 22)" y1="14" y2="14"/>\
      <text x="\(x + 28)" y="18">\(series[index].name)</text>
      """
  }

  private var table: DataTable {
    let xs = Set(series.flatMap { $0.points.map(\.x) }).sorted()
    // A long run is told by about forty of its steps.
    let step = max(1, (xs.count + 39) / 40)
    let shown = xs.enumerated().filter { $0.offset % step == 0 || $0.offset == xs.count - 1 }
    let values = series.map { series in
      Dictionary(series.points.map { ($0.x, $0.y) }, uniquingKeysWith: { first, _ in first })
    }
    return DataTable(
      caption: title, columns: [.number(xLabel)] + series.map { .number($0.name) },
      rows: shown.map { _, x in
        [Numbers.short(x)] + values.map { $0[x].map { Numbers.fixed($0, 4) } ?? "–" }
      })
  }
}
