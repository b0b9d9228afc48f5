import FoxQuestions

extension ReportPage {
  /// Where every number is from, and how to get it again.
  var provenance: Markup {
    let rows =
      sources.isEmpty
      ? [
        Source(
          name: "computed", provenance: results.provenance,
          questions: results.answered.map(\.rawValue))
      ] : sources
    let table = DataTable(
      caption: "What computed the results.",
      columns: [
        .text("results"), .text("questions"), .text("model"), .number("parameters"),
        .text("day"), .text("data"), .text("sha256 of the weights"),
      ],
      rows: rows.map { source in
        let from = source.provenance
        return [
          source.name, source.questions.joined(separator: ", "), from.model,
          Numbers.grouped(from.parameters), from.date, from.data, from.sha256,
        ]
      })
    return """
      \(table.html)
      <p>To compute it again: <code>fox homework all --save results.json</code>, then \
      <code>fox report report.html --results results.json</code>. Without <code>--results</code> \
      the questions of part 1 are computed on the spot. What one machine prints, another prints \
      again up to the tolerance of 32-bit sums; random numbers are PyTorch’s, and the same for the \
      same seed.</p>
      """
  }
}
