import FoxHomework
import FoxQuestions

/// A piece of an answer. The page shows all of them; `fox homework` prints those that are text or numbers.
package enum AnswerPiece {
  case heading(String)
  case text(String)
  /// Beams with their ranks.
  case beams([(rank: Int, beam: ScoredText)])
  /// Texts with what they are called.
  case named([(name: String, text: ScoredText)])
  case tokens(ScoredText)
  /// Lines as the homework prints them.
  case trace([String])
  case table(DataTable)
  /// True labels against predicted ones.
  case confusion([SeedRuns], labels: [String])
  /// Side by side, or one below the other where there is no room.
  case figures([Figure])
  /// What only a page can show.
  case page(Markup)

  /// The piece on the page, with a line feed at its end.
  var html: Markup {
    switch self {
    case .heading(let text): "<h4>\(text)</h4>\n"
    case .text(let text): "<p>\(text)</p>\n"
    case .beams(let beams):
      "<ol class=\"beams\">\n\(beams.map { Self.item($0.rank, $0.beam) })</ol>\n"
    case .named(let texts):
      "<dl class=\"named\">\n\(texts.map { Self.item($0.name, $0.text) })</dl>\n"
    case .tokens(let text): "\(ShownTokens.line(text.tokens))\n"
    case .trace([]): "<p>Nothing was blocked.</p>\n"
    case .trace(let lines):
      "<ol class=\"trace\">\n\(lines.map { "<li><bdi>\($0)</bdi></li>\n" as Markup })</ol>\n"
    case .table(let table): "\(table.html)\n"
    case .confusion(let runs, let labels):
      "<div class=\"side\">\(runs.map { Confusion(run: $0, labels: labels).html })</div>\n"
    case .figures(let figures):
      figures.count == 1
        ? "\(figures[0].html)\n" : "<div class=\"side\">\(figures.map(\.html))</div>\n"
    case .page(let markup): "\(markup)\n"
    }
  }

  private static func item(_ rank: Int, _ beam: ScoredText) -> Markup {
    """
    <li><span class="rank">\(rank)</span><span class="score">\(Numbers.fixed(beam.scorePerToken))\
    </span>\(ShownTokens.line(beam.tokens))</li>

    """
  }

  private static func item(_ name: String, _ text: ScoredText) -> Markup {
    """
    <dt>\(name)<span class="score">\(Numbers.fixed(text.scorePerToken)) per token</span></dt>\
    <dd>\(ShownTokens.line(text.tokens))</dd>

    """
  }
}
