/// `fox augment`: paraphrases by translating there and back.
struct AugmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment",
    abstract: "Add paraphrases to labelled sentences, by translating them there and back.",
    discussion: """
      Writes train.tsv and train.csv to the output folder: each sentence, then its paraphrases \
      (train-1, train-1-aug-spa, …), and dev.tsv and dev.csv. Nothing is dropped unless --drop says \
      so. Prints what became of the first sentence and a table of the pivots.

      A pivot is a language: the sentences go there and back by the shortest way that the translator \
      has. A chain such as spa-fra goes to Spanish, to French and back. Codes are ISO 639-3 (es is \
      spa); --list-pairs shows what can come back.

      The translator is apertium (Debian's engine, offline), recorded:FILE (translations made before: \
      JSON, or the cache of another run) or libretranslate:URL (a server; LIBRETRANSLATE_API_KEY is \
      its key). Every translation is kept in a cache as it comes: a run that was stopped goes on \
      where it was when it is started again.

      Examples:
        fox augment --demo
        fox augment --input train.tsv --output more --pivots spa,cat,spa-fra --drop all
        fox augment --input train.tsv --output more --translator recorded:translations.json
      """)

  @Flag(help: "Translate one sentence there and back.") var demo = false
  @Flag(help: "List the pivots that can come back, with their ways.") var listPairs = false
  @Option(help: ArgumentHelp("Labelled sentences: TSV, CSV or JSON.", valueName: "file"))
  var input: String?
  @Option(help: ArgumentHelp("Sentences to copy beside them.", valueName: "file"))
  var dev: String?
  @Option(help: ArgumentHelp("Folder to write.", valueName: "dir")) var output: String?
  @Option(
    help: ArgumentHelp(
      "Pivots, separated by commas.", discussion: "Default: all that can come back.",
      valueName: "list"))
  var pivots: String?
  @OptionGroup var engine: TranslatorOptions
  @OptionGroup var filters: FilterOptions
  @Option(
    help: ArgumentHelp(
      "Folder of a BERT encoder to compare paraphrases with.",
      discussion: "Default: ROUGE-L, by words.", valueName: "dir"))
  var similarityModel: String?
  @OptionGroup var rows: FieldOption
  @Option(help: "Column of the sentences.") var textColumn = "sentence"
  @Option(help: "Column of the labels.") var labelColumn = "label"
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if demo, listPairs { throw ValidationError("--demo and --list-pairs do not go together") }
    if demo || listPairs { return }
    for (name, value) in [("--input", input), ("--output", output)] where (value ?? "").isEmpty {
      throw ValidationError("\(name) is missing; expected a path")
    }
    for (name, value) in [
      ("--dev", dev), ("--pivots", pivots), ("--similarity-model", similarityModel),
    ] where value?.isEmpty == true {
      throw ValidationError("\(name) is empty")
    }
  }

  func run() throws {
    try reportingFailures {
      if demo { return try AugmentDemo(engine: engine, pivots: names, json: json).run() }
      if listPairs { return try list() }
      try augment()
    }
  }

  private var names: [String] {
    pivots?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
  }

  private func list() throws {
    let translator = try engine.load()
    let source = try engine.sourceLanguage()
    let own = try translator.pivots(of: source)
    let others = Routes(try translator.directions()).pivots(of: source, variants: true)
    let pivots = own + others.filter { other in !own.contains { $0.path == other.path } }
    if json {
      return try Output.json([
        "translator": .string(translator.name), "pivots": .array(pivots.map(AugmentReport.json)),
      ])
    }
    try TextTable(pivots.map { [$0.name, $0.shownPath] }, left: [0, 1]).print()
  }

  private func augment() throws {
    guard let input, let output else { return }
    let inputs = [input] + (dev.map { [$0] } ?? [])
    try AugmentedSet.check(output: output, inputs: inputs, others: engine.files)
    let examples = try LabelledText.read(
      path: input, textColumn: textColumn, labelColumn: labelColumn, field: rows.field)
    let augmenter = try Augmenter(
      translator: try engine.loadCached(output: output), pivots: names,
      source: engine.source, filters: filters.filters(), similarity: try similarity())
    let line = ProgressLine()
    defer { line.clear() }
    let set = try augmenter.run(examples) { progress in
      if progress.done % 10 != 0, progress.done != progress.total { return }
      line.show("\(progress.done) of \(progress.total) translations (\(progress.pivot))")
    }
    line.clear()
    try set.write(
      to: output, dev: dev, textColumn: textColumn, labelColumn: labelColumn, field: rows.field)
    let report = AugmentReport(set: set, similarity: augmenter.similarity.name, folder: output)
    if json { try Output.json(report.document) } else { try report.print() }
  }

  private func similarity() throws -> any TextSimilarity {
    guard let name = similarityModel else { return LongestCommonSubsequence() }
    let folder = try NamedModel.folder(name)
    if let pooling = try SentenceSettings(folder: folder).pooling, pooling != .mean {
      Output.note(
        "fox: \(folder)/1_Pooling/config.json: \(pooling.rawValue) is not followed; the mean "
          + "over tokens is taken")
    }
    let bert = try LoadedBERT(folder: folder)
    return EncoderSimilarity(model: bert.model, tokenizer: try bert.tokenizer())
  }
}

/// The demonstration: the homework's sentence, there and back.
struct AugmentDemo {
  let engine: TranslatorOptions
  let pivots: [String]
  let json: Bool

  static let sentence = "I love natural language processing"
  /// What the homework's demonstration printed, translated by Google.
  static let recorded = "من عاشق پردازش زبان طبیعی هستم"

  func run() throws {
    let translator: any Engine
    do {
      translator = try engine.load()
    } catch {
      guard (error as? Fault)?.isMissingEngine == true, engine.isDefault else { throw error }
      Output.note("fox: \(error); what follows is what the homework printed, made by Google")
      return try show([("eng→fas", Self.recorded)], name: "recorded")
    }
    let hops = try hops(translator, from: engine.sourceLanguage())
    try show(hops, name: translator.name)
  }

  private typealias Hop = (way: String, text: String)

  /// There and back by the pivot that is asked for, or Spanish; of a recording what it has.
  private func hops(
    _ translator: any Engine, from source: Language
  ) throws -> [Hop] {
    let directions = try translator.directions()
    let name = pivots.first ?? "spa"
    do {
      let pivot = try Routes(directions).pivot(name, of: source, engine: translator.name)
      let passage = try translator.translate([Self.sentence], along: pivot.path) { _ in }[0]
      if passage.hops.count < pivot.path.count - 1 { return [(pivot.shownPath, passage.text)] }
      return zip(zip(pivot.path, pivot.path.dropFirst()), passage.hops)
        .map { ("\($0.0)→\($0.1)", $1) }
    } catch {
      for direction in directions where direction.source == source && pivots.isEmpty {
        let texts = try? translator.translations(of: [Self.sentence], direction)
        if let text = texts?.first { return [("\(direction)", text)] }
      }
      throw error
    }
  }

  private func show(_ hops: [Hop], name: String) throws {
    if json {
      return try Output.json([
        "translator": .string(name), "text": .string(Self.sentence),
        "translations": .array(
          hops.map { ["direction": .string($0.way), "text": .string($0.text)] }),
      ])
    }
    try Output.line(Self.sentence)
    for hop in hops { try Output.line("\(hop.way)  \(hop.text)") }
  }
}
