struct TranslatorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "apertium, recorded:FILE or libretranslate:URL.", valueName: "name"))
  var translator = "apertium"
  @Option(help: ArgumentHelp("Language of the sentences.", valueName: "code"))
  var source = "eng"
  @Option(
    help: ArgumentHelp(
      "File that keeps translations.",
      discussion: "Default: translations.jsonl in the output folder; of recorded ones none.",
      valueName: "file"))
  var cache: String?
  @Option(
    help: ArgumentHelp("Seconds of silence after which the translator counts as stuck."))
  var patience = 60
  @Option(
    help: ArgumentHelp(
      "Sentences in one request to LibreTranslate, at most.", valueName: "n"))
  var batchSize = 32

  func validate() throws {
    if batchSize < 1 || batchSize > 1000 {
      throw ValidationError("--batch-size \(batchSize): expected 1 to 1000")
    }
    if Language(source) == nil {
      throw ValidationError("--source \(shown(source)): expected a code such as eng")
    }
    if cache == "" { throw ValidationError("--cache is empty; expected a file") }
    if !(1...86_400).contains(patience) {
      throw ValidationError("--patience \(patience): expected 1 to 86400, a day")
    }
    if kind == nil {
      throw ValidationError(
        "--translator \(shown(translator)): expected apertium, recorded:FILE or libretranslate:URL")
    }
  }

  /// Whether nothing was said about the translator.
  var isDefault: Bool { translator == "apertium" }

  private enum Kind {
    case apertium
    case recorded(String)
    case service(String)
  }

  private var kind: Kind? {
    if translator == "apertium" { return .apertium }
    let parts = translator.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "recorded": return .recorded(parts[1])
    case "libretranslate": return .service(parts[1])
    default: return nil
    }
  }

  func sourceLanguage() throws -> Language {
    guard let language = Language(source) else { throw Fault.language(source) }
    return language
  }

  func load() throws -> any Engine {
    switch kind {
    case .recorded(let path): return try RecordedEngine(path: path)
    case .service(let address):
      return try LibreTranslate(
        address: address, environment: ProcessInfo.processInfo.environment, patience: patience,
        batchSize: batchSize)
    case .apertium, nil: return try Apertium(patience: patience)
    }
  }

  /// The files that the options name.
  var files: [String] {
    let cache = cache.map { [$0] } ?? []
    if case .recorded(let path) = kind { return cache + [path] }
    return cache
  }

  /// The translator with a cache in front of it.
  func loadCached(output: String) throws -> any Engine {
    let translator = try load()
    try Folder.create(output)
    Leftovers.remove(in: output)
    if case .recorded = kind, cache == nil { return translator }
    return try CachedEngine(translator, path: cache ?? "\(output)/translations.jsonl")
  }
}

struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Paraphrases to drop: none, all, or a list of empty, unchanged, duplicate, length, language.",
      discussion: """
        unchanged and duplicate: the same as the original or an earlier paraphrase, letter case and \
        white space apart. language: words of the pivot's language that came back as they were.
        """, valueName: "list"))
  var drop = "none"
  @Option(help: "For length: the least length of a paraphrase by that of its original.")
  var minLength = 0.5
  @Option(help: "For length: the greatest.") var maxLength = 2.0
  @Option(help: "For language: the greatest share of foreign words.") var foreignShare = 0.25

  func validate() throws {
    if reasons == nil {
      throw ValidationError(
        "--drop \(shown(drop)): expected none, all, or some of "
          + DropReason.allCases.map(\.rawValue).joined(separator: ","))
    }
    if !(minLength >= 0 && minLength <= maxLength) {
      throw ValidationError("--min-length \(minLength): expected 0 to --max-length (\(maxLength))")
    }
    if !(0...1).contains(foreignShare) {
      throw ValidationError("--foreign-share \(foreignShare): expected 0 to 1")
    }
  }

  private var reasons: Set<DropReason>? {
    switch drop {
    case "none": return []
    case "all": return Set(DropReason.allCases)
    default:
      let names = drop.split(separator: ",", omittingEmptySubsequences: false)
      let reasons = names.compactMap { DropReason(rawValue: String($0)) }
      return reasons.count == names.count ? Set(reasons) : nil
    }
  }

  func filters() -> ParaphraseFilters {
    ParaphraseFilters(
      reasons ?? [], lengthRatio: minLength...maxLength, foreignShare: foreignShare)
  }
}
