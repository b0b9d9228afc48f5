import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxKernels
import FoxModels
import FoxTables

/// # A classifier as something to train
///
/// A BERT that learns to tell classes of texts, or to give them scores.
///
/// SPEC `CLASS-1`, `CLASS-5`. Homework Q3.1.
package final class ClassifierTask: TrainableTask {
  /// The model.
  package let model: BERTTrainable
  /// What its outputs stand for.
  package let labels: ClassifierLabels
  /// What it learns.
  package let training: ClassifierSamples?
  /// What it is evaluated on; `run_glue` changes it for MNLI's second set.
  package var evaluation: ClassifierSamples?
  /// The task of GLUE, which has its own metrics.
  package let glue: GLUETask?
  let columns: ClassifierColumns?
  private let smoothing: LabelSmoothing?
  private let lengths: [Int]?
  private let companions: TokenizerFiles
  private lazy var dataHash = training?.digest ?? "none"

  /// A task.
  ///
  /// - Parameters:
  ///   - columns: Where its texts and labels were; saved beside the weights.
  ///   - smoothing: Smooths the labels, which are then classes.
  ///   - lengths: How long each text to train on is; `nil`: as many tokens as it has.
  ///   - companions: Files saved beside the weights: those of the tokenizer.
  package init(
    _ model: BERTTrainable, labels: ClassifierLabels, training: ClassifierSamples?,
    evaluation: ClassifierSamples? = nil, glue: GLUETask? = nil,
    columns: ClassifierColumns? = nil, smoothing: LabelSmoothing? = nil, lengths: [Int]? = nil,
    companions: TokenizerFiles = TokenizerFiles()
  ) {
    (self.model, self.labels, self.training, self.evaluation) = (
      model, labels, training, evaluation
    )
    (self.glue, self.columns, self.companions) = (glue, columns, companions)
    (self.smoothing, self.lengths) = (smoothing, lengths)
  }

  /// Values and gradients.
  package var parameters: Parameters { model.parameters }
  /// Texts to train on.
  package var trainingSamples: Int { training?.count ?? 0 }
  /// Tokens of each text, padding included where all are padded; or what the table says.
  package var trainingLengths: [Int] {
    lengths ?? training.map { data in data.ids.map { data.width ?? $0.count } } ?? []
  }
  /// Texts to evaluate on.
  package var evaluationSamples: Int { evaluation?.count ?? 0 }

  /// The model's shape and dropout, its labels, the padding and the data.
  package var identity: [(key: String, value: JSON)] {
    let shape = (model.configuration.json.object?.members ?? []).filter {
      $0.key != "architectures" && $0.key != "label2id"
    }
    return shape + [
      ("max_seq_length, where all are padded", training?.width.map { .integer($0) } ?? .null),
      ("training samples", .integer(trainingSamples)),
      ("training data (SHA-256)", .string(dataHash)),
    ]
  }

  /// The texts to evaluate on, and their labels.
  package var evaluationIdentity: [(key: String, value: JSON)] {
    [
      ("evaluation samples", .integer(evaluationSamples)),
      ("evaluation data (SHA-256)", .string(evaluation?.digest ?? "none")),
    ]
  }

  /// Tokens of a batch, padding included.
  package func tokens(in samples: ArraySlice<Int>) -> Int { training?.tokens(samples) ?? 0 }

  /// What batches take; padding is not computed.
  package var batchMemory: BatchMemory {
    func tokens(_ samples: ClassifierSamples?) -> Int {
      samples?.ids.reduce(0) { $0 + $1.count } ?? 0
    }
    let shape = model.configuration
    return BatchMemory(
      trainingTokens: tokens(training), evaluationTokens: tokens(evaluation),
      layers: shape.layers, channels: shape.channels, innerChannels: shape.innerChannels)
  }

  /// Forward and backward pass of the texts.
  package func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float {
    guard let training, let labels = training.labels(samples) else {
      throw Fault.nothing(in: "the training data")
    }
    let batch = training.batch(samples)
    if let smoothing, case .classes(let classes) = labels {
      _ = try model.check(labels, texts: batch.ids.count)
      let labels = classes.map { Int32($0) }
      return try model.train(batch, generator: &generator) {
        smoothing.loss($0, labels, scale: scale)
      }
    }
    return try model.train(batch, labels: labels, scale: scale, generator: &generator)
  }

  /// What smoothing adds to the loss of a batch of outputs.
  fileprivate func smoothed(_ outputs: Tensor, _ labels: BERTLabels?) -> Float {
    guard let smoothing, case .classes(let classes) = labels else { return 0 }
    let logits = Matrix(reading: outputs.pointer, outputs.shape[0], outputs.shape[1])
    return smoothing.term(logits, classes.map { Int32($0) })
  }

  /// An evaluation: the loss and, if asked for, the metrics of the task.
  package func makeEvaluation(lossOnly: Bool) throws -> any TaskEvaluation {
    guard let evaluation, evaluation.labels != nil else {
      throw Fault.nothing(in: "the evaluation data")
    }
    return ClassifierEvaluation(self, evaluation, lossOnly: lossOnly)
  }

  /// Writes `config.json`, the names of the columns and the tokenizer's files.
  package func saveCompanions(to folder: String) throws {
    if let columns {
      try AtomicFile.write(columns.document.fileBytes, to: "\(folder)/\(ClassifierColumns.file)")
    }
    try companions.write(beside: configuration, to: folder)
  }

  /// The configuration as the reference saves it: labels that are integers stay integers.
  var configuration: JSON {
    guard case .object(var object) = model.configuration.json else { return .null }
    if labels.areIntegers {
      let members = labels.names.enumerated().map { ("\($0)", JSON.integer(Int($1) ?? $0)) }
      object["id2label"] = .object(.init(members))
    }
    if let glue { object["finetuning_task"] = .string(glue.rawValue) }
    return .object(object)
  }
}

