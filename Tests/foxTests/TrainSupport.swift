import Foundation
import FoxFiles
import TestSupport

/// A folder with data and configurations to train from.
struct TrainFolder {
  let path: String

  var output: String { "\(path)/out" }
  var configuration: String { "\(path)/config.json" }

  /// Makes data and a configuration of a small model from scratch, and runs `body`.
  static func with(
    _ change: [(key: String, value: JSON)] = [], _ body: (TrainFolder) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { url in
      let folder = TrainFolder(path: url.path)
      try folder.write(stories(40), to: "train.json")
      try folder.write(stories(8, from: 40), to: "dev.json")
      try folder.configure(change)
      try body(folder)
    }
  }

  /// Stories of made-up sentences.
  static func stories(_ count: Int, from first: Int = 0) -> JSON {
    let words = "the cat and a dog ran to see how many men were in that old house".split(
      separator: " ")
    return [
      "version": 1,
      "data": .array(
        (first..<first + count).map { story in
          let text = (0..<40).map { words[(story * 7 + $0 * $0 + $0 * story) % words.count] }
          return ["id": .integer(story), "story": .string(text.joined(separator: " "))]
        }),
    ]
  }

  /// Writes the configuration anew, with some keys changed.
  func configure(_ change: [(key: String, value: JSON)] = []) throws {
    var keys = JSON.Object([
      ("model_type", "gpt2"),
      ("config_overrides", "vocab_size=512,n_embd=24,n_layer=1,n_head=3,n_positions=64"),
      ("tokenizer_name", .string(Places.golden("tokenizers/tiny"))),
      ("train_file", .string("\(path)/train.json")), ("text_column_name", "story"),
      ("do_train", true), ("block_size", 24), ("output_dir", .string(output)),
      ("num_train_epochs", 1), ("per_device_train_batch_size", 4), ("learning_rate", 1e-3),
      ("logging_steps", 3),
    ])
    for (key, value) in change { keys[key] = value }
    try write(.object(keys), to: "config.json")
  }

  func write(_ document: JSON, to name: String) throws {
    try AtomicFile.write(Array(document.text().utf8), to: "\(path)/\(name)")
  }

  /// Runs `fox train lm`.
  func train(_ options: [String] = []) throws -> FoxProcess {
    try FoxProcess.run(["train", "lm", configuration] + options)
  }

  func json(_ name: String) throws -> JSON { try JSON.read(path: "\(output)/\(name)") }

  /// What must not depend on how often the run was stopped: the weights, and the state without times.
  func result() throws -> [String] {
    let weights = try MappedFile(path: "\(output)/model.safetensors").withBytes {
      SHA256.hash(of: Array($0)).hexadecimal
    }
    let lines = try json("trainer_state.json").text(.indented).split(separator: "\n").filter {
      !$0.contains("_runtime\"") && !$0.contains("_per_second\"")
    }
    return [weights] + lines.map(String.init)
  }

  /// Names in the output folder.
  func names() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []).sorted()
  }
}
