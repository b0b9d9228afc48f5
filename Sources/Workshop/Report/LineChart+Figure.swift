import Foundation

extension LineChart {
  /// The chart as a figure of the page: its colors are the page's, its title is the caption, and
  /// each point has its numbers at the pointer and at the focus.
  ///
  /// - Parameters:
  ///   - id: Unique on the page.
  ///   - names: What the first line's points are called along x, the first point at 1: tokens.
  func figure(id: String, names: [String] = []) -> Figure {
    // Names of lines stand above, three in a row; tokens below.
    let (top, bottom) = (34 + 18 * max(0, (series.count - 1) / 3), names.isEmpty ? 46 : 86)
    let (width, height) = (400, 190 + top + bottom)
    let frame = Frame(
      width: width, height: height, left: 68, right: 16, top: top, bottom: bottom)
    let (x, y) = axes
    var lines = grid(x, y, in: frame, names: names.map { ShownTokens.fitted($0, columns: 8) })
    for (index, series) in series.enumerated() {
      lines += draw(series, index: index, x, y, in: frame)
    }
    let marks = Markup(html: lines.joined(separator: "\n"))
    let legends = series.indices.map { legend($0, in: frame) }
    let hits = series.enumerated().flatMap { index, series in
      targets(series, index: index, names: index == 0 ? names : [], x, y, in: frame)
    }
    return Figure(
      id: id, title: title, description: description, width: width, height: height,
      marks: "\(marks)\n\(legends)\n\(hits)", table: table(names))
  }

  /// What the pointer and the arrow keys find: at most 200 points of a line.
  private func targets(
    _ series: Series, index: Int, names: [String], _ x: Axis, _ y: Axis, in frame: Frame
  ) -> [Markup] {
    let points = series.points.filter { $0.x.isFinite && $0.y.isFinite }
    let stride = max(1, (points.count + 199) / 200)
    return Swift.stride(from: 0, to: points.count, by: stride).map { place in
      let point = points[place]
      let (cx, cy) = (frame.x(x.share(point.x)), frame.y(y.share(point.y)))
      let name = place < names.count ? " “\(ShownTokens.visible(names[place]))”" : ""
      let tip =
        "\(series.name)\n\(xLabel) \(Numbers.short(point.x))\(name): \(Numbers.fixed(point.y))"
      return """
        <circle class="hit" cx="\(Numbers.place(cx))" cy="\(Numbers.place(cy))" r="7" \
        data-x="\(place / stride)" data-y="\(index)" data-tip="\(tip)"/>
        """
    }
  }

  private func legend(_ index: Int, in frame: Frame) -> Markup {
    if series.count < 2 { return .empty }
    let (style, y) = (index % 5, 14 + 18 * (index / 3))
    let x = frame.left + (frame.width - frame.left) / min(series.count, 3) * (index % 3)
    return """
      <line class="line s\(style) dash\(style)" x1="\(x)" x2="\(x + 22)" y1="\(y)" y2="\(y)"/>\
      <text x="\(x + 28)" y="\(y + 4)">\(series[index].name)</text>
      """
  }

  private func table(_ names: [String]) -> DataTable {
    let xs = Set(series.flatMap { $0.points.map(\.x) }).sorted()
    // A long run is told by about forty of its steps.
    let step = max(1, (xs.count + 39) / 40)
    let shown = xs.enumerated().filter { $0.offset % step == 0 || $0.offset == xs.count - 1 }
    let values = series.map { series in
      Dictionary(series.points.map { ($0.x, $0.y) }, uniquingKeysWith: { first, _ in first })
    }
    return DataTable(
      caption: title,
      columns: [.number(xLabel)] + (names.isEmpty ? [] : [.text("token")])
        + series.map { .number($0.name) },
      rows: shown.map { index, x in
        [Numbers.short(x)]
          + (names.isEmpty ? [] : [index < names.count ? ShownTokens.visible(names[index]) : "–"])
          + values.map { $0[x].map { Numbers.fixed($0, 4) } ?? "–" }
      })
  }
}
