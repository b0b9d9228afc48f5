/// Which BERT a command works with: `--model`, else `FOX_MODEL`, else `Weights/minilm` of the package.
struct EncoderOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder with config.json, weights and tokenizer files.",
      discussion: "Default: FOX_MODEL, else Weights/minilm of the package.", valueName: "dir"))
  var model: String?

  func validate() throws {
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
  }

  func folder() throws -> String { try DefaultModel.findEncoder(explicit: model) }
}

/// Which classifier, and how texts are cut for it.
struct ClassifierOptions: ParsableArguments {
  @OptionGroup var encoder: EncoderOption
  @Option(
    help: ArgumentHelp(
      "Cut texts to this number of tokens. Default: what tokenizer and model can take.",
      valueName: "n"))
  var maxLength: Int?

  func validate() throws {
    if let maxLength, maxLength < 3 {
      throw ValidationError("--max-length is \(maxLength); expected at least 3")
    }
  }
}

/// A classifier in its folder, for commands.
struct ClassifierModel {
  let folder: String
  let labels: ClassifierLabels
  let length: Int
  let tokenizer: BERTTokenizer
  let trained: BERTTrainable?
  private let loaded: LoadedBERT
  private let arena = Arena()

  /// - Parameter evaluates: Whether losses are asked for.
  init(_ options: ClassifierOptions, evaluates: Bool = false) throws {
    folder = try options.encoder.folder()
    loaded = try LoadedBERT(folder: folder)
    if loaded.model.classifier == nil { throw Fault.noClassifier }
    tokenizer = try loaded.tokenizer()
    labels = ClassifierLabels(of: loaded.model.configuration)
    length = min(
      options.maxLength ?? .max, tokenizer.modelMaxLength ?? .max,
      loaded.model.configuration.positions)
    trained = evaluates ? try BERTTrainable(loaded.model) : nil
  }

  /// The name of an output; two that are called the same have their numbers.
  func name(_ output: Int) -> String {
    labels.isRegression ? loaded.model.configuration.labels[output] : labels.distinctNames[output]
  }

  /// What the configuration says that the outputs are.
  var problem: BERTProblem? { loaded.model.configuration.problem }

  /// Refuses to evaluate what has no single label: the report would compare the wrong things.
  func checkHasOneLabel() throws(Fault) {
    let isOne = problem == nil || (problem == .regression) == labels.isRegression
    if let problem, problem == .multiLabel || !isOne {
      throw Fault(
        "\(folder)/config.json", at: "problem_type", found: "\"\(problem.rawValue)\"",
        expected: "one label or one score for each text",
        hint: "fox predict classifier prints what this model says")
    }
  }

  /// The outputs of texts, batch by batch in their order; each batch has about 4,096 tokens.
  func classify(
    _ texts: [String], pairs: [String]? = nil, encoder: inout ClassifierEncoder,
    cut: (_ index: Int, _ tokens: Int) -> Void, each: ([Float]) throws -> Void
  ) throws {
    var (ids, types, tokens) = ([[Int32]](), [[Int32]](), 0)
    func flush() throws {
      if ids.isEmpty { return }
      let logits = try loaded.model.logits(BERTBatch(ids, typeIDs: types), arena: arena)
      for row in try loaded.checked(logits) { try each(row) }
      (ids, types, tokens) = ([], [], 0)
    }
    for (index, text) in texts.enumerated() {
      let encoded = try encoder.encode(text, pair: pairs?[index])
      if encoded.whole > encoded.ids.count { cut(index, encoded.whole) }
      if tokens + encoded.ids.count > 4096 { try flush() }
      ids.append(encoded.ids)
      types.append(encoded.typeIDs)
      tokens += encoded.ids.count
    }
    try flush()
  }
}

/// The columns of a table with texts, as options.
struct ClassifierColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column of the texts. Default: as in training; for a model that does not say, sentence1 "
        + "and sentence2, else the first that can be texts."))
  var textColumn: String?
  @Option(help: "The column of the second text of a pair.") var pairColumn: String?
  @Option(help: "The column of the labels. Default: as in training, else label.")
  var labelColumn: String?

  func validate() throws {
    if pairColumn != nil, textColumn == nil {
      throw ValidationError("--pair-column needs --text-column")
    }
  }

  /// The columns that are named, else those of the model's training, else what can be texts.
  func find(in table: Table, for model: ClassifierModel) throws -> ClassifierColumns {
    if textColumn == nil,
      let trained = try ClassifierColumns(ofModel: model.folder, in: table, label: labelColumn)
    {
      return trained
    }
    return try ClassifierColumns(
      of: table, text: textColumn, pair: pairColumn, label: labelColumn ?? "label",
      labels: model.labels)
  }
}
