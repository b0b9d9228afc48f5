/// How texts are made: what the options say, and where they are silent what the model's
/// `generation_config.json` says.
struct GenerationSettings {
  private let command: GenerateCommand
  private let file: GenerationConfiguration
  /// Whether tokens are drawn, and whether there is a search.
  let samples: Bool
  let searches: Bool

  /// - Throws: ``Fault`` for a file that asks for a search and for draws at once.
  init(_ command: GenerateCommand, _ file: GenerationConfiguration) throws(Fault) {
    (self.command, self.file) = (command, file)
    let (sampling, search) = (command.sampling, command.search)
    let isSaid = sampling.isAsked || sampling.greedy || search.beams != nil
    let fileSearches = (file.beams ?? 1) > 1
    if !isSaid, file.samples, fileSearches {
      throw Fault(
        "generation_config.json", found: "do_sample with num_beams \(file.beams ?? 1)",
        expected: "one of the two", hint: "choose with --greedy, --seed or --beams")
    }
    samples = sampling.isAsked || !isSaid && file.samples
    searches = search.isAsked || !isSaid && fileSearches
  }

  /// What was taken from the file, in words.
  var notes: [String] {
    let (steering, sampling) = (command.steering, command.sampling)
    var taken: [String] = []
    func take<Value>(_ key: String, _ value: Value?, unless option: Value?, _ applies: Bool = true)
    {
      if let value, option == nil, applies { taken.append("\(key) \(value)") }
    }
    if samples, !sampling.isAsked {
      taken.append("do_sample true (with seed 0; --seed chooses another, --greedy does not sample)")
    }
    take("temperature", file.temperature, unless: sampling.temperature, samples)
    take("top_k", file.topK, unless: sampling.topK, samples)
    take("top_p", file.topP, unless: sampling.topP, samples)
    take("num_beams", file.beams, unless: command.search.beams, searches)
    take("length_penalty", file.lengthPenalty, unless: command.search.lengthPenalty, searches)
    take(
      "early_stopping", file.earlyStopping, unless: command.search.earlyStopping?.value, searches)
    take("num_return_sequences", file.returned, unless: command.search.numReturnSequences, searches)
    take("repetition_penalty", file.repetitionPenalty, unless: steering.repetitionPenalty)
    take("no_repeat_ngram_size", file.noRepeatNGram, unless: steering.noRepeatNgram)
    take("min_new_tokens", file.minNewTokens, unless: steering.minNewTokens)
    if let tokens = file.endTokens, tokens.count > 1, !steering.ignoreEndToken {
      taken.append("eos_token_id \(tokens.map(String.init).joined(separator: ", "))")
    }
    var notes: [String] = []
    if !taken.isEmpty {
      notes.append("from generation_config.json: \(taken.joined(separator: "; "))")
    }
    if !file.ignored.isEmpty {
      notes.append("generation_config.json: not followed: \(file.ignored.joined(separator: ", "))")
    }
    return notes
  }

  func endTokens(_ model: [Int], vocabularySize: Int) -> [Int] {
    if command.steering.ignoreEndToken { return [] }
    return (file.endTokens ?? model).filter { (0..<vocabularySize).contains($0) }
  }

  func generator(
    endTokens: [Int], _ processors: [any ScoreProcessor]
  ) throws(Fault) -> TokenGenerator {
    try TokenGenerator(
      maxNewTokens: command.maxNewTokens, endTokens: Set(endTokens),
      choice: samples ? .sampled(seed: command.sampling.seed ?? 0) : .greedy,
      processors: processors)
  }

  func beamSearch(
    endTokens: [Int], _ processors: [any ScoreProcessor]
  ) throws(Fault) -> StoppingBeamSearch {
    let options = command.search
    var search = try StoppingBeamSearch(
      beams: options.beams ?? file.beams ?? 1, maxNewTokens: command.maxNewTokens,
      endTokens: endTokens)
    search.lengthPenalty = options.lengthPenalty ?? file.lengthPenalty ?? 1
    search.earlyStopping = options.earlyStopping?.value ?? file.earlyStopping ?? .heuristic
    search.returned = options.numReturnSequences ?? file.returned ?? 1
    search.processors = processors
    search.endsAtPositions = true
    return search
  }

  /// The processors that are asked for; bad words only when there is a tokenizer.
  func processors(
    endTokens: [Int], tokenizer: GPT2Tokenizer?
  ) throws(Fault) -> [any ScoreProcessor] {
    let (steering, sampling) = (command.steering, command.sampling)
    var settings = ProcessorOptions()
    settings.repetitionPenalty = steering.repetitionPenalty ?? file.repetitionPenalty
    settings.noRepeatNGram = steering.noRepeatNgram ?? file.noRepeatNGram
    settings.minNewTokens = steering.minNewTokens ?? file.minNewTokens
    settings.temperature = sampling.temperature ?? (samples ? file.temperature : nil)
    settings.topK = sampling.topK ?? (samples ? file.topK : nil)
    settings.topP = sampling.topP ?? (samples ? file.topP : nil)
    if let tokenizer {
      settings.badWords = steering.badWord.flatMap { word in
        [word, " " + word].compactMap { try? tokenizer.encodeIDs($0) }
      }
    }
    return try settings.processors(endTokens: endTokens)
  }
}
