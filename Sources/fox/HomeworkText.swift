import FoxReport

/// Answers as lines for people, at most 96 columns wide: what the report shows, without its pictures.
struct HomeworkText {
  /// Whether tokens are coloured by probability.
  let isColored: Bool

  /// The answers that there are, each with a heading.
  func text(_ results: HomeworkResults) -> String {
    Part.all(results).flatMap(\.questions).compactMap { question in
      guard let body = question.body else { return nil }
      let heading = "\(question.question.rawValue.uppercased())  \(question.question.title)"
      let pieces = body.map(lines) + [wrapped(question.conclusion)]
      let lines = pieces.filter { !$0.isEmpty }.joined(separator: [""])
      return ([heading, String(repeating: "─", count: heading.count)] + lines)
        .joined(separator: "\n") + "\n\n"
    }.joined()
  }

  private func lines(_ block: AnswerPiece) -> [String] {
    switch block {
    case .heading(let text), .text(let text): wrapped(text)
    case .beams(let beams):
      beams.map { rank, beam in
        "\(rank)  \(String(format: "%.3f", beam.scorePerToken))  \(painted(beam))"
      }
    case .named(let texts): texts.flatMap { wrapped("\($0.name): \($0.text.text)") }
    case .tokens(let text): [painted(text)]
    case .trace(let lines): lines.map(Output.visible)
    case .table(let table): lines(table)
    case .confusion(let runs, let labels):
      Array(
        runs.map { lines(Confusion(run: $0, labels: labels).table) }.joined(separator: [""]))
    // A page draws every step; here about ten rows tell of them.
    case .figures(let figures):
      Array(figures.map { lines($0.table, mostRows: 10) }.joined(separator: [""]))
    case .page: []
    }
  }

  private func lines(_ table: DataTable, mostRows: Int = .max) -> [String] {
    wrapped(table.caption) + table.lines(mostRows: mostRows)
  }

  private func wrapped(_ text: String) -> [String] {
    text.isEmpty ? [] : TextTable.wrapped(Output.visible(text))
  }

  /// A text, coloured or cleaned up.
  private func painted(_ text: ScoredText) -> String {
    if !isColored { return Output.visible(text.text) }
    return text.tokens.map { token in
      let text = Output.visible(token.text)
      return token.logProbability.map { TokenColors.paint(text, Float(exp($0))) } ?? text
    }.joined()
  }
}

extension DataTable {
  /// The table for a terminal; of many rows every n-th and the last. Cells of several long texts, which
  /// do not fit beside each other, are a line each.
  fileprivate func lines(mostRows: Int) -> [String] {
    let step = max(1, (rows.count - 1) / mostRows + 1)
    let shown = rows.enumerated().filter {
      $0.offset % step == 0 || $0.offset == rows.count - 1 || $0.offset == chosen
    }
    let names = columns.map(\.name)
    let cells = shown.map { $0.element.map(Output.visible) }
    let widths = columns.indices.dropLast().map { column in
      cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    if widths.reduce(0, +) > 80 {
      return cells.flatMap { row in
        zip(names, row).flatMap { TextTable.wrapped("\($0): \($1)") }
      }
    }
    let marks = shown.map { $0.offset == chosen ? "*" : "" }
    return TextTable(
      [names] + zip(cells, marks).map { $0 + [$1] },
      left: Set(columns.indices.filter { !columns[$0].isNumber })
    ).lines
  }
}
