/// `fox eval`: what a model is worth on data.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Evaluate a model on data.",
    discussion: """
      Examples:
        fox eval lm --data stories.csv
        fox eval pairs --data stories.csv --limit 100
      """,
    subcommands: [
      EvalLanguageModelCommand.self, EvalPairsCommand.self, EvalClassifierCommand.self,
    ])
}
