import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxKernels
import FoxMetrics
import FoxModels
import FoxTables

/// # A language model as something to train
///
/// A GPT-2 that learns to predict the next token of blocks of text.
///
/// A sample is a block, its own labels. SPEC `TRAIN-4`.
public final class LanguageModelTask: TrainableTask {
  /// The model.
  package let model: GPT2Trainable
  /// What it learns.
  package let training: LanguageModelBlocks?
  /// What it is evaluated on.
  package let evaluation: LanguageModelBlocks?
  private let sampling: VocabularySampling?
  private let words: SampledVocabulary?
  private let smoothing: LabelSmoothing?
  private let arena = Arena()
  /// Whether the batches of the step under way are scored over a sample of the vocabulary.
  private var isSampling = false
  private let companions: TokenizerFiles
  private lazy var dataHash = Self.hash(training)
  private lazy var evaluationHash = Self.hash(evaluation)

  /// A task.
  ///
  /// - Parameters:
  ///   - model: Its values are changed.
  ///   - training: Whole blocks; `nil` for none.
  ///   - evaluation: Whole blocks; `nil` for none.
  ///   - sampling: How a part of the vocabulary stands for it in most steps; `nil` for never.
  ///   - smoothing: Smooths the labels; not together with `sampling`.
  ///   - companions: Files saved beside the weights: those of the tokenizer.
  /// - Throws: `Fault` for a block that is shorter than the others.
  package init(
    _ model: GPT2Trainable, training: LanguageModelBlocks?, evaluation: LanguageModelBlocks? = nil,
    sampling: VocabularySampling? = nil, smoothing: LabelSmoothing? = nil,
    companions: TokenizerFiles = TokenizerFiles()
  ) throws(Fault) {
    try training?.requireWholeBlocks()
    try evaluation?.requireWholeBlocks()
    try sampling?.check(vocabulary: model.configuration.vocabularySize)
    (self.model, self.training, self.evaluation) = (model, training, evaluation)
    (self.sampling, self.smoothing) = (sampling, smoothing)
    words = sampling.map {
      SampledVocabulary(
        of: training?.ids ?? [], vocabulary: model.configuration.vocabularySize,
        frequent: $0.frequent, sample: $0.sample)
    }
    self.companions = companions
  }

  /// A task for a loop of one's own: nothing sampled or smoothed, nothing saved beside the weights.
  ///
  /// - Throws: `Fault` for a block that is shorter than the others.
  public convenience init(
    _ model: GPT2Trainable, training: LanguageModelBlocks, evaluation: LanguageModelBlocks? = nil
  ) throws(Fault) {
    try self.init(
      model, training: training, evaluation: evaluation, sampling: nil, smoothing: nil,
      companions: TokenizerFiles())
  }

  /// Values and gradients.
  public var parameters: Parameters { model.parameters }
  /// Blocks to train on.
  public var trainingSamples: Int { training?.count ?? 0 }
  /// Blocks are equally long.
  package var trainingLengths: [Int] {
    [Int](repeating: training?.blockSize ?? 0, count: trainingSamples)
  }
  /// Blocks to evaluate on.
  package var evaluationSamples: Int { evaluation?.count ?? 0 }

  /// The model's shape and dropout, the blocks and their ids.
  package var identity: [(key: String, value: JSON)] {
    let shape = (model.configuration.json.object?.members ?? []).filter {
      $0.key != "architectures" && !$0.key.hasSuffix("token_id")
    }
    return shape + [
      ("block_size", .integer(training?.blockSize ?? 0)),
      ("training samples", .integer(trainingSamples)),
      ("training data (SHA-256)", .string(dataHash)),
    ] + (sampling?.identity ?? [("sampled_vocabulary", .null)])
  }

  /// What batches take.
  package var batchMemory: BatchMemory {
    let shape = model.configuration
    return BatchMemory(
      trainingTokens: training?.ids.count ?? 0, evaluationTokens: evaluation?.ids.count ?? 0,
      layers: shape.layers, channels: shape.channels, innerChannels: shape.innerChannels)
  }

  /// The blocks to evaluate on.
  package var evaluationIdentity: [(key: String, value: JSON)] {
    [
      ("evaluation samples", .integer(evaluationSamples)),
      ("evaluation data (SHA-256)", .string(evaluationHash)),
    ]
  }

  /// Whether tokens were foreseen.
  package var metricNames: [String]? { ["accuracy"] }

  /// Ids of a batch.
  package func tokens(in samples: ArraySlice<Int>) -> Int {
    samples.reduce(0) { $0 + (training?[$1].count ?? 0) }
  }

