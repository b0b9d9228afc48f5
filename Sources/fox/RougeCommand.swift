/// `fox rouge`: how much of some references some predictions say.
struct RougeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rouge",
    abstract: "Score predictions against references, one text a line.",
    discussion: """
      The homework's variant counts token n-grams of all sizes up to --n and does not clip; the \
      standard one is rouge_score's ROUGE-1 to ROUGE-n, ROUGE-L and ROUGE-Lsum. Both are means over \
      the lines.

      Examples:
        fox rouge --reference gold.txt --prediction said.txt
        fox rouge --reference gold.txt --prediction said.txt --variant standard --stemmer
      """)

  @Option(help: ArgumentHelp("A file with a reference on each line.", valueName: "file"))
  var reference: String
  @Option(help: ArgumentHelp("A file with a prediction on each line.", valueName: "file"))
  var prediction: String
  @Option(parsing: .unconditional, help: "The greatest size of n-grams.") var n = 3
  @Option(help: "Which ROUGE: homework or standard.") var variant = Variant.homework
  @Flag(help: "Stem words of more than three letters (standard only).") var stemmer = false
  @OptionGroup var tokenizer: TokenizerOptions
  @Flag(help: "Print one JSON document.") var json = false

  enum Variant: String, ExpressibleByArgument, CaseIterable { case homework, standard }

  func validate() throws {
    for (name, value) in [("--reference", reference), ("--prediction", prediction)]
    where value.isEmpty {
      throw ValidationError("\(name) is empty; expected a file")
    }
    if stemmer, variant == .homework {
      throw ValidationError("--stemmer goes with --variant standard")
    }
    if tokenizer.tokenizer != nil, variant == .standard {
      throw ValidationError("--tokenizer goes with --variant homework")
    }
    do {
      if variant == .homework { try checkSize(n) } else { _ = try standard() }
    } catch {
      throw ValidationError("--\(error)")
    }
  }

  func run() throws {
    try reportingFailures {
      let references = try Self.lines(of: reference)
      let predictions = try Self.lines(of: prediction)
      try checkCounts(predictions.count, references.count)
      switch variant {
      case .homework: try printHomework(references, predictions)
      case .standard: try printStandard(references, predictions)
      }
    }
  }

  /// The texts of a file; blank lines are texts, too.
  static func lines(of path: String) throws -> [String] {
    let options = TableOptions(format: .text, keepsLineBreaks: false)
    let lines = try Table.read(path: path, options: options).texts(column: "text")
    if lines.isEmpty { throw Fault.noRows(path) }
    return lines
  }

  private func standard() throws(Fault) -> ROUGE {
    let sizes = n < 1 || n > 9 ? [n] : Array(1...n)
    return try ROUGE(
      sizes.map { .ngrams($0) } + [.longest, .longestByLine], usesStemmer: stemmer)
  }

  private func printHomework(_ references: [String], _ predictions: [String]) throws {
    var encoder = GPT2Tokenizer.Encoder(try tokenizer.loadGPT2())
    var scores: [Double] = []
    for (index, pair) in zip(references, predictions).enumerated() {
      let (gold, predicted) = try (encoder.encodeIDs(pair.0), encoder.encodeIDs(pair.1))
      do {
        scores.append(try homeworkROUGE(reference: gold, prediction: predicted, upTo: n))
      } catch {
        var fault = error
        fault.place = "line \(index + 1)"
        throw fault
      }
    }
    let mean = NumPy.mean(scores)
    if json {
      return try Output.json([
        "variant": "homework", "n": .integer(n), "count": .integer(scores.count),
        "score": .number(mean), "scores": .array(scores.map { .number($0) }),
      ])
    }
    try Output.line(
      "ROUGE-\(n) of the homework: \(shown(mean)) over \(counted(scores.count, "line"))")
  }

  private func printStandard(_ references: [String], _ predictions: [String]) throws {
    let rouge = try standard()
    let rows = try zip(references, predictions).map {
      try rouge.score(reference: $0, prediction: $1)
    }
    let means = try rouge.kinds.indices.map { kind in try ROUGEScore.mean(rows.map { $0[kind] }) }
    if json {
      return try Output.json([
        "variant": "standard", "stemmer": .bool(stemmer), "count": .integer(rows.count),
        "scores": .scores(Array(zip(rouge.kinds, means).map { (kind: $0, score: $1) })),
      ])
    }
    for (kind, mean) in zip(rouge.kinds, means) {
      try Output.line(
        "\("\(kind)".padded(to: 10)) precision \(shown(mean.precision)) recall \(shown(mean.recall)) "
          + "fmeasure \(shown(mean.fmeasure))")
    }
  }

  private func shown(_ value: Double) -> String { String(format: "%.4f", value) }
}

extension JSON {
  /// The scores of each kind of ROUGE, by name.
  static func scores(_ scores: [(kind: ROUGE.Kind, score: ROUGEScore)]) -> JSON {
    .object(
      .init(
        scores.map { entry in
          (
            "\(entry.kind)",
            [
              "precision": .number(entry.score.precision), "recall": .number(entry.score.recall),
              "fmeasure": .number(entry.score.fmeasure),
            ]
          )
        }))
  }
}
