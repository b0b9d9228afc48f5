/// `fox embed`: one vector for each text.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Compute one vector for each text, by a BERT encoder.",
    discussion: """
      Without texts it takes the lines of standard input. Prints the numbers of a text on a line, \
      separated by spaces. A line that is too long is named, and the others are embedded; the exit \
      code is then 1. What a folder of sentence-transformers asks for and is not followed is said.

      Examples:
        fox embed "A fox in the snow" "A dog in the rain" --normalize
        fox embed --pooling cls --json <sentences.txt
      """)

  @Argument(help: "The texts; an empty one is a text too.") var texts: [String] = []
  @OptionGroup var encoder: EncoderOption
  @Option(
    help: ArgumentHelp(
      "mean: over all tokens; cls: the first token's state; pooler: what it makes of it.",
      discussion: "Default: what 1_Pooling/config.json of the folder says, else mean."))
  var pooling: BERTPooling?
  @Flag(help: "Divide each vector by its length.") var normalize = false
  @Option(
    help: ArgumentHelp(
      "Cut texts to this number of tokens. Default: texts that are too long are refused.",
      valueName: "n"))
  var maxLength: Int?
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if let maxLength, maxLength < 1 {
      throw ValidationError("--max-length \(maxLength): expected at least 1")
    }
  }

  func run() throws {
    try reportingFailures {
      let folder = try encoder.folder()
      let settings = try SentenceSettings(folder: folder)
      let bert = try LoadedBERT(folder: folder)
      let tokenizer = try bert.tokenizer()
      say(settings)
      var job = EmbedJob(command: self, bert: bert, tokenizer: tokenizer, settings: settings)
      try eachPart { try job.run($0) }
      if json { try Output.json(["embeddings": .array(job.rows)]) }
      try job.batch.finish()
    }
  }

  /// Says what is taken from the folder, and what is not.
  private func say(_ settings: SentenceSettings) {
    for note in settings.notes { Output.note("fox: \(note)") }
    if pooling == nil, let found = settings.pooling, found != .mean {
      Output.note("fox: from 1_Pooling/config.json: pooling \(found.rawValue)")
    }
    if settings.lowercases { Output.note("fox: from sentence_bert_config.json: lower case") }
    if settings.normalizes, !normalize {
      Output.note("fox: modules.json divides vectors by their length; here --normalize does")
    }
  }

  /// The texts, or the lines of standard input as they arrive.
  private func eachPart(_ body: ([String]) throws -> Void) throws {
    if texts.isEmpty { try Input.texts(body) } else { try body(texts) }
  }
}

/// `fox embed` with everything it needs, for one part of the texts after the other.
private struct EmbedJob {
  let command: EmbedCommand
  let bert: LoadedBERT
  let tokenizer: BERTTokenizer
  let settings: SentenceSettings
  private let arena = Arena()
  /// The vectors, where they are kept for a document; null for a text that was refused.
  private(set) var rows: [JSON] = []
  private(set) var batch = Batch()
  private var hasSaidLength = false

  init(
    command: EmbedCommand, bert: LoadedBERT, tokenizer: BERTTokenizer, settings: SentenceSettings
  ) {
    (self.command, self.bert, self.tokenizer) = (command, bert, tokenizer)
    self.settings = settings
  }

  /// Embeds texts, as many at once as fit the memory.
  mutating func run(_ texts: [String]) throws {
    var (part, tokens) = ([[Int32]](), 0)
    for text in texts {
      guard let ids = try ids(text) else {
        try flush(&part)
        try put(nil)
        continue
      }
      if tokens + ids.count > 4096 {
        try flush(&part)
        tokens = 0
      }
      part.append(ids)
      tokens += ids.count
    }
    try flush(&part)
  }

  /// The ids of a text; `nil` for a line that is too long. An argument that is, is an error.
  private mutating func ids(_ text: String) throws -> [Int32]? {
    var found: [Int32]?
    func encode() throws {
      var options = EncodingOptions()
      options.returnsTokens = false
      options.maxLength = command.maxLength
      let text = settings.lowercases ? text.lowercased() : text
      let ids = try tokenizer.encode(text, options: options).ids.map { Int32($0) }
      let positions = bert.model.configuration.positions
      if ids.count > positions { throw Fault.tooLong(tokens: ids.count, positions: positions) }
      found = ids
    }
    if command.texts.isEmpty { try batch.next(encode) } else { try encode() }
    if let found { sayLength(found.count) }
    return found
  }

  /// Says, once, that a text would be cut by sentence-transformers and is not here.
  private mutating func sayLength(_ count: Int) {
    guard let most = settings.maxLength, count > most, command.maxLength == nil, !hasSaidLength
    else { return }
    hasSaidLength = true
    Output.note(
      "fox: a text has \(count) tokens; sentence_bert_config.json cuts texts to \(most), here "
        + "--max-length \(most) does")
  }

  private mutating func flush(_ part: inout [[Int32]]) throws {
    if part.isEmpty { return }
    let vectors = try bert.checked(
      bert.model.embeddings(
        BERTBatch(part), pooling: command.pooling ?? settings.pooling ?? .mean,
        normalize: command.normalize, arena: arena))
    for vector in vectors { try put(vector) }
    part = []
  }

  /// A line for each text, also for one that was refused: the next is where it is looked for.
  private mutating func put(_ vector: [Float]?) throws {
    if command.json {
      rows.append(vector.map { .array($0.map { .number(Double($0)) }) } ?? .null)
    } else {
      try Output.line((vector ?? []).map(\.description).joined(separator: " "))
    }
  }
}

extension BERTPooling: ExpressibleByArgument {}
