/// `fox eval lm`: how well a language model foresees texts. SPEC `CLI-43`.
struct EvalLanguageModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lm",
    abstract: "Measure how well a GPT-2 foresees the tokens of texts.",
    discussion: """
      Takes the texts that are given, those of --data (JSON, JSON lines, CSV, TSV or text), or else \
      standard input. As in an evaluation of "fox train lm" they are joined and cut into blocks of \
      --block-size tokens, and what does not fill the last block is left out. Prints the mean loss of a \
      token, the perplexity, and how many tokens were the likeliest.

      Examples:
        fox eval lm --data stories.csv --model tuned
        fox eval lm "Once upon a time there was a fox."
        fox eval lm --block-size 256 --json <book.txt
      """)

  @Argument(help: "The texts.") var texts: [String] = []
  @OptionGroup var options: ModelOptions
  @Option(help: ArgumentHelp("A file of texts.", valueName: "file")) var data: String?
  @OptionGroup var rows: FieldOption
  @Option(
    help: ArgumentHelp(
      "The column of the texts.", discussion: "Default: story, else text, else the first."))
  var textColumn: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens in a block.",
      discussion: "Default: 1024, or the model's positions if they are fewer.",
      valueName: "n"))
  var blockSize: Int?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Take the first blocks only.", valueName: "n"))
  var limit: Int?
  @Option(parsing: .unconditional, help: "Blocks in a batch.") var batchSize = 8
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if data == "" { throw ValidationError("--data is empty; expected a file") }
    if data != nil, !texts.isEmpty { throw ValidationError("give texts or --data, not both") }
    for (name, value, least) in [
      ("--block-size", blockSize, 2), ("--limit", limit, 1), ("--batch-size", batchSize, 1),
    ] {
      if let value, value < least {
        throw ValidationError("\(name) is \(value); expected at least \(least)")
      }
    }
  }

  func run() throws {
    try reportingFailures {
      let (texts, name) = try read()
      let folder = try options.folderOfGPT2()
      let tokenizer = try GPT2Tokenizer(folder: folder)
      let model = try options.load()
      let blocks = try cut(texts, name, tokenizer, positions: model.configuration.positions)
      let result = try evaluate(blocks, model)
      let members: [(String, JSON)] = [
        ("model", .string(folder)), ("data", .string(name)), ("texts", .integer(texts.count)),
        ("tokens", .integer(blocks.tokens)), ("dropped", .integer(blocks.dropped)),
        ("blocks", .integer(blocks.count)), ("block_size", .integer(blocks.blockSize)),
        ("loss", .number(result.loss)), ("perplexity", .number(Perplexity.of(loss: result.loss))),
        ("accuracy", .number(result.accuracy)),
      ]
      if json { return try Output.json(.object(.init(members))) }
      Output.note(
        "\(name): \(counted(texts.count, "text")), \(counted(blocks.tokens, "token")), "
          + "\(counted(blocks.count, "block")) of \(blocks.blockSize)")
      for (key, value) in members.suffix(3) {
        let number = String(format: "%.4f", value.double ?? .infinity)
        try Output.line("\(key.padded(to: 11)) \(number)")
      }
    }
  }

  /// The texts, and what they are called in messages.
  private func read() throws -> (texts: [String], name: String) {
    if !texts.isEmpty { return (texts, "the texts") }
    let table: Table
    if let data {
      table = try rows.read(data)
    } else {
      table = try Table.read(
        Array(Input.standardInput().utf8), name: "standard input",
        options: TableOptions(format: rows.field == nil ? .text : .json, field: rows.field))
    }
    let column = try table.textColumn(given: textColumn).name
    let texts = try table.texts(column: column)
    if texts.isEmpty { throw Fault.noRows(table.name) }
    if data != nil { Output.note("column \(shown(column))") }
    return (texts, table.name)
  }

  private func cut(
    _ texts: [String], _ name: String, _ tokenizer: GPT2Tokenizer, positions: Int
  ) throws -> LanguageModelBlocks {
    if let blockSize, blockSize > positions {
      throw Fault(
        "--block-size", found: "\(blockSize)",
        expected: "at most the model's \(positions) positions")
    }
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let ids = try texts.map { try encoder.encodeIDs($0) }
    let count = ids.reduce(0) { $0 + $1.count }
    if count < 2 {
      throw Fault(
        name, found: counted(count, "token"), expected: "at least 2: the first is not foreseen")
    }
    // A few texts that nobody wants cut into blocks are one block.
    let size = blockSize ?? min(1024, positions, count)
    var next = 0
    let blocks = try LanguageModelBlocks.cut(texts, name: name, blockSize: size) { part in
      defer { next += part.count }
      return Array(ids[next..<next + part.count])
    }
    return limit.map { blocks.prefix($0) } ?? blocks
  }

  /// An evaluation of the trainer, without a training before it. Nothing is trained in int8: there each
  /// block is read as a text.
  private func evaluate(
    _ blocks: LanguageModelBlocks, _ model: GPT2Model
  ) throws -> (loss: Double, accuracy: Double) {
    if options.precision == .int8 {
      var (loss, equal) = (0.0, 0)
      for block in 0..<blocks.count {
        let ids = blocks.ids[blocks.offsets[block]..<blocks.offsets[block + 1]]
        let found = try model.foresight(of: ids.map { Int($0) })
        loss += Double(found.loss) / Double(blocks.count)
        equal += zip(found.likeliest, ids.dropFirst()).count { $0 == $1 }
      }
      return (loss, Double(equal) / Double(blocks.count * (blocks.blockSize - 1)))
    }
    let task = try LanguageModelTask(GPT2Trainable(model), training: nil, evaluation: blocks)
    var arguments = TrainingArguments(outputFolder: "")
    (arguments.trains, arguments.evaluationBatchSize) = (false, batchSize)
    let line = ProgressLine()
    defer { line.clear() }
    let progress = TrainingProgress(isHidden: false, show: line.show, note: { _ in })
    let metrics = try Trainer(task, arguments, callbacks: [progress]).evaluate()
    return (metrics["eval_loss"]?.double ?? .nan, metrics["eval_accuracy"]?.double ?? .nan)
  }
}
