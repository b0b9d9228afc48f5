import ArgumentParser
import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import FoxTries

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

  func validate() throws {
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
  }

  /// The folder.
  func folder() throws -> String { try DefaultModel.find(explicit: model) }

  /// The folder, which has to be a GPT-2's: another model is named before its tokenizer is read.
  func folderOfGPT2() throws -> String {
    let folder = try folder()
    _ = try GPT2Configuration(folder: folder)
    return folder
  }

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

  func validate() throws {
    if tokenizer == "" { throw ValidationError("--tokenizer is empty; expected a folder") }
  }

  /// Reads the tokenizer.
  func load() throws -> AnyTokenizer {
    try AnyTokenizer(folder: DefaultModel.find(explicit: tokenizer, option: "--tokenizer"))
  }

  /// Reads the tokenizer where only GPT-2's will do.
  func loadGPT2() throws -> GPT2Tokenizer {
    try GPT2Tokenizer(folder: DefaultModel.find(explicit: tokenizer, option: "--tokenizer"))
  }
}

/// Finds the folder of the default model.
enum DefaultModel {
  private static let standard = "Weights/tale-gpt2"

  /// - Parameter option: The one that names it, for messages.
  static func find(explicit: String?, option: String = "--model") throws -> String {
    if let explicit { return try NamedModel.folder(explicit) }
    let environment = ProcessInfo.processInfo.environment["FOX_MODEL"]
    if let environment, !environment.isEmpty { return try NamedModel.folder(environment) }
    if let folder = package() { return folder }
    throw CommandError.noModel(option: option, tried: tried)
  }

  /// The folder of the default encoder: `Weights/minilm`, where nothing else is said.
  static func findEncoder(explicit: String?) throws -> String {
    let environment = ProcessInfo.processInfo.environment["FOX_MODEL"] ?? ""
    if explicit != nil || !environment.isEmpty { return try find(explicit: explicit) }
    let folder = (try? weights()).map { "\($0)/minilm" }
    if let folder, FileManager.default.fileExists(atPath: "\(folder)/config.json") {
      return folder
    }
    throw CommandError.noEncoder(
      option: "--model DIR or set FOX_MODEL", looked: folder ?? "Weights/minilm of the package")
  }

  /// The folder `Weights` of the package.
  static func weights() throws -> String {
    guard let folder = package() else { throw CommandError.noPackage(tried: tried) }
    return Folder.split(folder).folder
  }

  /// The folder of the standard model in the package.
  private static func package() -> String? {
    let here = FileManager.default.currentDirectoryPath
    return PackageFolder.holding("\(standard)/config.json").map { folder in
      folder == here ? standard : "\(folder == "/" ? "" : folder)/\(standard)"
    }
  }

  private static var tried: [String] { PackageFolder.starts.map { "\(standard) above \($0)" } }
}

/// Finds the package: above the current folder, or above the program that SwiftPM built into it.
enum PackageFolder {
  /// Where to look from.
  static var starts: [String] {
    [FileManager.default.currentDirectoryPath, program]
      // A current folder that was deleted has no path.
      .map { $0.isEmpty ? "the current folder, which is gone" : $0 }
  }

  private static var program: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  }

  /// The nearest folder that has all the files.
  static func holding(_ files: String...) -> String? {
    starts.lazy.flatMap { Folder.ancestors(of: $0) }.first { folder in
      files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
    }
  }
}

/// Where a model is that an option or a configuration names.
enum NamedModel {
  /// A folder, or one of the package's `Weights`.
  static func folder(_ name: String) throws -> String {
    func isFolder(_ path: String) -> Bool {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && isFolder.boolValue
    }
    let path = (name as NSString).expandingTildeInPath
    if isFolder(path) { return path }
    if let weights = try? DefaultModel.weights(), !name.hasPrefix("/"),
      isFolder("\(weights)/\(name)")
    {
      return "\(weights)/\(name)"
    }
    throw CommandError.unknownModel(name)
  }
}
