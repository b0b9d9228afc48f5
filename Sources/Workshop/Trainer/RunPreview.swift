import FoxData
import FoxDecoding
import FoxFiles
import FoxModels
import FoxTries

/// # A run before it is made
///
/// Adds to a run the look at what it would do: how many samples of what length, which labels, how many
/// steps, how much memory, and the first samples as the model would see them. Everything that a run
/// refuses is refused; nothing is trained and nothing written. SPEC `CLI-57`.
package struct RunPreview: Sendable {
  /// A part of the data.
  package struct Split: Sendable {
    /// `train` or `eval`.
    package let name: String
    /// Samples: blocks, texts or pairs.
    package let samples: Int
    /// Their tokens in all, special ones included, padding not.
    package let tokens: Int
    /// The tokens of the shortest and of the longest.
    package let lengths: ClosedRange<Int>
    /// Of a classifier: texts that are cut. Of a language model: tokens that fill no block.
    package let lost: Int
  }

  /// Numbers that are learned.
  package let parameters: Int
  /// Which columns of the data are taken, in words; `nil` for blocks of text.
  package let columns: String?
  /// How many samples to learn from have each label; none for scores and language models.
  package private(set) var labels: [(name: String, count: Int)] = []
  /// The data.
  package let splits: [Split]
  /// Steps in all; 0 when nothing is trained.
  package let steps: Int
  /// Passes over the data, the last perhaps in part.
  package let epochs: Int
  /// Samples in a step: a batch, times the batches of a step.
  package let samplesPerStep: Int
  /// Bytes that the run takes at least: values, gradients, moments, and what a batch keeps.
  package let memory: Int
  /// The first samples to learn from: the text of the tokens, and the label if there is one.
  package let first: [(text: String, label: String?)]

  private init(
    _ task: any TrainableTask, _ arguments: TrainingArguments, columns: String?, splits: [Split],
    first: [(text: String, label: String?)]
  ) throws(Fault) {
    // What the trainer refuses, it refuses now.
    let plan = try Trainer(task, arguments).plan
    parameters = task.parameters.count
    (steps, epochs) = (plan?.steps ?? 0, plan?.epochs ?? 0)
    samplesPerStep = arguments.trainingBatchSize * arguments.accumulation
    memory =
      4 * MemoryLayout<Float>.stride * parameters
      + (arguments.trains
        ? task.batchMemory.bytes(
          ofTraining: arguments.trainingBatchSize, samples: task.trainingSamples) : 0)
    (self.columns, self.splits, self.first) = (columns, splits, first)
  }

  /// How many samples are shown.
  private static let shown = 3

  /// What a language model's run would do.
  ///
  /// - Parameter tokenizer: The one of its data.
  package static func of(
    _ task: LanguageModelTask, _ arguments: TrainingArguments, tokenizer: GPT2Tokenizer
  ) throws -> RunPreview {
    func split(_ name: String, _ blocks: LanguageModelBlocks?) -> Split? {
      blocks.map {
        Split(
          name: name, samples: $0.count, tokens: $0.ids.count,
          lengths: $0.blockSize...$0.blockSize, lost: $0.dropped)
      }
    }
    let blocks = task.training ?? task.evaluation
    let first = try (0..<min(shown, blocks?.count ?? 0)).map { index in
      let ids = (blocks?[index] ?? []).map { Int($0) }
      return (
        text: try tokenizer.decode(ids, skipSpecialTokens: false, cleanUpSpaces: false),
        label: String?.none
      )
    }
    return try RunPreview(
      task, arguments, columns: nil,
      splits: [split("train", task.training), split("eval", task.evaluation)].compactMap(\.self),
      first: first)
  }

  /// What a classifier's run would do.
  ///
  /// - Parameter tokenizer: The one of its data.
  package static func of(
    _ task: ClassifierTask, _ arguments: TrainingArguments, tokenizer: BERTTokenizer
  ) throws -> RunPreview {
    func split(_ name: String, _ samples: ClassifierSamples?) -> Split? {
      guard let samples, samples.count > 0 else { return nil }
      let lengths = samples.ids.map(\.count)
      return Split(
        name: name, samples: samples.count, tokens: lengths.reduce(0, +),
        lengths: (lengths.min() ?? 0)...(lengths.max() ?? 0), lost: samples.cut)
    }
    let samples = task.training ?? task.evaluation
    let first = try (0..<min(shown, samples?.count ?? 0)).map { index in
      (
        text: try tokenizer.decode(
          (samples?.ids[index] ?? []).map { Int($0) }, skipSpecialTokens: false,
          cleanUpSpaces: false),
        label: label(index, samples?.labels, task.labels)
      )
    }
    var preview = try RunPreview(
      task, arguments, columns: task.columns?.description,
      splits: [split("train", task.training), split("eval", task.evaluation)].compactMap(\.self),
      first: first)
    if case .classes(let classes) = samples?.labels {
      preview.labels = task.labels.names.enumerated().map { id, name in
        (name, classes.count { $0 == id })
      }
    }
    return preview
  }

  private static func label(
    _ index: Int, _ values: BERTLabels?, _ labels: ClassifierLabels
  ) -> String? {
    switch values {
    case .classes(let classes):
      labels.names.indices.contains(classes[index]) ? labels.names[classes[index]] : nil
    case .values(let values): "\(values[index])"
    case nil: nil
    }
  }
}

extension RunPreview {
  /// The preview as a document.
  package var document: JSON.Object {
    JSON.Object([
      ("parameters", .integer(parameters)), ("columns", columns.map { .string($0) } ?? .null),
      ("labels", .object(.init(labels.map { ($0.name, .integer($0.count)) }))),
      (
        "data",
        .object(
          .init(
            splits.map { split in
              (
                split.name,
                [
                  "samples": .integer(split.samples), "tokens": .integer(split.tokens),
                  "shortest": .integer(split.lengths.lowerBound),
                  "longest": .integer(split.lengths.upperBound), "lost": .integer(split.lost),
                ]
              )
            }))
      ),
      ("steps", .integer(steps)), ("epochs", .integer(epochs)),
      ("samples_per_step", .integer(samplesPerStep)), ("memory_bytes", .integer(memory)),
      (
        "first",
        .array(
          first.map {
            ["text": .string($0.text), "label": $0.label.map { .string($0) } ?? .null]
          })
      ),
    ])
  }
}
