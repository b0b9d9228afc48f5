import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import TestSupport

/// Runs of a moment: models of the goldens with a few texts.
enum Tiny {
  /// Writes a configuration to train a GPT-2.
  ///
  /// - Returns: Its path.
  static func languageModel(in folder: String, settings: [String] = []) throws -> String {
    // The vocabulary is the committed model's, because its tokenizer evaluates it.
    let model = Places.weights.appendingPathComponent("tale-gpt2").path
    let story = String(repeating: "The fox ran to the hen. ", count: 40)
    try write("{\"story\": \"\(story)\"}\n", folder, "t.jsonl")
    return try configuration(
      [
        "model_type": "gpt2", "tokenizer_name": .string(model),
        "config_overrides": "n_embd=8,n_layer=1,n_head=2,n_positions=64",
        "train_file": .string("\(folder)/t.jsonl"), "text_column_name": "story", "block_size": 16,
        "per_device_train_batch_size": 4, "max_train_samples": 8, "num_train_epochs": 1,
      ], folder, settings)
  }

  /// Writes a configuration to train a BERT on four sentences.
  ///
  /// - Returns: Its path.
  static func classifier(in folder: String, settings: [String] = []) throws -> String {
    let rows = "sentence\tlabel\nthe cat sat\t1\nthe dog ran\t0\nthe cat ran\t1\nthe dog sat\t0\n"
    try write(rows, folder, "t.tsv")
    let model = "\(folder)/model"
    try FileManager.default.copyItem(
      atPath: Places.golden("tokenizers/bert/uncased"), toPath: model)
    var shape = BERTConfiguration()
    (shape.vocabularySize, shape.positions, shape.architecture) = (690, 48, .encoder)
    (shape.channels, shape.layers, shape.heads, shape.innerChannels) = (16, 1, 2, 24)
    let tensors = try BERTModel(fresh: shape, seed: 3).parameters.map {
      OutgoingTensor($0.name, $0.tensor)
    }
    try SafeTensorsFile.write(tensors, to: "\(model)/model.safetensors")
    try write(shape.json.text(), model, "config.json")
    return try configuration(
      [
        "model_name_or_path": .string(model),
        "train_file": .string("\(folder)/t.tsv"), "num_train_epochs": 1,
        "per_device_train_batch_size": 2, "max_seq_length": 16,
      ], folder, settings)
  }

  private static func configuration(
    _ keys: JSON, _ folder: String, _ settings: [String]
  ) throws -> String {
    var keys = keys.object ?? JSON.Object([])
    (keys["do_train"], keys["output_dir"]) = (true, .string("\(folder)/out"))
    for setting in settings {
      let parts = setting.split(separator: "=")
      keys[String(parts[0])] = .integer(Int(parts[1]) ?? 0)
    }
    try write(JSON.object(keys).text(), folder, "config.json")
    return "\(folder)/config.json"
  }

  private static func write(_ text: String, _ folder: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }
}
