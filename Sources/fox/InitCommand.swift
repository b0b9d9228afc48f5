import ArgumentParser
import Bytes
import Checkpoints
import Foundation
import GPT2

/// `fox init`: random weights of any size.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a model with fresh random weights.",
    subcommands: [InitGPT2Command.self])
}

/// `fox init gpt2`.
struct InitGPT2Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpt2",
    abstract: "Make a GPT-2 as the reference draws it from a seed.",
    discussion: """
      Writes config.json, model.safetensors (F32) and, where a tokenizer of the same vocabulary is \
      at hand, its files. Without --set it has GPT-2 small's shape: 124 million parameters, 498 MB.
      """)

  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir")) var out: String
  @Option(help: "The seed of PyTorch's generator.") var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "A key of config.json and its JSON value, such as n_layer=6. May be repeated.",
      valueName: "key=value"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "Copy the tokenizer files of this folder. Default: those of the default model.",
      valueName: "dir"))
  var tokenizer: String?

  private static let keys = [
    "vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner", "layer_norm_epsilon",
    "initializer_range", "scale_attn_weights", "scale_attn_by_inverse_layer_idx",
    "tie_word_embeddings", "bos_token_id", "eos_token_id", "activation_function",
  ]

  func run() throws {
    try reportingFailures {
      let configuration = try GPT2Configuration(overrides(), path: "--set")
      let target = "\(out)/config.json"
      if FileManager.default.fileExists(atPath: target) { throw CommandError.folderNotEmpty(out) }
      try makeFolder()
      let line = ProgressLine()
      line.show("drawing the weights")
      let model = try GPT2Model(fresh: configuration, seed: seed)
      line.show("writing \(out)/\(SafeTensorsFile.standardName)")
      try SafeTensorsFile.write(
        model.parameters.map { OutgoingTensor(transformersName($0.name), $0.tensor) },
        to: "\(out)/\(SafeTensorsFile.standardName)")
      let copied = try copyTokenizer(vocabularySize: configuration.vocabularySize)
      // The configuration comes last: a folder that has one is complete.
      try AtomicFile.write(Array((configuration.json.text(.indented) + "\n").utf8), to: target)
      line.clear()
      let count = model.parameters.reduce(0) { $0 + $1.tensor.count }
      Output.note("\(out): \(count) parameters from seed \(seed)\(copied ? "" : "; no tokenizer")")
    }
  }

  private func overrides() throws -> JSON {
    var object = JSON.Object([("model_type", "gpt2")])
    for setting in set {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      guard Self.keys.contains(key) else {
        throw CommandError.unknownSetting(key: key, known: Self.keys)
      }
      let text = parts.count > 1 ? String(parts[1]) : ""
      guard let value = try? JSON.parse(Array(text.utf8)) else {
        throw CommandError.badSetting(key: key, value: "\"\(text)\"")
      }
      object[key] = value
    }
    return .object(object)
  }

  private func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch {
      throw BytesError.unwritable(path: out, reason: error.localizedDescription)
    }
  }

  /// The name in the state dictionary of `GPT2LMHeadModel`.
  private func transformersName(_ name: String) -> String {
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }

  private func copyTokenizer(vocabularySize: Int) throws -> Bool {
    guard let folder = try? ModelFolder.find(explicit: tokenizer),
      try tokenizer != nil || hasVocabulary(of: vocabularySize, folder)
    else { return false }
    for name in ["tokenizer.json", "vocab.json", "merges.txt"] {
      guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else { continue }
      try AtomicFile.write(Array(MappedFile(path: "\(folder)/\(name)").bytes), to: "\(out)/\(name)")
    }
    return true
  }

  private func hasVocabulary(of size: Int, _ folder: String) throws -> Bool {
    let configuration = try GPT2Configuration(
      JSON.read(path: "\(folder)/config.json"), path: "\(folder)/config.json")
    return configuration.vocabularySize == size
  }
}
