import ArgumentParser
import Bytes
import Checkpoints
import Foundation
import GPT2
import Tokenizers

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

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty; expected a folder") }
    if tokenizer == "" { throw ValidationError("--tokenizer is empty; expected a folder") }
    do { _ = try configuration() } catch let error as GPT2Error {
      throw ValidationError(error.description)
    }
  }

  func run() throws {
    try reportingFailures {
      let configuration = try configuration()
      try check(configuration)
      let tokenizer = try tokenizerFolder(for: configuration)
      try Folder.create(out)
      let line = ProgressLine()
      line.show("drawing the weights")
      let model = try GPT2Model(fresh: configuration, seed: seed)
      if let bad = model.firstBadWeight() { throw bad }
      line.show("writing \(weights)")
      try SafeTensorsFile.write(
        model.parameters.map { OutgoingTensor(transformersName($0.name), $0.tensor) }, to: weights)
      if let tokenizer { try copyTokenizer(tokenizer) }
      // The configuration comes last: a folder that has one is complete.
      let text = configuration.json.text(.indented) + "\n"
      try AtomicFile.write(Array(text.utf8), to: "\(out)/config.json")
      line.clear()
      let count = model.parameters.reduce(0) { $0 + $1.tensor.count }
      let note = tokenizer == nil ? "; no tokenizer" : ""
      Output.note("\(out): \(count) parameters from seed \(seed)\(note)")
    }
  }

  private var weights: String { "\(out)/\(SafeTensorsFile.standardName)" }

  /// The configuration that `--set` makes of the default one.
  private func configuration() throws -> GPT2Configuration {
    let json = try overrides()
    let configuration = try GPT2Configuration(.object(json), path: "--set")
    for (key, tokens) in [
      ("eos_token_id", configuration.endTokens),
      ("bos_token_id", configuration.startToken.map { [$0] } ?? []),
    ] {
      if let value = json[key], !value.isNull, tokens.count != value.array?.count ?? 1 {
        throw ValidationError(
          "--set \(key): expected ids from 0 to \(configuration.vocabularySize - 1)")
      }
    }
    return configuration
  }

  private func overrides() throws -> JSON.Object {
    var object = JSON.Object([("model_type", "gpt2")])
    for setting in set {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw ValidationError("--set \(setting): expected key=value")
      }
      guard Self.keys.contains(String(parts[0])) else {
        throw ValidationError(
          "--set \(parts[0]): there is no such key; known are \(Self.keys.joined(separator: ", "))")
      }
      // What is no JSON is a word: activation_function=gelu_new needs no quotes.
      object[String(parts[0])] =
        (try? JSON.parse(Array(parts[1].utf8))) ?? .string(String(parts[1]))
    }
    return object
  }

  /// Refuses to begin what cannot end well.
  private func check(_ configuration: GPT2Configuration) throws {
    for name in ["config.json", SafeTensorsFile.standardName] {
      if FileManager.default.fileExists(atPath: "\(out)/\(name)") {
        throw CommandError.folderNotEmpty(out)
      }
    }
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard let count = configuration.parameterCount, count <= memory / MemoryLayout<Float>.stride
    else {
      throw CommandError.tooLarge(
        parameters: configuration.parameterCount.map(String.init) ?? "more than 2^63",
        memory: memory)
    }
  }

  /// The name in the state dictionary of `GPT2LMHeadModel`.
  private func transformersName(_ name: String) -> String {
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }

  /// The tokenizer that is asked for, or that of the default model where the vocabulary has its size.
  private func tokenizerFolder(for configuration: GPT2Configuration) throws -> String? {
    if let tokenizer {
      let end = try GPT2Tokenizer(folder: tokenizer).endID
      if end <= configuration.vocabularySize { return tokenizer }
      throw CommandError.tokenizerTooLarge(
        folder: tokenizer, tokens: end, vocabulary: configuration.vocabularySize)
    }
    guard let folder = try? DefaultModel.find(explicit: nil),
      let end = try? GPT2Tokenizer(folder: folder).endID
    else { return nil }
    return end == configuration.vocabularySize ? folder : nil
  }

  private func copyTokenizer(_ folder: String) throws {
    for name in ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"] {
      guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else { continue }
      let bytes = try MappedFile(path: "\(folder)/\(name)").withBytes { Array($0) }
      try AtomicFile.write(bytes, to: "\(out)/\(name)")
    }
  }
}
