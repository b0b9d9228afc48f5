/// `fox init`: random weights of any size.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a model with fresh random weights.",
    discussion: """
      Examples:
        fox init gpt2 --out tiny --set n_layer=2 --set n_embd=64 --set n_head=4
      """,
    subcommands: [InitGPT2Command.self, InitBERTCommand.self])
}

/// What every `fox init` is told, and the folder that it writes.
struct FreshModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir")) var out: String
  @Option(help: "The seed of PyTorch's generator.") var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "A key of config.json and its JSON value, as in the examples. May be repeated.",
      valueName: "key=value"))
  var set: [String] = []
  @Option(help: ArgumentHelp("Copy the tokenizer files of this folder.", valueName: "dir"))
  var tokenizer: String?

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty; expected a folder") }
    if tokenizer == "" { throw ValidationError("--tokenizer is empty; expected a folder") }
  }

  /// Runs a check whose faults are wrong usage.
  static func validating(_ check: () throws -> Void) throws {
    do { try check() } catch let error as Fault { throw ValidationError(error.description) }
  }

  /// What `--set` says, as a configuration of the given type of model.
  ///
  /// - Throws: `ValidationError` for what is no setting, or not one of `keys`.
  func settings(modelType: JSON, keys: [String]) throws -> JSON.Object {
    var object = JSON.Object([("model_type", modelType)])
    for setting in set {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw ValidationError("--set \(setting): expected key=value")
      }
      guard keys.contains(String(parts[0])) else {
        throw ValidationError(
          "--set \(parts[0]): there is no such key; known are \(keys.joined(separator: ", "))")
      }
      // What is no JSON is a word: activation_function=gelu_new needs no quotes.
      object[String(parts[0])] =
        (try? JSON.parse(Array(parts[1].utf8))) ?? .string(String(parts[1]))
    }
    return object
  }

  /// The folder of `--tokenizer`, whose ids have to fit the vocabulary.
  func tokenizerFolder(
    vocabulary: Int, end: (String) throws -> Int
  ) throws -> String? {
    guard let folder = try tokenizer.map(NamedModel.folder) else { return nil }
    let end = try end(folder)
    if end <= vocabulary { return folder }
    throw CommandError(
      "\(folder): this tokenizer has ids up to \(end - 1), the model only \(vocabulary) words")
  }

  /// Draws a model and writes it with its configuration and the tokenizer files of a folder.
  ///
  /// - Parameters:
  ///   - parameters: How many numbers the model has; `nil` when they cannot be counted.
  ///   - draw: Gives the tensors by their names in the reference's state dictionary.
  func write(
    _ configuration: JSON, parameters: Int?, tokenizer: String?, files: [String],
    draw: () throws -> [(name: String, tensor: Tensor)]
  ) throws {
    try checkRoom(parameters: parameters)
    try Folder.create(out)
    Leftovers.remove(in: out)
    let line = ProgressLine()
    line.show("drawing the weights")
    let tensors = try draw()
    let weights = "\(out)/\(SafeTensorsFile.standardName)"
    line.show("writing \(weights)")
    try SafeTensorsFile.write(tensors.map { OutgoingTensor($0.name, $0.tensor) }, to: weights)
    if let tokenizer {
      for name in files where FileManager.default.fileExists(atPath: "\(tokenizer)/\(name)") {
        let bytes = try MappedFile(path: "\(tokenizer)/\(name)").withBytes { Array($0) }
        try AtomicFile.write(bytes, to: "\(out)/\(name)")
      }
    }
    // The configuration comes last: a folder that has one is complete.
    let text = configuration.text(.indented) + "\n"
    try AtomicFile.write(Array(text.utf8), to: "\(out)/config.json")
    line.clear()
    let count = tensors.reduce(0) { $0 + $1.tensor.count }
    let note = tokenizer == nil ? "; no tokenizer" : ""
    Output.note("\(out): \(counted(count, "parameter")) from seed \(seed)\(note)")
  }

  /// Refuses to begin what cannot end well.
  private func checkRoom(parameters: Int?) throws {
    for name in ["config.json", SafeTensorsFile.standardName]
    where FileManager.default.fileExists(atPath: "\(out)/\(name)") {
      throw CommandError(
        "\(out) holds a model already; choose another folder or remove its config.json and "
          + "model.safetensors")
    }
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard let parameters, parameters <= memory / MemoryLayout<Float>.stride else {
      throw CommandError(
        "a model of \(parameters.map(String.init) ?? "more than 2^63") parameters does not fit the "
          + "memory of \(memory >> 20) MB")
    }
  }
}
