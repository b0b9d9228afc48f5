/// `fox predict`: what a trained model says about texts.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Apply a trained model to texts.",
    discussion: """
      Examples:
        fox predict classifier "A lovely film." --model tuned
      """,
    subcommands: [PredictClassifierCommand.self])
}

/// `fox predict classifier`.
struct PredictClassifierCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classifier",
    abstract: "Tell the class of each text, with probabilities.",
    discussion: """
      Takes the texts that are given, the rows of a table (CSV, TSV, JSON), or else the lines of \
      standard input, as they arrive; an empty line is a text too. Prints a line for each: the \
      likeliest label, its probability, and all labels with theirs, separated by tabs; of a model of \
      scores, the score. Where config.json says that several labels can hold \
      (multi_label_classification), probabilities are independent. With --json each line is a JSON \
      document.

      Examples:
        fox predict classifier "A lovely film." "A dull one." --model tuned
        fox predict classifier --model tuned --data test.tsv --json
        fox predict classifier --model tuned <reviews.txt
      """)

  @Argument(help: "The texts; an empty one is a text too.") var texts: [String] = []
  @OptionGroup var options: ClassifierOptions
  @Option(help: ArgumentHelp("A table of texts.", valueName: "file")) var data: String?
  @OptionGroup var rows: FieldOption
  @OptionGroup var columns: ClassifierColumnOptions
  @Flag(help: "Print a JSON document a line.") var json = false

  func validate() throws {
    if data == "" { throw ValidationError("--data is empty; expected a file") }
    if data != nil, !texts.isEmpty { throw ValidationError("give texts or --data, not both") }
    if rows.field != nil, data == nil { throw ValidationError("--field needs --data") }
  }

  func run() throws {
    try reportingFailures {
      let model = try ClassifierModel(options)
      var encoder = ClassifierEncoder(model.tokenizer, length: model.length)
      var number = 0
      func classify(_ texts: [String], _ pairs: [String]?, _ place: (Int) -> String) throws {
        let first = number
        try model.classify(
          texts, pairs: pairs, encoder: &encoder,
          cut: { index, tokens in
            Output.note(
              "fox: \(place(first + index)): \(tokens) tokens are cut to \(model.length)")
          },
          each: { outputs in
            try Output.line(line(outputs, number, model), json ? .json : .text)
            number += 1
          })
      }
      if !texts.isEmpty { return try classify(texts, nil) { "text \($0 + 1)" } }
      guard let data else {
        return try Input.texts { lines in
          try classify(lines, nil) { "line \($0 + 1)" }
        }
      }
      let table = try rows.read(data)
      let columns = try columns.find(in: table, for: model)
      Output.note("fox: \(data): \(columns.description)")
      let texts = try table.texts(column: columns.first)
      let pairs = try columns.second.map { try table.texts(column: $0) }
      try classify(texts, pairs) { "\(data), \(table.place(ofRow: $0))" }
    }
  }

  private func line(_ outputs: [Float], _ index: Int, _ model: ClassifierModel) -> String {
    if model.labels.isRegression {
      let score = Double(outputs[0])
      if !json { return "\(outputs[0])" }
      return JSON.object(.init([("index", .integer(index)), ("score", .number(score))]))
        .text(.line)
    }
    if model.problem == .regression { return values(outputs, index, model) }
    let probabilities =
      model.problem == .multiLabel
      ? ClassifierOutputs.independent(outputs) : ClassifierOutputs.probabilities(outputs)
    let best = ClassifierOutputs.classes(outputs, width: outputs.count)[0]
    let all = probabilities.enumerated().map { (model.name($0), $1) }
    if json {
      return JSON.object(
        .init([
          ("index", .integer(index)), ("label", .string(model.name(best))),
          ("probabilities", .object(.init(all.map { ($0, .number($1)) }))),
        ])
      ).text(.line)
    }
    func digits(_ value: Double) -> String { String(format: "%.4f", value) }
    let words =
      [model.name(best), digits(probabilities[best])] + all.map { "\($0)=\(digits($1))" }
    return words.map { Output.visible($0) }.joined(separator: "\t")
  }

  /// A model of several scores has no likeliest label: a value for each output.
  private func values(_ outputs: [Float], _ index: Int, _ model: ClassifierModel) -> String {
    let all = outputs.enumerated().map { (model.name($0), $1) }
    if !json { return all.map { "\(Output.visible($0))=\($1)" }.joined(separator: "\t") }
    return JSON.object(
      .init([
        ("index", .integer(index)),
        ("scores", .object(.init(all.map { ($0, .number(Double($1))) }))),
      ])
    ).text(.line)
  }
}
