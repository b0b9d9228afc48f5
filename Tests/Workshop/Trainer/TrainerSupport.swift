import Foundation
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import FoxTables
import TestSupport
import Testing

@testable import FoxTrainer

/// A run of the reference's Trainer, as `record_trainer.py` recorded it.
struct RecordedRun: CustomTestStringConvertible, Sendable {
  let golden: JSON
  /// The golden below `training/`, without its extension.
  var file = "trainer"
  var name: String { golden["name"]?.string ?? "?" }
  var testDescription: String { name }

  static func all() throws -> [RecordedRun] {
    try ["trainer", "smoothed"].flatMap { file in
      try Golden.cases("training/\(file).json").map { RecordedRun(golden: $0, file: file) }
    }
  }

  static func named(_ name: String) throws -> RecordedRun {
    try #require(try all().first { $0.name == name })
  }

  /// The recorded arguments, read as a configuration is, writing to `folder`.
  func arguments(folder: String, settings: [String] = []) throws -> TrainingArguments {
    var object = try #require(golden["arguments"]?.object)
    object["output_dir"] = .string(folder)
    object["do_train"] = true
    var arguments = try Arguments(
      .object(object), path: name, settings: settings, fields: ArgumentField.training)
    return try TrainingArguments(&arguments)
  }

  /// The model with its first weights and the samples.
  func task() throws -> LanguageModelTask {
    let configuration = try GPT2Configuration(
      .object(.init([("model_type", "gpt2")] + golden.required("config").object.members())),
      path: name)
    let seed = UInt64(try #require(golden["weights_seed"]?.integer))
    let data = try golden.required("data")
    let (samples, tokens, evaluation) = (
      try #require(data["samples"]?.integer), try #require(data["tokens"]?.integer),
      try #require(data["evaluation"]?.integer)
    )
    func blocks(_ range: Range<Int>) throws -> LanguageModelBlocks {
      try TestModel.blocks(range, tokens: tokens, vocabulary: configuration.vocabularySize)
    }
    return try LanguageModelTask(
      TestModel.make(configuration, seed: seed), training: blocks(0..<samples),
      evaluation: evaluation == 0 ? nil : blocks(samples..<samples + evaluation),
      sampling: sampling(),
      smoothing: LabelSmoothing(
        golden["arguments"]?["label_smoothing_factor"]?.double ?? 0))
  }

  private func sampling() throws -> VocabularySampling? {
    guard let golden = golden["sampling"], golden.object != nil else { return nil }
    return VocabularySampling(
      frequent: try #require(golden["sampled_vocabulary_frequent"]?.integer),
      sample: try #require(golden["sampled_vocabulary"]?.integer),
      share: try #require(golden["sampled_vocabulary_share"]?.double))
  }

  func trainer(folder: String, callbacks: [any TrainerCallback] = []) throws -> Trainer {
    var arguments = try arguments(folder: folder)
    if let rule = golden["early_stopping"]?.array, let patience = rule[0].integer {
      arguments.earlyStopping = .init(evaluations: patience, threshold: rule[1].double ?? 0)
    }
    return try Trainer(task(), arguments, callbacks: callbacks)
  }
}

extension Optional<JSON.Object> {
  fileprivate func members() -> [(key: String, value: JSON)] { self?.members ?? [] }
}

/// Models and samples that the recorder makes in the same way.
enum TestModel {
  static func make(_ configuration: GPT2Configuration, seed: UInt64) throws -> GPT2Trainable {
    var generator = TorchGenerator(seed: seed)
    let model = try GPT2Model(configuration) { name in
      let shape = configuration.parameters.first { $0.name == name }?.shape ?? []
      let isNorm = name.contains("ln_") && name.hasSuffix("weight")
      return Tensor(shape: shape) { values in
        for index in 0..<shape.reduce(1, *) {
          values[index] = (generator.uniform() - 0.5) * 0.2 + (isNorm ? 1 : 0)
        }
      }
    }
    return try GPT2Trainable(model)
  }

  /// Blocks of ids that a formula gives.
  static func blocks(_ range: Range<Int>, tokens: Int, vocabulary: Int) throws
    -> LanguageModelBlocks
  {
    let texts = range.map(String.init)
    return try LanguageModelBlocks.cut(texts, blockSize: tokens, batchSize: max(texts.count, 1)) {
      $0.map { text in
        let i = Int(text) ?? 0
        return (0..<tokens).map { t in (7 * i + 3 * t + i * t * (i + 1)) % vocabulary }
      }
    }
  }

  static let small = try? GPT2Configuration(
    [
      "model_type": "gpt2", "vocab_size": 31, "n_positions": 12, "n_embd": 16, "n_layer": 1,
      "n_head": 2,
    ], path: "small")

  /// A small task to stop, damage and resume.
  static func task(
    samples: Int = 22, evaluation: Int = 5, tokens: Int = 8, channels: Int = 16,
    from start: Int = 0,
    sampling: VocabularySampling? = nil
  ) throws -> LanguageModelTask {
    var configuration = try #require(small)
    (configuration.channels, configuration.innerChannels) = (channels, 4 * channels)
    let first = try blocks(start..<start + samples, tokens: tokens, vocabulary: 31)
    return try LanguageModelTask(
      make(configuration, seed: 5), training: first,
      evaluation: blocks(samples..<samples + evaluation, tokens: tokens, vocabulary: 31),
      sampling: sampling)
  }
}

/// Remembers what happened.
final class Recorder: TrainerCallback {
  var steps: [StepReport] = []
  var evaluations: [JSON.Object] = []
  var logs: [JSON.Object] = []
  var names: [String] = []

  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    switch event {
    case .stepEnd(let report): steps.append(report)
    case .evaluate(let metrics): evaluations.append(metrics)
    case .log(let entry): logs.append(entry)
    default: break
    }
    names.append(String("\(event)".prefix { $0 != "(" }))
  }
}
