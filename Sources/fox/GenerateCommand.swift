/// `fox generate`: text that streams as it is made.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue prompts greedily, by sampling, or by a search whose beams end.",
    discussion: """
      Without PROMPT, each line of standard input is a prompt. Greedy unless an option of sampling \
      (--seed, --temperature, --top-k, --top-p) or --beams is given, or the model's \
      generation_config.json says otherwise, which is then said. A text ends with the model's \
      end token or at the limit. Ctrl-C stops after the current token and keeps what was made. A line \
      that cannot be continued is named, and the others are continued; the exit code is then 1. \
      With --batch, lines that have arrived are continued together: each becomes what it becomes alone, \
      and is shown when it and those before it are done.

      Examples:
        fox generate "Once upon a time" --max-new-tokens 40
        fox generate "The wolf said," --max-new-tokens 30 --top-p 0.8 --temperature 0.7 --seed 1
        fox generate --max-new-tokens 20 --beams 4 --json <prompts.txt
        fox generate --max-new-tokens 40 --batch 16 <prompts.txt
      """)

  @Argument(help: "The text to continue.") var prompt: String?
  @OptionGroup var options: ModelOptions
  @Option(parsing: .unconditional, help: "The most tokens to add.") var maxNewTokens: Int
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var search: SearchOptions
  @OptionGroup var steering: SteeringOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Continue this many lines of standard input at once, 1 to 64 (default 1).", valueName: "n"))
  var batch: Int?
  @Flag(help: "Print one JSON document for each prompt.") var json = false

  func validate() throws {
    if let name = search.optionWithoutBeams { throw ValidationError("\(name) needs --beams") }
    if search.isAsked, sampling.isAsked {
      throw ValidationError("--beams does not go with the options of sampling")
    }
    if let batch, !(1...64).contains(batch) {
      throw ValidationError("--batch is \(batch); expected 1 to 64")
    }
    if batch != nil, prompt != nil || search.isAsked {
      throw ValidationError("--batch goes neither with a prompt nor with --beams")
    }
    if sampling.greedy, search.isAsked || sampling.isAsked {
      throw ValidationError("--greedy goes neither with --beams nor with the options of sampling")
    }
    do {
      let settings = try GenerationSettings(self, GenerationConfiguration())
      let processors = try settings.processors(endTokens: [], tokenizer: nil)
      _ = try settings.generator(endTokens: [], processors)
      if settings.searches { try settings.beamSearch(endTokens: [], processors).checkReturned() }
    } catch {
      throw ValidationError("--\(error)")
    }
  }

  func run() throws {
    try reportingFailures {
      let folder = try options.folderOfGPT2()
      let tokenizer = try GPT2Tokenizer(folder: folder)
      let settings = try GenerationSettings(self, GenerationConfiguration(folder: folder))
      for note in settings.notes { Output.note("fox: \(note)") }
      let job = GenerateJob(
        command: self, settings: settings, folder: folder, tokenizer: tokenizer,
        model: try options.load())
      if let prompt {
        try job.run(prompt)
      } else {
        var batch = Batch()
        try Input.texts { lines in
          if let most = self.batch, most > 1 {
            try job.run(lines, together: most, &batch)
          } else {
            for line in lines { try batch.next { try job.run(line) } }
          }
        }
        try batch.finish()
      }
    }
  }
}

/// `fox generate` with everything it needs, for one prompt after the other.
private struct GenerateJob {
  let command: GenerateCommand
  let settings: GenerationSettings
  let folder: String
  let tokenizer: GPT2Tokenizer
  let model: GPT2Model

  func run(_ prompt: String) throws {
    let ids = try tokenizer.encode(prompt).ids
    let endTokens = settings.endTokens(
      model.configuration.endTokens, vocabularySize: model.configuration.vocabularySize)
    let processors = try settings.processors(endTokens: endTokens, tokenizer: tokenizer)
    if settings.searches {
      try search(prompt, ids, settings.beamSearch(endTokens: endTokens, processors))
    } else {
      try generate(prompt, ids, settings.generator(endTokens: endTokens, processors))
    }
    if Interruption.wasRequested { throw ExitCode(ExitStatus.interrupted) }
  }

  private func generate(_ prompt: String, _ ids: [Int], _ generator: TokenGenerator) throws {
    var stream = TokenStream(tokenizer, prompt: prompt, isShown: !command.json)
    let rows: [Generation]
    do {
      rows = try Interruption.during {
        try generator.run([ids], on: model) { _, token in
          stream.show(token) && !Interruption.wasRequested
        }
      }
    } catch {
      // The next text begins on a line of its own.
      try stream.breakOff()
      throw error
    }
    try stream.end()
    if command.json { try printDocument(prompt, ids, rows.map { Beam($0) }) }
    if rows.first?.end == .positions { noteEnd() }
  }

