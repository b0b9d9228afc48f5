import Foundation
import FoxDecoding
import FoxGLUE
import FoxHomework
import FoxModels
import FoxTables
import FoxTrainer
import FoxTries

/// How much of the homework's fine-tuning is done; the defaults are the homework's.
package struct FineTuningPlan: Equatable, Sendable {
  /// Stories to train on, at most.
  package var stories = Int.max
  /// Blocks to train on, at most: `max_train_samples`.
  package var blocks = 1024
  package var blockSize = 256
  /// Passes over the blocks.
  package var epochs = 1.0
  /// The learning rate, which falls to 0.
  package var learningRate = 5e-5
  /// Blocks of a step.
  package var batchSize = 8
  /// Stories whose first two sentences are evaluated, at most.
  package var pairs = Int.max
  /// The seed of order, dropout and bootstrap.
  package var seed = 42

  /// The homework's numbers.
  package init() {}
}

extension HomeworkModel {
  package enum FineTuningProgress: Equatable, Sendable {
    /// So many of all pairs are evaluated, before or after.
    case evaluated(Int, of: Int, isAfter: Bool)
    /// So many of all steps are made.
    case trained(Int, of: Int)
  }

  /// Q2.1: trains on stories and measures the second sentences of others, before and after.
  ///
  /// - Parameter progress: Is told how far it is.
  /// - Throws: `StoryError`, `Fault`.
  package func fineTuning(
    on data: HomeworkData, _ plan: FineTuningPlan = FineTuningPlan(),
    progress: @escaping (FineTuningProgress) -> Void = { _ in }
  ) throws -> Q2_1 {
    let stories = try data.splitStories()
    let evaluation = Array(stories.evaluation.prefix(plan.pairs))
    let pairs = SentencePairs.of(stories: evaluation)
    if pairs.pairs.isEmpty {
      throw Fault.noPairs(name: data.name, stories: evaluation.count)
    }
    let training = Array(stories.training.prefix(plan.stories))
    let task = try LanguageModelTask(
      GPT2Trainable(model), training: blocks(training, plan, name: data.name))
    let losses = LossRecorder { progress(.trained($0, of: $1)) }
    var answer = try Q2_1.answer(
      pairs.pairs,
      train: {
        let trainer = try Trainer(task, plan.arguments, callbacks: [losses])
        _ = try trainer.train()
        return (
          stories: training.count, blocks: task.trainingSamples, steps: trainer.state.step,
          losses: losses.points
        )
      },
      measure: { isAfter in
        // The task trains a copy: the model that was given stays as it is.
        try PairEvaluation.measured(pairs, isAfter ? task.model.model : model, tokenizer) {
          progress(.evaluated($0, of: $1, isAfter: isAfter))
        }
      },
      interval: { count, statistic in
        try PairedBootstrap.of(count: count, seed: plan.seed, statistic: statistic)
      })
    answer.conclusion = answer.words
    return answer
  }

  /// The blocks of some texts, as `run_clm` makes them; no larger than the model can take.
  private func blocks(
    _ texts: [String], _ plan: FineTuningPlan, name: String
  ) throws -> LanguageModelBlocks {
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let size = min(plan.blockSize, model.configuration.positions)
    return try LanguageModelBlocks.cut(texts, name: name, blockSize: size) {
      try $0.map { try encoder.encodeIDs($0) }
    }.prefix(plan.blocks)
  }
}

extension PairEvaluation {
  /// What a model makes of each pair, for the question.
  ///
  /// - Parameter progress: Is told how many of all pairs have a prediction.
  /// - Throws: `StoryError`, `Fault`.
  static func measured(
    _ pairs: SentencePairs, _ model: GPT2Model, _ tokenizer: GPT2Tokenizer,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> [MeasuredPair] {
    let found = try run(pairs, model: model, tokenizer: tokenizer) {
      if case .predicted(let done, let total) = $0 { progress(done, total) }
    }
    let said = found.generation ?? .none
    return said.predictions.indices.map { index in
      MeasuredPair(
        loss: found.losses[index], length: found.lengths[index],
        rouge: [said.homeworkScores[index]] + said.scores[index].map(\.fmeasure),
        said: said.predictions[index])
    }
  }
}

extension FineTuningPlan {
  /// The homework's configuration.
  var arguments: TrainingArguments {
    TrainingArguments(
      batchSize: batchSize, epochs: epochs, learningRate: learningRate, seed: seed)
  }
}

extension TrainingArguments {
  /// A run that writes nothing: its folder is not there, and a trainer finds no checkpoints in it.
  init(batchSize: Int, epochs: Double, learningRate: Double, seed: Int) {
    self.init(outputFolder: NSTemporaryDirectory() + "brownfox-writes-nothing-\(getpid())")
    (saveStrategy, loggingStrategy) = (.no, .no)
    (trainingBatchSize, self.epochs) = (batchSize, epochs)
    (self.learningRate, self.seed) = (learningRate, UInt64(seed))
  }
}

/// Keeps the loss of each step.
final class LossRecorder: TrainerCallback {
  private(set) var points: [Q2_1.LossPoint] = []
  private let progress: (_ done: Int, _ total: Int) -> Void

  /// - Parameter progress: Is told after each step.
  init(progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }) {
    self.progress = progress
  }

  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    guard case .stepEnd(let report) = event else { return }
    let loss = report.losses.reduce(0) { $0 + Double($1) } / Double(max(report.losses.count, 1))
    points.append(.init(step: report.step, loss: loss))
    progress(report.step, state.maximumSteps)
  }
}
