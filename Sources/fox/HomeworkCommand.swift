/// `fox homework`: the questions, run.
struct HomeworkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "homework",
    abstract: "Run the homework's questions, and compare with what it prints.",
    discussion: """
      Examples:
        fox homework q1.1
        fox homework verify
        fox homework check q1.1 mine.txt
      """,
    subcommands: [
      HomeworkRunCommand.self, HomeworkVerifyCommand.self, HomeworkCheckCommand.self,
    ],
    defaultSubcommand: HomeworkRunCommand.self)
}

/// `fox homework q1.1 … q3.2|all`.
struct HomeworkRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run questions of the homework: q1.1 to q3.2, or all.",
    discussion: """
      Each question is answered by a measurement. Parts 1 and 2 take a GPT-2, part 3 a BERT (\
      Weights/minilm, which Weights/fetch-minilm.sh brings). Texts are those of the folder that \
      FOX_DATA names, else a few that come with the package. By default few texts are taken, so that \
      all takes a minute; --full takes the homework's numbers of them.

      With --save answers are added to a file that "fox report" reads.

      Examples:
        fox homework q1.3
        fox homework all --save results.json
        fox homework part3 --full --json
      """)

  @Argument(help: "q1.1, q1.2, q1.3, q1.4, q1.5, q2.1, q3.1, q3.2; part1, part2, part3; or all.")
  var questions: [String] = ["all"]
  @OptionGroup var sizes: HomeworkSizes
  @OptionGroup var models: HomeworkModels
  @OptionGroup var paraphrases: HomeworkParaphrases
  @Option(help: ArgumentHelp("Add the answers to this file of results.", valueName: "file"))
  var save: String?
  @Option(help: "Colour tokens by probability: auto, always or never.") var color = ColorMode.auto
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    _ = try HomeworkQuestion.all(questions)
    if save == "" { throw ValidationError("--save is empty; expected a file") }
  }

  /// Refuses a file that is not one of results, or that cannot be written: now, not after hours of work.
  private func checkSaving(to path: String) throws {
    if FileManager.default.fileExists(atPath: path) { _ = try HomeworkResults.read(path: path) }
    let probe = try AtomicFile(path: path)
    _ = consume probe
  }

  func run() throws {
    try reportingFailures {
      if let save { try checkSaving(to: save) }
      let runner = try HomeworkRunner(
        sizes: sizes, model: models.gpt2.model, classifier: models.classifier,
        paraphrases: paraphrases,
        skipsMissing: questions.contains { $0.lowercased() == "all" },
        save: { answer in if let save { _ = try answer.save(to: save) } })
      let results = try runner.answer(HomeworkQuestion.all(questions)) { answer in
        if !json { try Output.write(HomeworkText(isColored: color.isOn).text(answer), .painted) }
      }
      if json { try Output.json(results.json) }
      if let save {
        let all = try HomeworkResults.read(path: save)
        Output.note("\(save): \(all.answered.map(\.rawValue).joined(separator: ", "))")
      }
    }
  }
}

extension HomeworkQuestion {
  /// The questions that a user names, in their order.
  static func all(_ names: [String]) throws -> [HomeworkQuestion] {
    let asked = try names.flatMap { text in
      if let questions = HomeworkQuestion.named(text) { return questions }
      let all = HomeworkQuestion.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "there is no question \(shown(text)); expected \(all), part1 to part3 or all")
    }
    return HomeworkQuestion.allCases.filter(asked.contains)
  }
}

/// How much of everything is taken.
struct HomeworkSizes: ParsableArguments {
  @Flag(help: "Take the homework's numbers of stories and sentences, and all pivots.")
  var full = false
  @Option(
    help: ArgumentHelp(
      "Prompts that are averaged over and searched (q1.2, q1.3). Default: 16, full 200.",
      valueName: "n"))
  var prompts: Int?
  @Option(
    help: ArgumentHelp("Stories to train on (q2.1). Default: 48, full all.", valueName: "n"))
  var stories: Int?
  @Option(
    help: ArgumentHelp(
      "Stories whose sentence pairs are evaluated (q2.1). Default: 12, full all.", valueName: "n"))
  var pairs: Int?
  @Option(help: ArgumentHelp("Passes over the stories (q2.1).", valueName: "n")) var epochs = 1.0
  @Option(
    help: ArgumentHelp(
      "Sentences that classifiers are evaluated on (q3.1, q3.2). Default: 100, full all.",
      valueName: "n"))
  var sentences: Int?
  @Flag(
    inversion: .prefixedNo,
    help:
      "Choose a learning rate and epochs by cross-validation too (q3.1, q3.2). Default: with --full."
  )
  var search: Bool?
  @Flag(
    inversion: .prefixedNo,
    help: "Try each pivot alone too (q3.2). Default: with --full.")
  var pivotGains: Bool?

  /// From which numbers cross-validation chooses; `nil` for none.
  var hyperparameters: HyperparameterSearch? {
    if !(search ?? full) { return nil }
    return full ? HyperparameterSearch() : .quick
  }
  /// Whether each pivot is tried alone.
  var comparesPivots: Bool { pivotGains ?? full }

  func validate() throws {
    for (name, value) in [
      ("prompts", prompts), ("stories", stories), ("pairs", pairs), ("sentences", sentences),
    ] {
      if let value, value < 1 {
        throw ValidationError("--\(name) is \(value); expected at least 1")
      }
    }
    if !(epochs > 0 && epochs.isFinite) {
      throw ValidationError("--epochs is \(epochs); expected more than 0")
    }
  }
}

/// Where the paraphrases of q3.2 come from.
struct HomeworkParaphrases: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder that fox augment has written: its translations, not made again (q3.2).",
      valueName: "dir"))
  var augmented: String?
  @Option(
    help: ArgumentHelp(
      "Pivots, separated by commas (q3.2).",
      discussion: "Default: two that share no language, full all.", valueName: "list"))
  var pivots: String?
  @OptionGroup var engine: TranslatorOptions
  @OptionGroup var filters: FilterOptions

  func validate() throws {
    for (name, value) in [("augmented", augmented), ("pivots", pivots)] where value == "" {
      throw ValidationError("--\(name) is empty")
    }
    if augmented != nil, !engine.isDefault {
      throw ValidationError("--augmented and --translator exclude each other")
    }
  }

  /// The translator, with a cache where one is named.
  func translator() throws -> any Engine {
    if let augmented { return try RecordedEngine(path: "\(augmented)/translations.jsonl") }
    return try engine.cache.map { try CachedEngine(engine.load(), path: $0) } ?? engine.load()
  }
}

/// The GPT-2 that answers.
struct AnsweringModel: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the GPT-2.", discussion: "Default: FOX_MODEL, else Weights/tale-gpt2.",
      valueName: "dir"))
  var model: String?

  func validate() throws {
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
  }
}

/// The models that answer.
struct HomeworkModels: ParsableArguments {
  @OptionGroup var gpt2: AnsweringModel
  @Option(
    help: ArgumentHelp(
      "Folder of the BERT.", discussion: "Default: Weights/minilm.", valueName: "dir"))
  var classifier: String?

  func validate() throws {
    if classifier == "" { throw ValidationError("--classifier is empty; expected a folder") }
  }
}
