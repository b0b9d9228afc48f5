import ArgumentParser

/// `fox eval`: what a model is worth on data.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Evaluate a model on data.",
    subcommands: [EvalPairsCommand.self, EvalClassifierCommand.self])
}
