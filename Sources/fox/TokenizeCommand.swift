/// `fox tokenize`: text to ids.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn text into token ids.",
    discussion: """
      Reads TEXT, else --file, else standard input. Offsets are counted in Unicode scalars of the \
      text.

      Examples:
        fox tokenize "The brown fox jumps"
        fox tokenize --lines <stories.txt >ids.jsonl
      """)

  @Argument(help: "The text.") var text: String?
  @Option(help: ArgumentHelp("Read the text from a file.", valueName: "path")) var file: String?
  @OptionGroup var options: TokenizerOptions
  @Option(help: ArgumentHelp("A second text, encoded behind the first.", valueName: "text"))
  var pair: String?
  @OptionGroup var encoding: EncodingArguments
  @Flag(help: "Encode each line of standard input; print a JSON document a line.")
  var lines = false
  @Flag(help: "Print the ids alone, a line for the text.") var idsOnly = false
  @Option(help: "With --ids-only: encode with this many threads.") var threads = 1
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if threads < 1 { throw ValidationError("--threads is \(threads); expected at least 1") }
    if threads > 1, !idsOnly { throw ValidationError("--threads goes with --ids-only") }
    if idsOnly, lines || pair != nil || json {
      throw ValidationError("--ids-only does not go with --lines, --pair and --json")
    }
    if threads > 1, !encoding.isPlain {
      throw ValidationError(
        "--threads goes with plain ids: no special tokens, nothing cut or padded")
    }
    if encoding.overflow, !json, !lines {
      throw ValidationError("--overflow needs --json or --lines")
    }
    if text != nil, file != nil { throw ValidationError("give TEXT or --file, not both") }
    if lines, text != nil || file != nil || pair != nil {
      throw ValidationError(
        "--lines reads standard input; TEXT, --file and --pair do not go with it")
    }
  }

  func run() throws {
    try reportingFailures {
      let tokenizer = try options.load()
      if lines { return try printLines(tokenizer) }
      if idsOnly { return try printIDs(tokenizer) }
      var encoder = tokenizer.makeEncoder()
      let found = try encoder.encode(input(), pair: pair, options: encoding.options)
      if json {
        var text = ""
        EncodingText.append(found, overflow: encoding.overflow, to: &text)
        try Output.write(text, .json)
      } else {
        try printTable(found)
      }
    }
  }

  private func printLines(_ tokenizer: any TextTokenizer) throws {
    var encoder = tokenizer.makeEncoder()
    let options = encoding.options
    try Input.lines { lines in
      var text = ""
      // What a chunk of input holds is written at once; lines before a wrong one still count.
      do {
        for line in lines {
          let found = try encoder.encode(line, pair: nil, options: options)
          EncodingText.append(found, overflow: encoding.overflow, to: &text)
        }
      } catch {
        try Output.write(text, .json)
        throw error
      }
      try Output.write(text, .json)
    }
  }

  private func printIDs(_ tokenizer: any TextTokenizer) throws {
    let ids: [Int]
    if encoding.isPlain {
      ids = try tokenizer.encodeIDs(utf8: Array(input().utf8), threads: threads)
    } else {
      var options = encoding.options
      options.returnsTokens = false
      var encoder = tokenizer.makeEncoder()
      ids = try encoder.encode(input(), pair: nil, options: options).ids
    }
    try Output.line(ids.map(String.init).joined(separator: " "))
  }

  private func input() throws -> String {
    if let text { return text }
    if let file { return try Input.file(file) }
    return try Input.standardInput()
  }

  /// A row for each token: id, token, and where it stands.
  private func printTable(_ encoding: Encoding) throws {
    var table = ""
    for ((id, token), offset) in zip(zip(encoding.ids, encoding.tokens), encoding.offsets) {
      table += "\(id)\t\(Output.visible(token))\t\(offset.lowerBound)\t\(offset.upperBound)\n"
    }
    try Output.write(table)
  }
}

/// `fox detokenize`: ids to text.
struct DetokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detokenize",
    abstract: "Turn token ids into text.",
    discussion: """
      Reads IDS, separated by blanks or commas, else standard input. Bytes that are not UTF-8 show \
      as U+FFFD, as in the reference. The text is not cleaned up: see --clean-up.

      Examples:
        fox detokenize 464 7586 21831
        fox tokenize "The brown fox" --ids-only | fox detokenize
      """)

  @Argument(help: "Token ids.") var ids: [String] = []
  @OptionGroup var options: TokenizerOptions
  @Flag(help: "Leave out special tokens.") var skipSpecialTokens = false
  @Flag(help: "Remove blanks before punctuation, as the reference's decode does by default.")
  var cleanUp = false
  @Flag(help: "Print one JSON document, with the text cleaned up and raw.") var json = false

  func run() throws {
    try reportingFailures {
      let tokenizer = try options.load()
      let ids = try numbers()
      func text(cleanUp: Bool) throws -> String {
        try tokenizer.decode(ids, skipSpecialTokens: skipSpecialTokens, cleanUpSpaces: cleanUp)
      }
      if json {
        try Output.json([
          "ids": .array(ids.map { .integer($0) }), "text": .string(text(cleanUp: true)),
          "text_raw": .string(text(cleanUp: false)),
        ])
      } else {
        try Output.line(text(cleanUp: cleanUp))
      }
    }
  }

  private func numbers() throws -> [Int] {
    let text = try ids.isEmpty ? Input.standardInput() : ids.joined(separator: " ")
    return try TokenIDs.parse(text)
  }
}

/// Token ids written as text.
enum TokenIDs {
  /// Reads ids separated by blanks or commas; before each comma there must be one.
  static func parse(_ text: String) throws -> [Int] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return try parts.enumerated().flatMap { index, part in
      let words = part.split(whereSeparator: \.isWhitespace)
      if words.isEmpty, index + 1 < parts.count { throw CommandError.notAnID("") }
      return try words.map { word in
        guard let id = Int(word) else { throw CommandError.notAnID(String(word)) }
        return id
      }
    }
  }
}
