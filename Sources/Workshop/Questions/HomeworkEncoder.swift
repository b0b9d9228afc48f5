import Foundation
import FoxData
import FoxEngines
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import FoxTables
import FoxTrainer
import FoxTries

/// How a classifier is trained; the defaults are the homework's.
package struct ClassifierPlan: Equatable, Sendable {
  /// Sentences of a step.
  package var batchSize = 32
  /// Passes over the sentences.
  package var epochs = 3.0
  /// The learning rate, which falls to 0.
  package var learningRate = 2e-5
  /// What sentences are cut and padded to.
  package var length = 128
  package var seeds = [1234, 2341, 3412, 4123]

  /// The homework's numbers.
  package init() {}

  /// The same with another learning rate and number of epochs.
  func with(learningRate: Double, epochs: Double) -> ClassifierPlan {
    var plan = self
    (plan.learningRate, plan.epochs) = (learningRate, epochs)
    return plan
  }

  /// The configuration of a run.
  func arguments(seed: Int) -> TrainingArguments {
    TrainingArguments(
      batchSize: batchSize, epochs: epochs, learningRate: learningRate, seed: seed)
  }
}

/// A BERT that answers the questions of part 3, with the labels it is to tell apart.
///
/// SPEC `HW-1`.
package struct HomeworkEncoder {
  package let folder: String
  /// The names of the labels, by id.
  package let labels: ClassifierLabels
  package let data: LabelledData
  /// Told what is done.
  let progress: (String) -> Void

  private let configuration: BERTConfiguration
  private let tokenizer: BERTTokenizer

  /// Reads a folder in Hugging Face layout.
  ///
  /// - Parameters:
  ///   - data: Sentences to train on, and others to evaluate on.
  ///   - progress: Is told what is done.
  /// - Throws: What the rooms of checkpoints, models and tokenizers throw, and `Fault` for
  ///   labels that cannot be learnt.
  package init(
    folder: String, data: LabelledData, progress: @escaping (String) -> Void = { _ in }
  ) throws {
    (self.folder, self.data) = (folder, data)
    labels = try ClassifierLabels(of: data.training, column: "label")
    var configuration = try BERTConfiguration(folder: folder)
    tokenizer = try BERTTokenizer(folder: folder)
    configuration.labels = labels.names
    configuration.problem = .singleLabel
    self.configuration = configuration
    self.progress = progress
  }

  var name: String { Provenance.name(of: folder) }

  /// What computed the results: the folder's name, the SHA-256 of the weights, the day.
  ///
  /// - Throws: What the weights throw when they are read again.
  package func provenance(date: Date = Date()) throws -> Provenance {
    try Provenance(
      folder: folder, parameters: configuration.parameterCount, data: data.name, date: date)
  }

  /// The sentences to train on, named as the homework names them.
  ///
  /// - Throws: `Fault`.
  package func training() throws -> [LabelledText] {
    let texts = try data.training.texts(column: "sentence")
    return try LabelledText.numbered(
      zip(texts, data.training.column("label")).map { text, label in
        (text, label.string ?? label.text(.line))
      })
  }

  /// Sentences as ids.
  ///
  /// - Parameter isPadded: Whether dropout draws as for sentences padded to the plan's length.
  func samples(
    _ texts: [LabelledText], _ plan: ClassifierPlan, isPadded: Bool
  ) throws -> ClassifierSamples {
    let table = try Table(
      name: "the training sentences", columns: ["sentence", "label"],
      rows: texts.map { [.string($0.text), .string($0.label)] })
    return try samples(table, plan, isPadded: isPadded)
  }

  private func samples(
    _ table: Table, _ plan: ClassifierPlan, isPadded: Bool
  ) throws -> ClassifierSamples {
    try ClassifierSamples(
      table, ClassifierColumns(of: table), labels: labels, tokenizer: tokenizer,
      length: min(plan.length, configuration.positions), padsToLength: isPadded)
  }

  /// The sentences to evaluate on, as ids.
  func evaluation(_ plan: ClassifierPlan) throws -> ClassifierSamples {
    try samples(data.evaluation, plan, isPadded: false)
  }

  /// Trains from one seed, which draws the head too, and evaluates.
  func train(
    on training: ClassifierSamples, evaluatedOn evaluation: ClassifierSamples,
    _ plan: ClassifierPlan, seed: Int
  ) throws -> (report: ClassifierReport, steps: Int) {
    var generator = TorchGenerator(seed: UInt64(seed))
    let loaded = try BERTModel.load(
      classifierFrom: folder, configuration: configuration, drawing: &generator)
    try loaded.model.checkTokenizer(tokens: tokenizer.endID)
    let model = try BERTTrainable(loaded.model)
    let task = ClassifierTask(model, labels: labels, training: training)
    let trainer = try Trainer(task, plan.arguments(seed: seed))
    _ = try trainer.train()
    return (try ClassifierReport.of(model, evaluation, labels: labels), trainer.state.step)
  }
}
