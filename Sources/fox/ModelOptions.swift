/// Which model a command works with: `--model`, else `FOX_MODEL`, else `Weights/tale-gpt2` of the
/// package (`CLI-3`).
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with config.json, model.safetensors and tokenizer files.",
      discussion: "Default: FOX_MODEL, else Weights/tale-gpt2 of the package.", valueName: "dir"))
  var model: String?

  @Option(
    help: "How matrices are held: f32, bf16 for half the memory and time, or int8 for a quarter.")
  var precision = Precision.f32

  func validate() throws {
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
  }

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

  func load() throws -> any TextTokenizer {
    try AnyTokenizer.load(
      folder: DefaultModel.find(explicit: tokenizer, option: "--tokenizer"))
  }

  /// Reads the tokenizer where only GPT-2's will do.
  func loadGPT2() throws -> GPT2Tokenizer {
    try GPT2Tokenizer(folder: DefaultModel.find(explicit: tokenizer, option: "--tokenizer"))
  }
}

/// Finds the folder of the default model.
enum DefaultModel {
  /// - Parameter option: The one that names it, for messages.
  static func find(explicit: String?, option: String = "--model") throws -> String {
    if let explicit { return try NamedModel.folder(explicit) }
    let environment = ProcessInfo.processInfo.environment["FOX_MODEL"]
    if let environment, !environment.isEmpty { return try NamedModel.folder(environment) }
    if let folder = inWeights("tale-gpt2") { return folder }
    throw CommandError("no model: give \(option) DIR or set FOX_MODEL (looked for \(tried))")
  }

  /// The folder of the default encoder: `Weights/minilm`, where nothing else is said.
  static func findEncoder(explicit: String?) throws -> String {
    let environment = ProcessInfo.processInfo.environment["FOX_MODEL"] ?? ""
    if explicit != nil || !environment.isEmpty { return try find(explicit: explicit) }
    if let folder = inWeights("minilm") { return folder }
    let folder = (try? weights()).map { "\($0)/minilm" }
    throw CommandError.noEncoder(
      option: "--model DIR or set FOX_MODEL", looked: folder ?? "Weights/minilm of the package")
  }

  /// A model in the nearest `Weights` that has it.
  static func inWeights(_ name: String) -> String? {
    let path = "Weights/\(name)"
    return PackageFolder.holding("\(path)/config.json").map { PackageFolder.path($0, path) }
  }

  /// The folder that models are downloaded to: `Weights` of the package, or of the current folder when
  /// the program is an installed one, whose own folder is not the user's.
  static func weights() throws -> String {
    guard let folder = PackageFolder.holding("Weights/tale-gpt2/config.json") else {
      throw CommandError(
        "no folder Weights of the package: give --out DIR (looked for \(tried))")
    }
    return folder == PackageFolder.installed ? "Weights" : PackageFolder.path(folder, "Weights")
  }

  private static var tried: String {
    PackageFolder.starts.map { "Weights/tale-gpt2 above \($0)" }.joined(separator: ", ")
  }
}

/// Finds the package: above the current folder, above the program that SwiftPM built into it, or what was
/// installed with the program. SPEC `CLI-3`.
enum PackageFolder {
  static var starts: [String] {
    [FileManager.default.currentDirectoryPath, program]
      // A current folder that was deleted has no path.
      .map { $0.isEmpty ? "the current folder, which is gone" : $0 }
  }

  private static var program: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  }

  /// What `make install` puts beside the program: `share/brownfox` for `bin/fox`.
  static var installed: String {
    "\(Folder.split(Folder.split(program).folder).folder)/share/brownfox"
  }

  static func holding(_ files: String...) -> String? {
    (starts.flatMap { Folder.ancestors(of: $0) } + [installed]).first { folder in
      files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
    }
  }

  /// A path in a folder; relative where that is the current one.
  static func path(_ folder: String, _ path: String) -> String {
    if folder == FileManager.default.currentDirectoryPath { return path }
    return "\(folder == "/" ? "" : folder)/\(path)"
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
    if !name.hasPrefix("/"), let folder = PackageFolder.holding("Weights/\(name)") {
      let path = PackageFolder.path(folder, "Weights/\(name)")
      if isFolder(path) { return path }
    }
    throw CommandError(
      "\(shown(name)): there is no such folder, nor one in Weights; \"fox fetch\" brings gpt2 and "
        + "other models there")
  }
}
