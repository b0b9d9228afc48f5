import Foundation
import FoxDecoding
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import FoxTables
import FoxTries

/// # A language model's run, from its configuration
///
/// Fine-tuning a GPT-2 from a configuration: what the notebook's `run_clm` does before it trains.
///
/// SPEC `ARGS-7`, `ARGS-8`. Homework Q2.1.
package struct LanguageModelRun {
  /// Every key.
  package private(set) var arguments: Arguments
  /// How it is trained.
  package let training: TrainingArguments
  /// Finds the folder of a model's name.
  private let locate: (String) throws -> String

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - path: A JSON file with the keys of ``ArgumentField/languageModel``.
  ///   - settings: `key=value`, which take precedence.
  ///   - strict: Whether unknown keys are an error.
  ///   - locate: Finds the folder of a model from `model_name_or_path` and the like.
  /// - Throws: `Fault` for a file that cannot be read or is not JSON, and for what
  ///   is wrong in it.
  package init(
    path: String, settings: [String] = [], strict: Bool = false,
    locate: @escaping (String) throws -> String = { $0 }
  ) throws {
    var arguments = try Arguments(
      JSON.read(path: path), path: path, settings: settings, fields: ArgumentField.languageModel,
      strict: strict)
    training = try TrainingArguments(&arguments)
    (self.arguments, self.locate) = (arguments, locate)
    try check()
    try RunFolder.check(arguments, training)
  }

  /// Whether, without a file to evaluate on, the rows of `train_file` are that `holdout_every` keeps from
  /// training.
  private var evaluatesHeldOutRows: Bool {
    training.evaluates && arguments.text("validation_file") == nil
      && arguments.text("train_file") != nil && arguments.integer("holdout_every") != nil
  }

  private func check() throws(Fault) {
    let path = arguments.path
    if !training.trains, !training.evaluates {
      throw Fault(
        path, at: "do_train", found: "false", expected: "true",
        hint: "do_eval is false too: there is nothing to do")
    }
    if training.trains, arguments.text("train_file") == nil {
      throw .missing(
        "train_file", in: path, "do_train needs training data")
    }
    if !training.trains, arguments.text("validation_file") == nil, !evaluatesHeldOutRows {
      throw .missing(
        "validation_file", in: path, "do_eval needs data: that, or train_file and holdout_every")
    }
    let named = arguments.text("model_name_or_path") != nil
    if arguments.text("config_overrides") != nil, named || arguments.text("config_name") != nil {
      throw Fault(
        path, at: "config_overrides", found: named ? "model_name_or_path" : "config_name",
        expected: "no other configuration beside it", hint: "overrides are for a fresh one")
    }
    if let type = arguments.text("model_type"), type != "gpt2" {
      throw Fault(
        path, at: "model_type", found: Fault.quoted(type), expected: "\"gpt2\"",
        hint: "fox train lm trains gpt2")
    }
    if !named, arguments.text("model_type") == nil, arguments.text("config_name") == nil {
      throw .missing(
        "model_name_or_path", in: path,
        "name a model's folder, or train from scratch with \"model_type\": \"gpt2\"")
    }
    if training.labelSmoothing > 0, arguments.integer("sampled_vocabulary") != nil {
      throw Fault(
        path, at: "label_smoothing_factor", found: "\(training.labelSmoothing)", expected: "0",
        hint: "with sampled_vocabulary most labels are not there to share the probability")
    }
    if !named, arguments.text("tokenizer_name") == nil {
      throw .missing(
        "tokenizer_name", in: path, "a model from scratch needs the folder of a tokenizer")
    }
  }

  /// Reads the model, the tokenizer and the data.
  ///
  /// - Parameter note: Takes sentences for the user.
  /// - Returns: What a ``Trainer`` trains.
  /// - Throws: What the rooms of models, tokenizers and data throw, and `Fault`.
  package func makeTask(note: (String) -> Void = { _ in }) throws -> LanguageModelTask {
    // First: of another model the tokenizer would be the first to be refused, for the wrong reason.
    if let name = arguments.text("model_name_or_path") {
      _ = try GPT2Configuration(folder: locate(name))
    }
    let tokenizerFolder = try tokenizerFolder()
    let tokenizer = try GPT2Tokenizer(folder: tokenizerFolder)
    let (tables, column) = try readTables(note)
    let model = try makeModel(tokenizer, tokenizerFolder, note)
    let size = try blockSize(model.configuration, tokenizerFolder, note)
    func blocks(_ table: Table?, _ limit: String) throws -> LanguageModelBlocks? {
      try table.map { try makeBlocks($0, column, tokenizer, size, arguments.integer(limit)) }
    }
    return try LanguageModelTask(
      GPT2Trainable(model), training: blocks(tables.train, "max_train_samples"),
      evaluation: blocks(tables.evaluation, "max_eval_samples"), sampling: sampling,
      smoothing: smoothing(note),
      companions: TokenizerFiles.read(
        tokenizerFolder, model: arguments.text("model_name_or_path").map(locate)))
  }

  private func smoothing(_ note: (String) -> Void) -> LabelSmoothing? {
    guard let smoothing = LabelSmoothing(training.labelSmoothing) else { return nil }
    note(
      "\(arguments.path): label_smoothing_factor smooths the label of the next token, as today's "
        + "transformers does; 4.17.0 takes each token for its own label")
    return smoothing
  }

  /// The folder of the tokenizer: its own, or the model's.
  package func tokenizerFolder() throws -> String {
    try locate(arguments.text("tokenizer_name") ?? arguments.text("model_name_or_path") ?? "")
  }

  private var sampling: VocabularySampling? {
    arguments.integer("sampled_vocabulary").map {
      VocabularySampling(
        frequent: arguments.integer("sampled_vocabulary_frequent") ?? 5000, sample: $0,
        share: arguments.number("sampled_vocabulary_share") ?? 0.8)
    }
  }

  // MARK: - Data

  private typealias Tables = (train: Table?, evaluation: Table?)

  /// The tables to train and to evaluate on, and the column of their texts.
  private func readTables(_ note: (String) -> Void) throws -> (Tables, column: String) {
    func read(_ key: String) throws -> Table? {
      guard let path = arguments.text(key) else { return nil }
      let isText = path.lowercased().hasSuffix(".txt")
      if !isText, arguments.text("document_separator") != nil {
        note(
          "\(arguments.path): document_separator has no effect on \(path), which is not a text file"
        )
      }
      return try Table.read(
        path: path,
        options: TableOptions(
          field: arguments.field(of: path),
          keepsLineBreaks: arguments.flag("keep_linebreaks"),
          documentSeparator: isText ? arguments.text("document_separator") : nil))
    }
    var train = training.trains || evaluatesHeldOutRows ? try read("train_file") : nil
    var evaluation = training.evaluates ? try read("validation_file") : nil
    if let period = arguments.integer("holdout_every"), let table = train {
      let parts = try table.holdOut(every: period)
      train = parts.train
      if training.evaluates, evaluation == nil {
        try requireRows(parts.heldOut, "holdout_every", "\(period)", of: table)
        evaluation = parts.heldOut
      }
      if !training.trains { train = nil }
    }
    if let table = train, training.evaluates, evaluation == nil {
      let percentage = arguments.integer("validation_split_percentage") ?? 5
      let parts = try table.split(validation: nil, evaluates: true, percentage: percentage)
      for part in [parts.train, parts.validation] {
        if let part {
          try requireRows(part, "validation_split_percentage", "\(percentage)", of: table)
        }
      }
      (train, evaluation) = (parts.train, parts.validation)
      note(
        "no validation_file: the first \(percentage) % of the training data are kept for evaluation"
      )
    }
    guard let first = train ?? evaluation else { throw Fault.nothing(in: "the data") }
    let column = try first.textColumn(given: arguments.text("text_column_name"))
    if column.reason != .given, first.columns.count > 1 {
      note("\(first.name): texts are \(Fault.quoted(column.name))")
    }
    return ((train, evaluation), column.name)
  }

  /// Refuses a split that leaves a part empty, naming what splits.
  private func requireRows(
    _ part: Table, _ key: String, _ found: String, of table: Table
  ) throws(Fault) {
    if part.count > 0 { return }
    throw Fault(
      arguments.path, at: key, found: found,
      expected: "what leaves both parts of \(counted(table.count, "text")) of \(table.name) some")
  }

  private func makeBlocks(
    _ table: Table, _ column: String, _ tokenizer: GPT2Tokenizer, _ size: Int, _ limit: Int?
  ) throws -> LanguageModelBlocks {
    let texts = try table.texts(column: column)
    if texts.isEmpty { throw Fault.noRows(table.name) }
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let blocks = try LanguageModelBlocks.cut(texts, name: table.name, blockSize: size) {
      try $0.map { try encoder.encodeIDs($0) }
    }
    if blocks.count == 0 {
      throw Fault(table.name, at: column, found: "empty texts", expected: "some tokens")
    }
    return limit.map { blocks.prefix($0) } ?? blocks
  }

  /// `block_size`, at most what tokenizer and model can take.
  private func blockSize(
    _ configuration: GPT2Configuration, _ tokenizerFolder: String, _ note: (String) -> Void
  ) throws -> Int {
    let positions = configuration.positions
    let longest = TokenizerFiles.maximumLength(tokenizerFolder)
    guard let asked = arguments.integer("block_size") else {
      let size = min(longest ?? 1024, 1024, positions)
      note("\(arguments.path): block_size is not given; blocks have \(size) tokens")
      return size
    }
    let size = min(asked, longest ?? asked)
    if size < asked {
      note(
        "\(arguments.path): block_size is \(asked), but the tokenizer's model_max_length is \(size): "
          + "blocks have \(size) tokens")
    }
    guard size <= positions else {
      throw Fault(
        arguments.path, at: "block_size", found: "\(asked)",
        expected: "at most the model's \(positions) positions (n_positions)")
    }
    return size
  }

  // MARK: - Model

  private func makeModel(
    _ tokenizer: GPT2Tokenizer, _ tokenizerFolder: String, _ note: (String) -> Void
  ) throws -> GPT2Model {
    let model: GPT2Model
    if let name = arguments.text("model_name_or_path") {
      let loaded = try GPT2Model.load(folder: locate(name))
      let report = loaded.report.description
      if !report.isEmpty { note(report) }
      if let bad = loaded.model.firstBadWeight() { throw bad }
      model = loaded.model
    } else {
      let configuration = try freshConfiguration()
      try ModelMemory.check(configuration.parameterCount)
      model = try GPT2Model(fresh: configuration, seed: training.seed)
    }
    try ModelMemory.check(model.configuration.parameterCount)
    let words = tokenizer.endID
    if words == model.configuration.vocabularySize { return model }
    guard words < model.configuration.vocabularySize else {
      throw Fault(
        tokenizerFolder, found: "a tokenizer with ids up to \(words - 1)",
        expected: "fewer than \(model.configuration.vocabularySize), the words of the model")
    }
    note(
      "the tokenizer has \(words) tokens, the model \(model.configuration.vocabularySize) words: "
        + "the model keeps the first \(words)")
    return try model.keepingWords(words)
  }

  private func freshConfiguration() throws -> GPT2Configuration {
    if let name = arguments.text("config_name") {
      return try GPT2Configuration(folder: locate(name))
    }
    return try ConfigurationOverrides.configuration(
      arguments.text("config_overrides"), path: arguments.path)
  }
}

extension GPT2Model {
  /// The model whose vocabulary ends after `count` words: `resize_token_embeddings` to fewer.
  func keepingWords(_ count: Int) throws -> GPT2Model {
    var smaller = configuration
    smaller.vocabularySize = count
    smaller.endTokens = smaller.endTokens.filter { $0 < count }
    smaller.startToken = smaller.startToken.flatMap { $0 < count ? $0 : nil }
    let byName = Dictionary(parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
    let shapes = Dictionary(
      smaller.parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { $1 })
    return try GPT2Model(smaller) { name in
      guard let tensor = byName[name], let shape = shapes[name] else {
        throw Fault.badShape([])
      }
      if tensor.shape == shape { return tensor }
      let kept = shape.reduce(1, *)
      return try tensor.withPointer { try Tensor(shape: shape, Array($0.prefix(kept))) }
    }
  }
}
