import Foundation

/// Rows of values on one axis: accuracies of the seeds with their mean, differences with their
/// intervals, gains per pivot.
struct RowPlot {
  struct Row {
    let label: String
    /// Single values, in the order of ``RowPlot/pointNames``.
    var points: [Double] = []
    /// Drawn as a tick.
    var mean: Double?
    /// Drawn as a whisker around the mean.
    var interval: ClosedRange<Double>?
    /// Which of the four colors.
    var style = 0
  }

  let title: String
  let axisLabel: String
  let rows: [Row]
  /// What the values of a row are of: seeds, say.
  var pointNames: [String] = []
  /// A value with a line of its own: zero, or chance.
  var reference: Double?
  var intervalName = "interval"
  var places = 3

  // A row's label stands above its line: so the drawing fits a phone and its words can be read there.
  private let left = 18.0
  private let right = 18.0
  private let top = 6.0
  private let rowHeight = 46.0
  private let width = 400

  /// The plot as a figure of the page.
  func figure(id: String) -> Figure {
    let height = Int(top + rowHeight * Double(rows.count)) + 48
    let axis = axis
    let lines = rows.enumerated().map { draw($1, at: $0, axis) }
    return Figure(
      id: id, title: title, description: description, width: width, height: height,
      marks: "\(grid(axis, height: height))\n\(lines)", table: table)
  }

  private var axis: Axis {
    let values = rows.flatMap { row in
      row.points + [row.mean, row.interval?.lowerBound, row.interval?.upperBound].compactMap { $0 }
    }
    return Axis((values + [reference].compactMap { $0 }).filter(\.isFinite))
  }

  private func x(_ value: Double, _ axis: Axis) -> String {
    Numbers.place(left + axis.share(value) * (Double(width) - left - right))
  }

  private func grid(_ axis: Axis, height: Int) -> Markup {
    let bottom = height - 42
    let ticks = axis.ticks.map { tick -> Markup in
      """
      <line class="grid" x1="\(x(tick, axis))" x2="\(x(tick, axis))" y1="\(Int(top))" \
      y2="\(bottom)"/><text class="soft" x="\(x(tick, axis))" y="\(bottom + 17)" \
      text-anchor="middle">\(axis.label(tick))</text>
      """
    }
    let middle = Int((left + Double(width) - right) / 2)
    let line: Markup? = reference.map { value in
      """
      <line class="zero" x1="\(x(value, axis))" x2="\(x(value, axis))" y1="\(Int(top))" \
      y2="\(bottom)"/>
      """
    }
    return """
      \(ticks)\(line)<text class="soft" x="\(middle)" y="\(bottom + 36)" \
      text-anchor="middle">\(axisLabel)</text>
      """
  }

  private func draw(_ row: Row, at index: Int, _ axis: Axis) -> Markup {
    let y = top + rowHeight * (Double(index) + 0.7)
    let label: Markup = """
      <text class="over" x="2" y="\(Numbers.place(y - 16))">\(ShownTokens.fitted(row.label, columns: 52))</text>
      """
    return """
      \(label)\(stem(row, y, axis))\(whisker(row, y, axis))\(mean(row, y, axis))\(dots(row, at: index, y, axis))

      """
  }

  /// A single value hangs on the reference.
  private func stem(_ row: Row, _ y: Double, _ axis: Axis) -> Markup? {
    guard let reference, row.mean == nil, row.points.count == 1, row.points[0].isFinite else {
      return nil
    }
    return """
      <line class="stem s\(row.style)" x1="\(x(reference, axis))" \
      x2="\(x(row.points[0], axis))" y1="\(Numbers.place(y))" y2="\(Numbers.place(y))"/>
      """
  }

  private func whisker(_ row: Row, _ y: Double, _ axis: Axis) -> Markup? {
    row.interval.map { interval in
      """
      <line class="whisker s\(row.style)" x1="\(x(interval.lowerBound, axis))" \
      x2="\(x(interval.upperBound, axis))" y1="\(Numbers.place(y))" y2="\(Numbers.place(y))"/>
      """
    }
  }

  private func mean(_ row: Row, _ y: Double, _ axis: Axis) -> Markup? {
    guard let mean = row.mean, mean.isFinite else { return nil }
    return """
      <line class="mean s\(row.style)" x1="\(x(mean, axis))" x2="\(x(mean, axis))" \
      y1="\(Numbers.place(y - 9))" y2="\(Numbers.place(y + 9))"/>
      """
  }

  /// The single values, and for the pointer the mean.
  private func dots(_ row: Row, at index: Int, _ y: Double, _ axis: Axis) -> [Markup] {
    var values = row.points.enumerated().map { place, value in
      (value, (place < pointNames.count ? pointNames[place] + ": " : "") + number(value))
    }
    let drawn = values.count
    if let mean = row.mean { values.append((mean, "mean: " + spread(row, mean))) }
    return values.enumerated().filter { $1.0.isFinite }.map { place, value -> Markup in
      let dot: Markup? =
        place >= drawn
        ? nil
        : """
        <circle class="dot f\(row.style)" cx="\(x(value.0, axis))" cy="\(Numbers.place(y))" r="5"/>
        """
      return """
        \(dot)<circle class="hit" cx="\(x(value.0, axis))" cy="\(Numbers.place(y))" r="9" \
        data-x="\(place)" data-y="\(index)" data-tip="\(row.label)\n\(value.1)"/>
        """
    }
  }

  private func number(_ value: Double) -> String {
    reference == 0 ? Numbers.signed(value, places) : Numbers.fixed(value, places)
  }

  private func spread(_ row: Row, _ mean: Double) -> String {
    guard let interval = row.interval else { return number(mean) }
    return "\(number(mean)), \(intervalName) \(number(interval.lowerBound)) to "
      + number(interval.upperBound)
  }

  var description: String {
    let parts = rows.map { row -> String in
      if let mean = row.mean { return "\(row.label): mean \(spread(row, mean))" }
      return "\(row.label): " + row.points.map(number).joined(separator: ", ")
    }
    return "\(axisLabel). " + parts.joined(separator: "; ") + "."
  }

  private var table: DataTable {
    let names = (0..<(rows.map(\.points.count).max() ?? 0)).map { index in
      DataTable.Column.number(index < pointNames.count ? pointNames[index] : axisLabel)
    }
    let hasMean = rows.contains { $0.mean != nil }
    let hasInterval = rows.contains { $0.interval != nil }
    return DataTable(
      caption: title,
      columns: [.text("row")] + names + (hasMean ? [.number("mean")] : [])
        + (hasInterval ? [.number(intervalName)] : []),
      rows: rows.map { row in
        let points = names.indices.map { $0 < row.points.count ? number(row.points[$0]) : "–" }
        let interval = row.interval.map {
          "\(number($0.lowerBound)) to \(number($0.upperBound))"
        }
        return [row.label] + points + (hasMean ? [row.mean.map(number) ?? "–"] : [])
          + (hasInterval ? [interval ?? "–"] : [])
      })
  }
}
