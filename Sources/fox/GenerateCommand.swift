import ArgumentParser
import Bytes
import Decoding
import Foundation
import GPT2
import Synchronization
import Tokenizers

/// `fox generate`: text that streams as it is made.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue prompts, greedily or by sampling.",
    discussion: """
      Without PROMPT, each line of standard input is a prompt. Greedy unless an option of sampling \
      (--seed, --temperature, --top-k, --top-p) is given. A text ends with the model's end token or \
      at the limit. Ctrl-C stops after the current token and keeps what was made.
      """)

  @Argument(help: "The text to continue.") var prompt: String?
  @OptionGroup var options: ModelOptions
  @Option(help: "The most tokens to add.") var maxNewTokens: Int
  @Option(help: "Sample: divide the logits by this.") var temperature: Float?
  @Option(help: ArgumentHelp("Sample from the k likeliest tokens.", valueName: "k")) var topK: Int?
  @Option(
    help: ArgumentHelp("Sample from the fewest tokens that have this probability.", valueName: "p"))
  var topP: Float?
  @Option(help: "Sample: the seed of PyTorch's generator (default 0).") var seed: UInt64?
  @Option(help: "Make tokens that were used less likely; 1 changes nothing.")
  var repetitionPenalty: Float?
  @Option(help: ArgumentHelp("Block repeated n-grams of this length.", valueName: "n"))
  var noRepeatNgram: Int?
  @Option(help: "Do not end before this many tokens were added.") var minNewTokens: Int?
  @Flag(help: "Do not end at the end token.") var ignoreEndToken = false
  @Flag(help: "Print one JSON document for each prompt.") var json = false

  func validate() throws {
    do { _ = try generator(endToken: nil) } catch { throw ValidationError("--\(error)") }
  }

  func run() throws {
    try reportingFailures {
      let folder = try options.folder()
      let tokenizer = try GPT2Tokenizer(folder: folder)
      let model = try options.load()
      let generator = try generator(
        endToken: ignoreEndToken ? nil : model.configuration.endOfText)
      if let prompt {
        try generate(prompt, generator, model, tokenizer, folder)
      } else {
        try Input.lines { line in
          try generate(line, generator, model, tokenizer, folder)
        }
      }
    }
  }

  private func generator(endToken: Int?) throws(DecodingError) -> TokenGenerator {
    var settings = ProcessorOptions()
    settings.repetitionPenalty = repetitionPenalty
    settings.noRepeatNGram = noRepeatNgram
    settings.minNewTokens = minNewTokens
    settings.temperature = temperature
    settings.topK = topK
    settings.topP = topP
    let endTokens = endToken.map { [$0] } ?? []
    let samples = seed != nil || settings.shapesSampling
    return try TokenGenerator(
      maxNewTokens: maxNewTokens, endTokens: Set(endTokens),
      choice: samples ? .sampled(seed: seed ?? 0) : .greedy,
      processors: settings.processors(endTokens: endTokens))
  }

  private func generate(
    _ prompt: String, _ generator: TokenGenerator, _ model: GPT2Model, _ tokenizer: GPT2Tokenizer,
    _ folder: String
  ) throws {
    let ids = try tokenizer.encodeIDs(prompt)
    var stream = TokenStream(tokenizer, prompt: prompt, isShown: !json)
    let result = try Interruption.during {
      try generator.run([ids], on: model) { _, token in
        stream.show(token) && !Interruption.wasRequested
      }
    }
    try stream.end()
    if json, let row = result.first {
      let added = row.ids.count - ids.count
      try Output.json(document(row, prompt: prompt, added: added, folder, tokenizer))
    }
    if result.first?.end == .positions {
      Output.note("fox: stopped at the model's \(model.configuration.positions) positions")
    }
    if Interruption.wasRequested { throw ExitCode(ExitStatus.interrupted) }
  }

  /// The document of `fox beam`, with one beam.
  private func document(
    _ row: Generation, prompt: String, added: Int, _ folder: String, _ tokenizer: GPT2Tokenizer
  ) throws -> JSON {
    let beam = BeamSearchResult.Beam(row)
    return [
      "model": .string(folder), "prompt": .string(prompt), "steps": .integer(added),
      "beams": [try beam.document(tokenizer)], "trace": [],
    ]
  }
}

/// Writes tokens to standard output as they come, never half a character.
private struct TokenStream {
  private var decoder: StreamingDecoder
  private let isShown: Bool
  /// The prompt, until a first token shows that it can be continued.
  private var prompt: String
  private var failure: (any Error)?

  init(_ tokenizer: GPT2Tokenizer, prompt: String, isShown: Bool) {
    decoder = StreamingDecoder(tokenizer, skipSpecialTokens: true)
    self.isShown = isShown
    self.prompt = prompt
  }

  /// Whether to go on: not after a failure to write.
  mutating func show(_ token: Int) -> Bool {
    if !isShown { return true }
    do {
      try Output.write(Output.safeLines(prompt + decoder.feed(token)))
      prompt = ""
    } catch {
      failure = error
    }
    return failure == nil
  }

  mutating func end() throws {
    if let failure { throw failure }
    if isShown { try Output.line(Output.safeLines(prompt + decoder.flush())) }
  }
}

/// Ctrl-C, remembered until the work looks.
enum Interruption {
  private static let flag = Atomic(false)

  /// Runs work that Ctrl-C does not end; it asks ``wasRequested`` instead.
  static func during<Result>(_ work: () throws -> Result) rethrows -> Result {
    let former = signal(SIGINT) { _ in Interruption.flag.store(true, ordering: .relaxed) }
    defer { signal(SIGINT, former) }
    return try work()
  }

  /// Whether Ctrl-C was pressed.
  static var wasRequested: Bool { flag.load(ordering: .relaxed) }
}
