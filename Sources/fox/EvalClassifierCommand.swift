/// `fox eval classifier`: what a classifier is worth on labelled texts.
struct EvalClassifierCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classifier",
    abstract: "Measure a BERT classifier on texts whose labels are known.",
    discussion: """
      Prints the loss, accuracy, Matthews' correlation and, of two classes, F1 of the second; then how \
      often each class was taken for each. Of a model of scores: the mean squared error and \
      correlations. Labels are the names in config.json, or their ids. Data is JSON, CSV or TSV.

      Examples:
        fox eval classifier --model tuned --data dev.tsv
        fox eval classifier --model tuned --data dev.csv --text-column review --json
      """)

  @OptionGroup var options: ClassifierOptions
  @Option(help: ArgumentHelp("The texts and their labels.", valueName: "file")) var data: String
  @OptionGroup var rows: FieldOption
  @OptionGroup var columns: ClassifierColumnOptions
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Take the first texts only.", valueName: "n"))
  var limit: Int?
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if data.isEmpty { throw ValidationError("--data is empty; expected a file") }
    if let limit, limit < 1 {
      throw ValidationError("--limit is \(limit); expected at least 1")
    }
  }

  func run() throws {
    try reportingFailures {
      let table = try rows.read(data).prefix(limit ?? .max)
      if table.count == 0 { throw Fault.noRows(data) }
      let model = try ClassifierModel(options, evaluates: true)
      try model.checkHasOneLabel()
      let columns = try columns.find(in: table, for: model)
      guard let trained = model.trained else { throw Fault.noClassifier }
      Output.note("fox: \(data): \(columns.description)")
      let samples = try ClassifierSamples(
        table, columns, labels: model.labels, tokenizer: model.tokenizer, length: model.length,
        padsToLength: false)
      if samples.cut > 0 {
        Output.note(
          "fox: \(samples.cut) of \(samples.count) texts \(samples.cut == 1 ? "has" : "have") more than \(model.length) tokens and "
            + "are cut")
      }
      let line = ProgressLine()
      let report = try ClassifierReport.of(trained, samples, labels: model.labels) {
        line.show("\($0) of \(counted(samples.count, "text"))")
      }
      line.clear()
      if json {
        try Output.json(document(report, model, columns, samples))
      } else {
        try printTable(report, model)
      }
    }
  }

  private func printTable(_ report: ClassifierReport, _ model: ClassifierModel) throws {
    let numbers = [["texts", "\(report.count)"], ["loss", String(format: "%.4f", report.loss)]]
    let values = report.metrics.map { [$0.name, String(format: "%.4f", $0.value)] }
    try TextTable(numbers + values, left: [0, 1]).print()
    if report.confusion.isEmpty { return }
    let names = model.labels.distinctNames.map { Output.visible(String($0.prefix(40))) }
    let rows = zip(names, report.confusion).map { [$0] + $1.map(String.init) }
    try TextTable([["true \\ predicted"] + names] + rows).print()
  }

  private func document(
    _ report: ClassifierReport, _ model: ClassifierModel, _ columns: ClassifierColumns,
    _ samples: ClassifierSamples
  ) -> JSON {
    var object = JSON.Object([
      ("model", .string(model.folder)), ("data", .string(data)),
      ("text_column", .string(columns.first)),
      ("pair_column", columns.second.map { .string($0) } ?? .null),
      ("label_column", .string(columns.label)), ("texts", .integer(report.count)),
      ("cut", .integer(samples.cut)), ("loss", .number(report.loss)),
      ("metrics", .object(.init(report.metrics.map { ($0.name, .number($0.value)) }))),
    ])
    if !report.confusion.isEmpty {
      object["labels"] = .array(model.labels.distinctNames.map { .string($0) })
      object["confusion"] = .array(
        report.confusion.map { .array($0.map { .integer($0) }) })
    }
    return .object(object)
  }
}
