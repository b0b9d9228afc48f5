import ArgumentParser
import Foundation
import FoxFiles
import FoxKernels
import FoxTrainer

/// `fox train`: models that learn.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tune a model, or train it from scratch.",
    subcommands: [TrainLanguageModelCommand.self, TrainClassifierCommand.self])
}

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
      """)

  @OptionGroup var options: TrainOptions

  func run() throws {
    try TrainingSession.reporting {
      let run = try LanguageModelRun(
        path: options.configuration, settings: options.set, strict: options.strict,
        locate: NamedModel.folder)
      let session = try TrainingSession(run.training, json: options.json)
      session.say(run.arguments.notes)
      let checkpoint = try session.prepareFolder(resumes: options.resume)
      let task = try run.makeTask(note: session.warn)
      try session.run(task, resumingFrom: checkpoint) { $0.addPerplexity() }
    }
  }
}