  /// Forward and backward pass of the blocks.
  public func train(
    on samples: ArraySlice<Int>, scale: Float, generator: inout TorchGenerator
  ) throws -> Float {
    let ids = samples.map { Array(training?[$0] ?? []) }
    if let smoothing {
      return try model.train(
        ids, labels: ids, scale: scale, generator: &generator, smoothing: smoothing, arena)
    }
    return try model.train(
      ids, labels: ids, scale: scale, generator: &generator, over: isSampling ? words : nil)
  }

  /// A sample of the vocabulary serves in the first steps, the whole in the last.
  package func beginStep(_ step: Int, of steps: Int) {
    isSampling = sampling.map { Double(step) < $0.share * Double(steps) } ?? false
  }

  /// An evaluation of the blocks: the loss and, if asked for, how many tokens are predicted.
  package func makeEvaluation(lossOnly: Bool) -> any TaskEvaluation {
    LanguageModelEvaluation(model, evaluation, lossOnly: lossOnly, smoothing)
  }

  /// Writes `config.json` and the tokenizer's files.
  package func saveCompanions(to folder: String) throws {
    try companions.write(beside: model.configuration.json, to: folder)
  }

  private static func hash(_ blocks: LanguageModelBlocks?) -> String {
    guard let blocks else { return "none" }
    return blocks.ids.withUnsafeBytes { SHA256.hash(of: $0).hexadecimal }
  }
}

/// How a part of the vocabulary stands for the whole while a model is trained: a `SampledVocabulary` in
/// the first steps. SPEC `TRAIN-12`.
package struct VocabularySampling: Sendable {
  /// How many of the most frequent words are always scored.
  package let frequent: Int
  /// How many of the rest are drawn for a batch.
  package let sample: Int
  /// The part of the steps, from the first on, that is scored so; the others see the whole vocabulary.
  package let share: Double

  /// A sample of the rest beside the most frequent words, in a part of the steps.
  package init(frequent: Int, sample: Int, share: Double) {
    (self.frequent, self.sample, self.share) = (frequent, sample, share)
  }

  /// Refuses to draw more words than there are: the table of a step has a row for each.
  func check(vocabulary: Int) throws(Fault) {
    if (1...max(1, vocabulary)).contains(sample) { return }
    throw Fault(
      "sampled_vocabulary", found: "\(sample)", expected: "1 to the model's \(vocabulary) words")
  }

  var identity: [(key: String, value: JSON)] {
    [
      ("sampled_vocabulary", .integer(sample)),
      ("sampled_vocabulary_frequent", .integer(frequent)),
      ("sampled_vocabulary_share", .number(share)),
    ]
  }
}

/// Loss and accuracy of a language model: of every token but the first of its block, whether it was
/// the likeliest. SPEC `TRAIN-5`.
private final class LanguageModelEvaluation: TaskEvaluation {
  private let model: GPT2Trainable
  private let blocks: LanguageModelBlocks?
  private let lossOnly: Bool
  private let smoothing: LabelSmoothing?
  /// Of each batch: how many tokens were right, of how many.
  var results: [Float] = []

  init(
    _ model: GPT2Trainable, _ blocks: LanguageModelBlocks?, lossOnly: Bool,
    _ smoothing: LabelSmoothing?
  ) {
    (self.model, self.blocks, self.lossOnly, self.smoothing) = (model, blocks, lossOnly, smoothing)
  }

  func add(_ samples: Range<Int>) throws -> Float {
    let ids = samples.map { Array(blocks?[$0] ?? []) }
    var term: Float = 0
    let result = try model.evaluate(ids, labels: ids, predictions: !lossOnly) { x, labels in
      if let smoothing { term = smoothing.term(x, labels, head: model.model.head) }
    }
    if !lossOnly {
      let batch = try Accuracy.ofNextTokens(result.predictions, labels: ids)
      results += [Float(batch.correct), Float(batch.total)]
    }
    return result.loss + term
  }

  func metrics() -> [(key: String, value: Double)] {
    var accuracy = Accuracy()
    for batch in stride(from: 0, to: results.count, by: 2) {
      accuracy.add(correct: Int(results[batch]), total: Int(results[batch + 1]))
    }
    return accuracy.total == 0 ? [] : [("accuracy", accuracy.value)]
  }
}

extension JSON.Object {
  /// Adds `perplexity`, `exp(eval_loss)`, infinite where that is too large, as the notebook does.
  package mutating func addPerplexity() {
    guard let loss = self["eval_loss"]?.measure else { return }
    self["perplexity"] = .number(Perplexity.of(loss: loss))
  }
}
