/// `fox train`: models that learn.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tune a model, or train it from scratch.",
    discussion: """
      Examples:
        fox train --template lm >config.json
        fox train lm config.json --dry-run
      """,
    subcommands: [TrainLanguageModelCommand.self, TrainClassifierCommand.self])

  @Option(
    help: ArgumentHelp(
      "Print a configuration to fill in, with every key, its default and its meaning.",
      valueName: "lm|classifier"))
  var template: ConfigurationTemplate?

  func run() throws {
    guard let template else { throw CleanExit.helpRequest(self) }
    try reportingFailures { try Output.write(template.document.text(.indented) + "\n", .json) }
  }
}

extension ConfigurationTemplate: ExpressibleByArgument {}

/// What every `fox train` is told.
struct TrainOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "JSON file with the keys of transformers' TrainingArguments and example scripts.",
      valueName: "config"))
  var configuration: String
  @Flag(help: "Go on from the last complete checkpoint in output_dir, if there is one.")
  var resume = false
  @Option(
    help: ArgumentHelp(
      "A key of the configuration and its value, such as learning_rate=1e-4. May be repeated.",
      valueName: "key=value"))
  var set: [String] = []
  @Flag(
    help:
      "Say what would be done: columns, labels, lengths, steps, memory, first samples. Train nothing."
  )
  var dryRun = false
  @Flag(help: "Refuse keys that nobody knows, instead of reporting them.") var strict = false
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if configuration.isEmpty { throw ValidationError("CONFIG is empty; expected a JSON file") }
    for setting in set where setting.firstIndex(of: "=") ?? setting.startIndex == setting.startIndex
    {
      throw ValidationError("--set \(setting): expected key=value")
    }
  }
}

/// `fox train lm`.
struct TrainLanguageModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lm",
    abstract: "Train a GPT-2 to predict the next token of texts.",
    discussion: """
      Reads the keys of the homework's run_clm: model_name_or_path (or model_type, config_overrides \
      and tokenizer_name for a model from scratch), train_file, validation_file, text_column_name, \
      block_size, max_train_samples and TrainingArguments of transformers 4.17.0. Data files are \
      JSON, CSV, TSV or text. With the same seed a run draws the random numbers that PyTorch draws.

      Writes the model, its tokenizer, train_results.json, eval_results.json, all_results.json, \
      trainer_state.json, loss.svg and checkpoint-N to output_dir. A run that was stopped at any moment goes on \
      with the same command and ends with the same bits.

      Examples:
        fox train lm config.json --dry-run
        fox train lm config.json --set learning_rate=1e-4 --set output_dir=tuned
        fox train lm config.json --resume
      """)

  @OptionGroup var options: TrainOptions

  func run() throws {
    try TrainingSession.reporting {
      let run = try LanguageModelRun(
        path: options.configuration, settings: options.set, strict: options.strict,
        locate: NamedModel.folder)
      let session = try TrainingSession(run.training, json: options.json)
      session.say(run.arguments.notes)
      if options.dryRun {
        return try session.show(
          RunPreview.of(
            run.makeTask(note: session.warn), run.training,
            tokenizer: GPT2Tokenizer(folder: run.tokenizerFolder())))
      }
      let checkpoint = try session.prepareFolder(resumes: options.resume)
      let task = try run.makeTask(note: session.warn)
      try session.run(task, resumingFrom: checkpoint) { $0.addPerplexity() }
    }
  }
}
