import FoxHomework
import FoxQuestions

extension Part3 {
  /// True labels against predicted ones; a cell is shaded by its share of its row.
  static func confusion(_ run: SeedRuns, labels: [String]) -> Markup {
    let seed = run.seeds.first.map { ", seed \($0)" } ?? ""
    let names = run.confusion.indices.map { $0 < labels.count ? labels[$0] : "\($0)" }
    let rows = zip(names, run.confusion).map { name, counts -> Markup in
      let total = max(1, counts.reduce(0, +))
      let cells = counts.map { count -> Markup in
        let share = Int((45 * Double(max(0, count)) / Double(total)).rounded())
        let shade = "background:color-mix(in srgb, var(--accent) \(share)%, var(--raised))"
        return "<td style=\"\(shade)\">\(Numbers.grouped(count))</td>"
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
    }
    let head = names.map { "<th scope=\"col\">says \($0)</th>" as Markup }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="Confusion of \(run.name)">\
      <table class="confusion"><caption>\(run.name)\(seed)</caption>
      <thead><tr><td></td>\(head)</tr></thead>
      <tbody>
      \(rows)</tbody></table></div>

      """
  }
}
