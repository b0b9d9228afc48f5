import Foundation
import FoxDecoding
import FoxFiles

/// # The files beside the weights
///
/// Adds to a trained model what other programs need to load it: its configuration, and the tokenizer's
/// files as they were found.

/// The files of a tokenizer, by name, and the model's `generation_config.json`.
package struct TokenizerFiles: Sendable {
  private var files: [(name: String, bytes: [UInt8])] = []

  /// No files.
  package init() {}

  /// Those that a folder has. They are kept in memory, because a run may write to the folder it read.
  ///
  /// - Parameter model: The folder of the model that is trained further: how its texts are to be made
  ///   (`generation_config.json`) stays with it.
  static func read(_ folder: String, model: String? = nil) throws -> TokenizerFiles {
    var tokenizer = TokenizerFiles()
    var files = ModelFiles.tokenizer.map { (folder, $0) }
    if let model { files.append((model, ModelFiles.generation)) }
    for (folder, name) in files
    where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      let bytes = try MappedFile(path: "\(folder)/\(name)").withBytes { Array($0) }
      tokenizer.files.append((name, bytes))
    }
    return tokenizer
  }

  /// Writes them, and `config.json`.
  func write(beside configuration: JSON, to folder: String) throws {
    for (name, bytes) in files { try AtomicFile.write(bytes, to: "\(folder)/\(name)") }
    try AtomicFile.write(configuration.fileBytes, to: "\(folder)/config.json")
  }

  /// `model_max_length` of `tokenizer_config.json`, where it is a number one can count to.
  static func maximumLength(_ folder: String) -> Int? {
    let document = try? JSON.read(path: "\(folder)/tokenizer_config.json")
    return document?["model_max_length"]?.integer.flatMap { $0 > 0 ? $0 : nil }
  }
}

/// Whether a model can be trained on this machine.
enum ModelMemory {
  /// Refuses to begin what cannot end well: values, gradients and two moments are 16 bytes for each
  /// parameter.
  ///
  /// - Parameter parameters: `nil` when there are too many to count.
  static func check(_ parameters: Int?) throws(Fault) {
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    if let parameters, parameters <= memory / (4 * MemoryLayout<Float>.stride) { return }
    throw Fault(
      "the model", found: "\(parameters.map(String.init) ?? "more than 2^63") parameters",
      expected: "at most \(memory >> 4): training takes 16 bytes for each, and there are "
        + "\(memory >> 20) MB of memory")
  }
}