  /// Continues lines together, and shows each when it and those before it are done.
  func run(_ lines: [String], together most: Int, _ batch: inout Batch) throws {
    let endTokens = settings.endTokens(
      model.configuration.endTokens, vocabularySize: model.configuration.vocabularySize)
    if settings.searches {
      throw Fault(
        "--batch", found: "a search, which generation_config.json asks for", expected: "none",
        hint: "take --greedy, or leave out --batch")
    }
    let generator = try settings.generator(
      endTokens: endTokens, settings.processors(endTokens: endTokens, tokenizer: tokenizer))
    var (encoded, shown): ([[Int]], Int) = ([], 0)
    var done: [Int: Result<Generation, any Error>] = [:]
    try Interruption.during {
      try generator.run(
        together: most, on: model,
        next: {
          if encoded.count == lines.count { return nil }
          encoded.append(try tokenizer.encode(lines[encoded.count]).ids)
          return encoded.last
        },
        goesOn: { !Interruption.wasRequested },
        ended: { number, result in
          done[number] = result
          while let result = done.removeValue(forKey: shown) {
            let (line, ids) = (lines[shown], encoded[shown])
            try batch.next { try show(line, ids, result.get()) }
            shown += 1
          }
        })
    }
    if Interruption.wasRequested { throw ExitCode(ExitStatus.interrupted) }
  }

  /// Shows a text that is done.
  private func show(_ prompt: String, _ ids: [Int], _ row: Generation) throws {
    var stream = TokenStream(tokenizer, prompt: prompt, isShown: !command.json)
    for token in row.ids.dropFirst(ids.count) where !stream.show(token) { break }
    try stream.end()
    if command.json { try printDocument(prompt, ids, [Beam(row)]) }
    if row.end == .positions { noteEnd() }
  }

  private func noteEnd() {
    Output.note("fox: stopped at the model's \(model.configuration.positions) positions")
  }

  private func search(_ prompt: String, _ ids: [Int], _ search: StoppingBeamSearch) throws {
    let line = ProgressLine()
    let found =
      try Interruption.during {
        try search.run([ids], on: model) { step in
          line.show("step \(step), at most \(command.maxNewTokens)")
          return !Interruption.wasRequested
        }
      }.first ?? []
    line.clear()
    let beams = found.map { Beam($0) }
    if command.json {
      try printDocument(prompt, ids, beams)
    } else {
      for beam in beams { try Output.line(beam.text(tokenizer, cleansUp: false)) }
    }
    let positions = model.configuration.positions
    if found.contains(where: { !$0.hasEnded && $0.ids.count > positions }) { noteEnd() }
  }

  /// The document of `fox beam`; `steps` is the greatest number of tokens added.
  private func printDocument(
    _ prompt: String, _ ids: [Int], _ beams: [Beam]
  ) throws {
    let added = beams.map { $0.ids.count - ids.count }.max() ?? 0
    try Output.json([
      "model": .string(folder), "prompt": .string(prompt), "steps": .integer(added),
      "beams": .array(try beams.map { try $0.document(tokenizer) }), "trace": [],
    ])
  }
}

/// Writes tokens to standard output as they come, never half a character.
private struct TokenStream {
  private let tokenizer: GPT2Tokenizer
  private var decoder: StreamingDecoder
  private let isShown: Bool
  /// The prompt, until a first token shows that it can be continued.
  private var prompt: String
  private var hasBegun = false
  private var failure: (any Error)?

  init(_ tokenizer: GPT2Tokenizer, prompt: String, isShown: Bool) {
    self.tokenizer = tokenizer
    decoder = StreamingDecoder(tokenizer, skipSpecialTokens: true)
    self.isShown = isShown
    self.prompt = prompt
  }

  /// Whether to go on: not after a failure to write.
  mutating func show(_ token: Int) -> Bool {
    if !isShown { return true }
    do {
      let text = tokenizer.known([token]).isEmpty ? "" : try decoder.feed(token)
      try Output.write(prompt + text)
      (prompt, hasBegun) = ("", true)
    } catch {
      failure = error
    }
    return failure == nil
  }

  /// Ends the line that was begun, if one was.
  mutating func breakOff() throws { if isShown, hasBegun { try end() } }

  mutating func end() throws {
    if let failure { throw failure }
    if isShown { try Output.line(prompt + decoder.flush()) }
  }
}
