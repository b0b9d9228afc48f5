import Foundation
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

/// A run of the notebook's run_glue, as `record_classifier.py` recorded it.
struct RecordedClassifier: CustomTestStringConvertible, Sendable {
  let golden: JSON
  var name: String { golden["name"]?.string ?? "?" }
  var testDescription: String { name }

  static func all() throws -> [RecordedClassifier] {
    try ["classifier", "classifier-smoothed"].flatMap { file in
      try Golden.cases("training/\(file).json").map { RecordedClassifier(golden: $0) }
    }
  }

  static func named(_ name: String) throws -> RecordedClassifier {
    try #require(try all().first { $0.name == name })
  }

  /// Writes the encoder, the data and the configuration below a folder and reads the run.
  func run(in folder: String, settings: [String] = []) throws -> ClassifierRun {
    try TinyClassifier.write(
      golden.required("shape"), seed: UInt64(golden["weights_seed"]?.integer ?? 0),
      to: "\(folder)/model")
    for part in ["train", "dev"] {
      let rows = try #require(golden["\(part)_rows"]?.array).compactMap(\.object)
      try AtomicFile.write(Array(Self.csv(rows).utf8), to: "\(folder)/\(part).csv")
    }
    var keys = try #require(golden["keys"]?.object)
    for (key, value) in [
      ("model_name_or_path", "\(folder)/model"), ("output_dir", "\(folder)/out"),
      ("train_file", "\(folder)/train.csv"), ("validation_file", "\(folder)/dev.csv"),
    ] { keys[key] = .string(value) }
    (keys["do_train"], keys["do_eval"]) = (true, true)
    keys["task_name"] = golden["task"]
    keys["pad_to_max_length"] = golden["pad_to_max_length"]
    keys["max_seq_length"] = golden["max_seq_length"]
    try AtomicFile.write(JSON.object(keys).fileBytes, to: "\(folder)/config.json")
    return try ClassifierRun(path: "\(folder)/config.json", settings: settings)
  }

  private static func csv(_ rows: [JSON.Object]) -> String {
    var text = (rows.first?.members.map(\.key) ?? []).joined(separator: ",") + "\r\n"
    for row in rows {
      text += row.members.map { "\"\($0.value.string ?? "")\"" }.joined(separator: ",") + "\r\n"
    }
    return text
  }
}

/// Tiny BERTs whose weights any language can make.
enum TinyClassifier {
  /// Writes an encoder with a tokenizer.
  static func write(_ shape: JSON, seed: UInt64, to folder: String) throws {
    try Folder.create(folder)
    var object = try #require(shape.object)
    object["model_type"] = "bert"
    let configuration = try BERTConfiguration(.object(object), path: "shape")
    var generator = TorchGenerator(seed: seed)
    let model = try BERTModel(configuration) { name in
      let shape = configuration.parameters.first { $0.name == name }?.shape ?? []
      let isNorm = name.hasSuffix("LayerNorm.weight")
      return Tensor(shape: shape) { values in
        for index in 0..<shape.reduce(1, *) {
          values[index] = (generator.uniform() - 0.5) * 0.2 + (isNorm ? 1 : 0)
        }
      }
    }
    try SafeTensorsFile.write(
      model.parameters.map { OutgoingTensor($0.name, $0.tensor) }, to: "\(folder)/model.safetensors"
    )
    try AtomicFile.write(model.configuration.json.fileBytes, to: "\(folder)/config.json")
    for name in ["vocab.txt", "tokenizer_config.json"] {
      try? FileManager.default.copyItem(
        atPath: Places.golden("tokenizers/bert/uncased/\(name)"), toPath: "\(folder)/\(name)")
    }
  }
}
