import FoxQuestions

extension ReportPage {
  /// Where every number is from, and how to get it again.
  var provenance: Markup {
    let sources = sources.isEmpty ? [Source(results, name: "computed")] : sources
    let rows = sources.flatMap { source in source.rows.map { (source.name, $0) } }
    let table = DataTable(
      caption: "What computed the results.",
      columns: [
        .text("results"), .text("questions"), .text("model"), .number("parameters"),
        .text("day"), .text("data"), .text("sha256 of the weights"),
      ],
      rows: rows.map { name, row in
        let from = row.from
        return [
          name, row.questions.joined(separator: ", "), from.model,
          Numbers.grouped(from.parameters), from.date, from.data, from.sha256,
        ]
      })
    return """
      \(table.html)
      <p>To compute it again: <code>fox homework all --save results.json</code>, then \
      <code>fox report report.html --results results.json</code>. Without <code>--results</code> \
      all that can be answered here is computed on the spot, from few texts. What one machine prints, another prints \
      again up to the tolerance of 32-bit sums; random numbers are PyTorch’s, and the same for the \
      same seed.</p>
      """
  }
}
