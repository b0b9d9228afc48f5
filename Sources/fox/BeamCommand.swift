import FoxReport

/// `fox beam`: the homework's beam search.
struct BeamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "beam",
    abstract: "Continue a prompt by beam search, as the homework does.",
    discussion: """
      Without PROMPT, each line of standard input is one. Adds exactly --steps tokens to each beam: no stop at the end of a text, no length penalty. \
      The score printed is the sum of log-probabilities over the number of all tokens, prompt \
      included. On a terminal the tokens added are coloured by probability, red for low, blue for \
      high.

      Examples:
        fox beam "The brown fox jumps" --beams 5 --steps 10
        fox beam "The brown fox jumps" --beams 1 --steps 30 --word-block
        fox beam --beam-block --json <prompts.txt
      """)

  @Argument(help: "The text to continue.") var prompt: String?
  @OptionGroup var options: ModelOptions
  @Option(parsing: .unconditional, help: "How many beams to keep.") var beams = 5
  @Option(parsing: .unconditional, help: "How many tokens to add.") var steps = 10
  @Flag(help: "Block every token that the beam holds already (the homework's WordBlock).")
  var wordBlock = false
  @Flag(help: "Block every trigram that the beam holds already (BeamBlock), and trace it.")
  var beamBlock = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Block repeated n-grams of this length.", valueName: "n"))
  var noRepeatNgram: Int?
  @Option(help: "Colour tokens by probability: auto, always or never.") var color = ColorMode.auto
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    do { _ = try search() } catch {
      throw ValidationError("--\(error)")
    }
  }

  func run() throws {
    try reportingFailures {
      let folder = try options.folderOfGPT2()
      let tokenizer = try GPT2Tokenizer(folder: folder)
      let model = try options.load()
      try Batch.each(prompt) { try show($0, folder: folder, tokenizer, model) }
    }
  }

  /// Searches for one prompt and prints what is found.
  private func show(
    _ prompt: String, folder: String, _ tokenizer: GPT2Tokenizer, _ model: GPT2Model
  ) throws {
    let ids = try tokenizer.encode(prompt).ids
    if ids.isEmpty { throw Fault.emptyPrompt }
    let (result, summary) = try measure(ids, on: model)
    let trace = try result.trace.map { try $0.line(tokenizer) }
    if json {
      try Output.json(document(prompt, result, trace: trace, folder: folder, tokenizer))
    } else {
      for line in trace { try Output.line(Output.oneLine(line)) }
      for (rank, beam) in result.beams.enumerated() {
        let score = String(format: "%.3f", beam.scorePerToken)
        let text = try text(beam, result.prompt, tokenizer)
        try Output.line("\(rank) \(score) \(text)", color.isOn ? .painted : .text)
      }
    }
    noteUnknownIDs(result, tokenizer)
    Output.note(summary)
  }

  private func search() throws(Fault) -> BeamSearch {
    var processors: [any ScoreProcessor] = []
    if wordBlock { processors.append(WordBlock()) }
    if beamBlock { processors.append(BeamBlock()) }
    if let length = noRepeatNgram { processors.append(try NoRepeatNGram(length: length)) }
    return try BeamSearch(beams: beams, steps: steps, processors: processors)
  }

  private func measure(
    _ ids: [Int], on model: GPT2Model
  ) throws -> (result: SearchResult, summary: String) {
    let line = ProgressLine()
    let clock = ContinuousClock()
    let start = clock.now
    var afterPrompt = start
    let result = try search().run(ids, on: model) { step in
      if step == 1 { afterPrompt = clock.now }
      line.show("step \(step) of \(steps)")
      return true
    }
    line.clear()
    let perStep = (clock.now - afterPrompt) / max(steps - 1, 1)
    let loop =
      steps > 1 ? ", then \(milliseconds(perStep)) a step for \(counted(beams, "beam"))" : ""
    let kernels = BLASKernels.selected
    let correction = kernels.running == kernels.found ? "" : " (it had chosen \(kernels.found))"
    return (
      result,
      "prompt of \(counted(ids.count, "token")) \(milliseconds(afterPrompt - start))\(loop); OpenBLAS core "
        + "\(kernels.running)\(correction), threads: \(BLAS.threads)"
    )
  }

  private func milliseconds(_ duration: Duration) -> String {
    String(format: "%.1f ms", duration / .milliseconds(1))
  }

  /// The text of a beam; on a terminal, coloured and without control characters.
  private func text(
    _ beam: Beam, _ prompt: [Int], _ tokenizer: GPT2Tokenizer
  ) throws -> String {
    if !color.isOn { return Output.oneLine(try beam.text(tokenizer)) }
    // Each token's share of the text: bytes of a character that is not complete yet are held back.
    var decoder = StreamingDecoder(tokenizer)
    var text = ""
    for id in prompt { text += Output.visible(try decoder.feed(id)) }
    for (id, score) in zip(beam.ids.dropFirst(prompt.count), beam.tokenLogProbabilities) {
      let token = tokenizer.known([id]).isEmpty ? "\u{FFFD}" : try decoder.feed(id)
      text += TokenColors.paint(Output.visible(token), exp(score))
    }
    return text + Output.visible(decoder.flush())
  }

  private func noteUnknownIDs(_ result: SearchResult, _ tokenizer: GPT2Tokenizer) {
    let count = result.beams.reduce(0) { $0 + $1.ids.count - tokenizer.known($1.ids).count }
    if count > 0 {
      let ids = "\(counted(count, "id")) \(count == 1 ? "is" : "are")"
      Output.note("fox: \(ids) not in the tokenizer's vocabulary; texts are without them")
    }
  }

  private func document(
    _ prompt: String, _ result: SearchResult, trace: [String], folder: String,
    _ tokenizer: GPT2Tokenizer
  ) throws -> JSON {
    [
      "model": .string(folder), "prompt": .string(prompt), "steps": .integer(steps),
      "beams": .array(
        try result.beams.map { try $0.document(tokenizer) }),
      "trace": .array(trace.map { .string($0) }),
    ]
  }
}

extension Beam {
  /// The beam as `fox beam` and `fox generate` print it.
  func document(_ tokenizer: GPT2Tokenizer) throws -> JSON {
    [
      "ids": .array(ids.map { .integer($0) }), "text": .string(try text(tokenizer)),
      "text_raw": .string(try text(tokenizer, cleansUp: false)),
      "score": .number(Double(score)), "score_per_token": .number(scorePerToken),
      "token_log_probs": .array(tokenLogProbabilities.map { .number(Double($0)) }),
    ]
  }
}
