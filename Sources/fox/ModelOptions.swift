import ArgumentParser
import Foundation
import GPT2
import Tensors
import Tokenizers

/// Which model a command works with: `--model`, else `FOX_MODEL`, else `Weights/tale-gpt2` of the
/// package (`CLI-3`).
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with config.json, model.safetensors and tokenizer files.",
      discussion: "Default: FOX_MODEL, else Weights/tale-gpt2 of the package.", valueName: "dir"))
  var model: String?

  @Option(help: "How matrices are held: f32, or bf16 for half the memory and time.")
  var precision = Precision.f32

  /// The folder.
  func folder() throws -> String { try ModelFolder.find(explicit: model) }

  /// Reads the model and says on standard error what its checkpoint had to say.
  func load() throws -> GPT2Model {
    let loaded = try GPT2Model.load(folder: folder(), precision: precision)
    let report = loaded.report.description
    if !report.isEmpty { Output.note("fox: \(report)") }
    if let warning = BLASKernels.selected.warning { Output.note("fox: \(warning)") }
    return loaded.model
  }
}

extension Precision: ExpressibleByArgument {}

/// Which tokenizer a command works with: `--tokenizer`, else that of the default model.
struct TokenizerOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with the tokenizer files.",
      discussion: "Default: FOX_MODEL, else Weights/tale-gpt2 of the package.", valueName: "dir"))
  var tokenizer: String?

  /// Reads the tokenizer.
  func load() throws -> GPT2Tokenizer {
    try GPT2Tokenizer(folder: ModelFolder.find(explicit: tokenizer))
  }
}

/// Finds the folder of the default model.
enum ModelFolder {
  private static let standard = "Weights/tale-gpt2"

  static func find(explicit: String?) throws -> String {
    if let explicit { return explicit }
    let environment = ProcessInfo.processInfo.environment["FOX_MODEL"]
    if let environment, !environment.isEmpty { return environment }
    // The package: above the current folder, or above the program that SwiftPM built into it.
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let starts = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath), program]
    for start in starts {
      if let folder = search(from: start) { return folder }
    }
    throw CommandError.noModel(
      tried: starts.map { "\(standard) above \($0.deletingLastPathComponent().path)" })
  }

  private static func search(from start: URL) -> String? {
    var folder = start
    while true {
      let candidate = folder.appendingPathComponent(standard)
      let configuration = candidate.appendingPathComponent("config.json").path
      if FileManager.default.fileExists(atPath: configuration) {
        return folder == start ? standard : candidate.path
      }
      if folder.path == "/" { return nil }
      folder.deleteLastPathComponent()
    }
  }
}
