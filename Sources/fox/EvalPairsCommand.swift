/// `fox eval pairs`: the homework's perplexity and ROUGE of a language model.
struct EvalPairsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Measure how well a GPT-2 knows the second sentence of stories, given the first.",
    discussion: """
      Takes the first two sentences of each story, as the homework does. Perplexity is that of the \
      second sentence; ROUGE compares it with what the model says after the first (3 beams, 32 \
      tokens). Data is JSON, JSON lines, CSV, TSV or text, one story a row.

      Examples:
        fox eval pairs --data stories.csv --limit 100
        fox eval pairs --model tuned --data coqa-dev.json --field data --json
      """)

  @OptionGroup var options: ModelOptions
  @Option(help: ArgumentHelp("The stories.", valueName: "file")) var data: String
  @OptionGroup var rows: FieldOption
  @Option(
    help: ArgumentHelp(
      "The column of the stories.", discussion: "Default: story, else text, else the first."))
  var textColumn: String?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Take the first stories only.", valueName: "n"))
  var limit: Int?
  @Flag(inversion: .prefixedNo, help: "Compute ROUGE, which takes most of the time.")
  var rouge = true
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if data.isEmpty { throw ValidationError("--data is empty; expected a file") }
    if let limit, limit < 1 {
      throw ValidationError("--limit is \(limit); expected at least 1")
    }
  }

  func run() throws {
    try reportingFailures {
      let table = try rows.read(data)
      let column = try table.textColumn(given: textColumn).name
      let stories = try table.prefix(limit ?? .max).texts(column: column)
      let sentences = SentencePairs.of(stories: stories)
      if sentences.pairs.isEmpty {
        throw Fault.noPairs(name: data, stories: stories.count)
      }
      let folder = try options.folderOfGPT2()
      let tokenizer = try GPT2Tokenizer(folder: folder)
      let meter = ProgressMeter()
      let evaluation = try PairEvaluation.run(
        sentences, model: options.load(), tokenizer: tokenizer, generates: rouge
      ) { progress in
        switch progress {
        case .scored(let done, let total): meter.show("perplexity", done, of: total)
        case .predicted(let done, let total): meter.show("ROUGE", done, of: total)
        }
      }
      meter.clear()
      Output.note(
        "column \(shown(column)); \(counted(sentences.pairs.count, "pair")) in \(meter.elapsed)")
      if json {
        try Output.json(document(evaluation, folder: folder, column: column))
      } else {
        try printTable(evaluation)
      }
    }
  }

  private func printTable(_ evaluation: PairEvaluation) throws {
    let sentences = evaluation.sentences
    try Output.line(
      "pairs       \(sentences.pairs.count) (\(counted(sentences.skipped, "story", "stories")) skipped)"
    )
    try Output.line("perplexity  \(String(format: "%.3f", evaluation.perplexity))")
    if let generation = evaluation.generation {
      try Output.line(
        "ROUGE-3     \(String(format: "%.3f", generation.homework)) (the homework's, unclipped)")
      for (kind, score) in generation.standard {
        let number = String(format: "%.3f", score.fmeasure)
        try Output.line("\("\(kind)".padded(to: 11)) \(number) (F measure)")
      }
    }
    guard let sample = sentences.pairs.first else { return }
    try Output.line(
      "sample      \(Output.visible(sample.first)) → \(Output.visible(sample.second))")
    if let prediction = evaluation.generation?.predictions.first {
      try Output.line("the model   \(Output.visible(prediction))")
    }
  }

  private func document(_ evaluation: PairEvaluation, folder: String, column: String) -> JSON {
    let sentences = evaluation.sentences
    var object = JSON.Object([
      ("model", .string(folder)), ("data", .string(data)), ("text_column", .string(column)),
      ("pairs", .integer(sentences.pairs.count)), ("skipped", .integer(sentences.skipped)),
      ("target_tokens", .integer(evaluation.lengths.reduce(0, +))),
      ("perplexity", .number(Double(evaluation.perplexity))),
    ])
    var sample: JSON.Object = .init()
    if let pair = sentences.pairs.first {
      sample = .init([("first", .string(pair.first)), ("second", .string(pair.second))])
    }
    if let generation = evaluation.generation {
      object["rouge_3"] = .number(generation.homework)
      object["rouge"] = .scores(generation.standard)
      sample["prediction"] = generation.predictions.first.map { .string($0) }
    }
    object["sample"] = .object(sample)
    return .object(object)
  }
}

/// How far work is and how long it will still take, on standard error.
private final class ProgressMeter {
  private let line = ProgressLine()
  private let clock = ContinuousClock()
  private let start = ContinuousClock().now
  private var stage: (name: String, start: ContinuousClock.Instant)?

  func show(_ name: String, _ done: Int, of total: Int) {
    let now = clock.now
    if stage?.name != name { stage = (name, now) }
    let spent = stage.map { now - $0.start } ?? .zero
    // The first call of a stage tells nothing about its speed.
    let rest = spent == .zero ? nil : spent / done * (total - done)
    let left = rest.map { ", \(seconds($0)) left" } ?? ""
    line.show("\(name): \(done) of \(counted(total, "pair"))\(left)")
  }

  func clear() { line.clear() }

  var elapsed: String { seconds(clock.now - start) }

  private func seconds(_ duration: Duration) -> String {
    String(format: "%.1f s", duration / .seconds(1))
  }
}
