/// `fox logits`: the scores of every next token.
struct LogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Compute the logits of a text or of token ids.",
    discussion: """
      Reads TEXT, else --ids, else standard input. GPT-2's logits are [T, V]; without --out or --json, prints for each position the five most probable \
      next tokens. Those of a BERT classifier are [1, labels]; it prints each label with its \
      probability, or its logit where labels do not exclude each other. --ids are all that the model reads: a BERT's begin with [CLS].

      Examples:
        fox logits "The brown fox jumps"
        fox logits --ids 464,7586,21831 --out logits.safetensors
      """)

  @Argument(help: ArgumentHelp("The text to tokenize.", valueName: "text")) var words: String?
  @OptionGroup var options: ModelOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Token ids, separated by commas.", valueName: "1,2,3"))
  var ids: String?
  @Option(help: "The text to tokenize; also as the argument.") var text: String?
  @Option(
    help: ArgumentHelp("Write the tensor \"logits\" to a safetensors file.", valueName: "path"))
  var out: String?
  @Flag(help: "Print one JSON document with all logits.") var json = false

  func validate() throws {
    if [ids, text, words].count(where: { $0 != nil }) > 1 {
      throw ValidationError("give either --ids or one text")
    }
  }

  /// The text that is given, else that of standard input.
  private func givenText() throws -> String { try words ?? text ?? Input.standardInput() }

  func run() throws {
    try reportingFailures {
      if let out { try Fault.refuse(out, ifAmong: Folder.files(in: options.folder())) }
      if try LoadedBERT.isIn(options.folder()) { return try classify() }
      let ids = try tokens()
      if ids.isEmpty { throw self.ids == nil ? Fault.emptyPrompt : CommandError.noIDs }
      let model = try options.load()
      let logits = try GPT2Session(
        model: model, reserving: min(ids.count, model.configuration.positions)
      ).advance([ids], logits: .all)
      if logits.firstNonFinite != nil {
        throw model.firstBadWeight() ?? .badLogits(sequence: 0)
      }
      try write(logits)
      if json {
        try Output.json(document(ids, logits))
      } else if out == nil {
        try printBest(ids, logits)
      }
    }
  }

  private func classify() throws {
    if options.precision != .f32 {
      throw CommandError("--precision is for GPT-2; this model is a BERT")
    }
    let bert = try LoadedBERT(folder: options.folder())
    let ids = try ids.map { try TokenIDs.parse($0) } ?? bert.tokenizer().encode(givenText()).ids
    if ids.isEmpty { throw CommandError.noIDs }
    let tokens = try ids.map { id in
      guard let id = Int32(exactly: id) else {
        throw Fault.token(id: id, vocabulary: bert.model.configuration.vocabularySize)
      }
      return id
    }
    let logits = try bert.model.logits(BERTBatch([tokens]))
    let row = try bert.checked(logits)[0]
    try write(logits)
    let configuration = bert.model.configuration
    let labels = configuration.labels
    if json {
      try Output.json([
        "ids": .array(ids.map { .integer($0) }),
        "labels": .array(labels.map { .string($0) }),
        "logits": .array([.array(row.map { .number(Double($0)) })]),
      ])
    } else if out == nil {
      // Only one label of several makes probabilities of all.
      let isOne = configuration.problem == nil && labels.count > 1
      try printLabels(
        labels, row, areProbabilities: isOne || configuration.problem == .singleLabel)
    }
  }

  private func write(_ logits: Tensor) throws {
    guard let out else { return }
    Output.noteLink(out)
    try SafeTensorsFile.write([OutgoingTensor("logits", logits)], to: out)
    Output.note("wrote logits \(logits.shape) to \(out)")
  }

  private func tokens() throws -> [Int] {
    if let ids { return try TokenIDs.parse(ids) }
    return try GPT2Tokenizer(folder: options.folderOfGPT2()).encode(givenText()).ids
  }

  private func rows(_ logits: Tensor) -> [[Float]] {
    let width = logits.shape[1]
    let elements = logits.elements
    return stride(from: 0, to: elements.count, by: width).map { Array(elements[$0..<$0 + width]) }
  }

  private func document(_ ids: [Int], _ logits: Tensor) -> JSON {
    [
      "ids": .array(ids.map { .integer($0) }),
      "logits": .array(
        rows(logits).map { .array($0.map { .number(Double($0)) }) }),
    ]
  }

  private func printLabels(
    _ labels: [String], _ row: [Float], areProbabilities: Bool
  ) throws {
    var values = row
    if areProbabilities { Rows.softmax(row, &values, count: row.count) }
    for (label, value) in zip(labels, values) {
      try Output.line("\(Output.visible(label)) \(String(format: "%.4f", value))")
    }
  }

  private func printBest(_ ids: [Int], _ logits: Tensor) throws {
    let tokenizer = try? GPT2Tokenizer(folder: options.folder())
    func name(_ id: Int) -> String { tokenizer?.token(of: id).map { " \($0)" } ?? "" }
    for (id, row) in zip(ids, rows(logits)) {
      var logProbabilities = row
      Rows.logSoftmax(row, &logProbabilities, count: row.count)
      let shown = top(5, of: [logProbabilities], offsets: [0]).map {
        "\($0.token)\(name($0.token)) \(String(format: "%.4f", exp($0.score)))"
      }
      try Output.line("\(id)\(name(id)) → \(shown.joined(separator: ", "))")
    }
  }
}
