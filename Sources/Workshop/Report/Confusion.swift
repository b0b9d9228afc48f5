import FoxHomework

/// True labels against predicted ones; a cell is shaded by its share of its row.
package struct Confusion {
  let run: SeedRuns
  let labels: [String]

  package init(run: SeedRuns, labels: [String]) { (self.run, self.labels) = (run, labels) }

  private var names: [String] { run.confusion.indices.map(name) }
  private var caption: String {
    run.name + (run.seeds.first.map { ", seed \($0)" } ?? "")
      + ": how many sentences of each true label were given which"
  }

  /// Without shades.
  package var table: DataTable {
    DataTable(
      caption: caption, columns: [.text("true \\ predicted")] + names.map { .number($0) },
      rows: zip(names, run.confusion).map { [$0] + $1.map(Numbers.grouped) })
  }

  var html: Markup {
    let rows = zip(names, run.confusion).map { name, counts -> Markup in
      let total = max(1, counts.reduce(0, +))
      let cells = counts.map { count -> Markup in
        let share = Int((45 * Double(max(0, count)) / Double(total)).rounded())
        let shade = "background:color-mix(in srgb, var(--accent) \(share)%, var(--raised))"
        return "<td style=\"\(shade)\">\(Numbers.grouped(count))</td>"
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
    }
    let head = names.map { "<th scope=\"col\">\($0)</th>" as Markup }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="Confusion of \(run.name)">\
      <table class="confusion"><caption>\(caption)</caption>
      <thead><tr><td></td><th scope="colgroup" colspan="\(max(1, names.count))">predicted label →</th></tr>
      <tr><th scope="col">true label ↓</th>\(head)</tr></thead>
      <tbody>
      \(rows)</tbody></table></div>

      """
  }

  /// A label as it is read: part 3 is about sentiment, whose labels in the files are 0 and 1.
  private func name(_ index: Int) -> String {
    let name = index < labels.count ? labels[index] : "\(index)"
    return labels == ["0", "1"] ? "\(name), \(index == 0 ? "negative" : "positive")" : name
  }
}