extension BERTTrainable {
  /// Runs a model on samples, batch by batch.
  ///
  /// - Parameter each: Is given the samples of a batch, their outputs, a row each, and their mean loss
  ///   where the labels are known.
  /// - Throws: `Fault`, also for outputs that are not finite.
  func evaluate(
    _ samples: ClassifierSamples, batchSize: Int,
    each: (_ range: Range<Int>, _ outputs: [Float], _ loss: Float?) throws -> Void
  ) throws {
    for start in stride(from: 0, to: samples.count, by: max(batchSize, 1)) {
      let range = start..<(start + min(batchSize, samples.count - start))
      let result = try evaluate(samples.batch(range), labels: samples.labels(range))
      if let bad = result.logits.firstNonFinite {
        let row = start + bad.index / result.logits.shape[1]
        throw model.firstBadWeight() ?? .badOutput(row: row)
      }
      try each(range, result.logits.elements, result.loss)
    }
  }
}

/// The loss and metrics of a classifier: what `compute_metrics` of `run_glue` makes of its outputs.
final class ClassifierEvaluation: TaskEvaluation {
  private let task: ClassifierTask
  private let samples: ClassifierSamples
  private let lossOnly: Bool
  /// The outputs, a row for each text.
  var results: [Float] = []

  init(_ task: ClassifierTask, _ samples: ClassifierSamples, lossOnly: Bool) {
    (self.task, self.samples, self.lossOnly) = (task, samples, lossOnly)
  }

  func add(_ range: Range<Int>) throws -> Float {
    let labels = samples.labels(range)
    let result = try task.model.evaluate(samples.batch(range), labels: labels)
    if !lossOnly { results += result.logits.elements }
    return (result.loss ?? .nan) + task.smoothed(result.logits, labels)
  }

  func metrics() throws -> [(key: String, value: Double)] {
    if lossOnly || results.isEmpty { return [] }
    let count = results.count / task.labels.outputs
    switch samples.labels(0..<count) {
    case .values(let references):
      if let glue = task.glue {
        return try glue.metrics(
          scores: results.map(Double.init), references: references.map(Double.init)
        ).map { ($0.name, $0.value) }
      }
      let error = try GLUETask.meanSquaredError(predictions: results, references: references)
      return [("mse", Double(error))]
    case .classes(let references):
      let predictions = ClassifierOutputs.classes(results, width: task.labels.outputs)
      if let glue = task.glue {
        return try glue.metrics(predictions: predictions, references: references)
          .map { ($0.name, $0.value) }
      }
      let accuracy = try Accuracy.of(predictions, references)
      return [("accuracy", Double(accuracy.float32))]
    case nil: return []
    }
  }
}

/// What outputs say.
package enum ClassifierOutputs {
  /// The class of each row: the first of the greatest outputs, as `argmax` has it.
  package static func classes(_ logits: [Float], width: Int) -> [Int] {
    stride(from: 0, to: logits.count, by: width).map { start in
      (1..<width).reduce(0) { logits[start + $1] > logits[start + $0] ? $1 : $0 }
    }
  }

  /// The probabilities of a row whose outputs do not exclude each other: the sigmoid of each.
  package static func independent(_ logits: some Collection<Float>) -> [Double] {
    logits.map { 1 / (1 + exp(-Double($0))) }
  }

  /// The probabilities of a row: its softmax.
  package static func probabilities(_ logits: some Collection<Float>) -> [Double] {
    let greatest = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - greatest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
