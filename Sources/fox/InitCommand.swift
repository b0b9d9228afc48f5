import ArgumentParser
import Foundation
import FoxFiles
import FoxFormats
import FoxKernels

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

/// The folder that a fresh model is written to.
struct FreshFolder {
  let path: String

  private var weights: String { "\(path)/\(SafeTensorsFile.standardName)" }

  /// Refuses to begin what cannot end well.
  ///
  /// - Parameter parameters: How many numbers the model has; `nil` when they cannot be counted.
  func check(parameters: Int?) throws {
    for name in ["config.json", SafeTensorsFile.standardName] {
      if FileManager.default.fileExists(atPath: "\(path)/\(name)") {
        throw CommandError.folderNotEmpty(path)
      }
    }
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard let parameters, parameters <= memory / MemoryLayout<Float>.stride else {
      throw CommandError.tooLarge(
        parameters: parameters.map(String.init) ?? "more than 2^63", memory: memory)
    }
  }

  /// Draws a model and writes it with its configuration and the tokenizer files of a folder.
  ///
  /// - Parameters:
  ///   - draw: Gives the tensors by their names in the reference's state dictionary.
  ///   - seed: For the note at the end.
  func write(
    _ configuration: JSON, tokenizer: (folder: String, files: [String])?, seed: UInt64,
    draw: () throws -> [(name: String, tensor: Tensor)]
  ) throws {
    try Folder.create(path)
    Leftovers.remove(in: path)
    let line = ProgressLine()
    line.show("drawing the weights")
    let tensors = try draw()
    line.show("writing \(weights)")
    try SafeTensorsFile.write(
      tensors.map { OutgoingTensor($0.name, $0.tensor) }, to: weights)
    if let tokenizer { try copy(tokenizer.files, from: tokenizer.folder) }
    // The configuration comes last: a folder that has one is complete.
    let text = configuration.text(.indented) + "\n"
    try AtomicFile.write(Array(text.utf8), to: "\(path)/config.json")
    line.clear()
    let count = tensors.reduce(0) { $0 + $1.tensor.count }
    let note = tokenizer == nil ? "; no tokenizer" : ""
    Output.note("\(path): \(counted(count, "parameter")) from seed \(seed)\(note)")
  }

  private func copy(_ files: [String], from folder: String) throws {
    for name in files {
      guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else { continue }
      let bytes = try MappedFile(path: "\(folder)/\(name)").withBytes { Array($0) }
      try AtomicFile.write(bytes, to: "\(path)/\(name)")
    }
  }
}

/// What `--set key=value` says.
enum Settings {
  /// The settings as a configuration of the given type of model.
  ///
  /// - Throws: `ValidationError` for what is no setting, or not one of `keys`.
  static func read(_ settings: [String], modelType: JSON, keys: [String]) throws -> JSON.Object {
    var object = JSON.Object([("model_type", modelType)])
    for setting in settings {
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
}
