import Foundation
import FoxDecoding
import FoxGLUE
import FoxHomework
import FoxModels
import FoxTables
import FoxTrainer
import FoxTries

/// How much of the homework's fine-tuning is done; the defaults are the homework's.
public struct FineTuningPlan: Equatable, Sendable {
  /// Stories to train on, at most.
  public var stories = Int.max
  /// Blocks to train on, at most: `max_train_samples`.
  public var blocks = 1024
  /// Tokens of a block.
  public var blockSize = 256
  /// Passes over the blocks.
  public var epochs = 1.0
  /// The learning rate, which falls to 0.
  public var learningRate = 5e-5
  /// Blocks of a step.
  public var batchSize = 8
  /// Stories whose first two sentences are evaluated, at most.
  public var pairs = Int.max
  /// The seed of order, dropout and bootstrap.
  public var seed = 42

  /// The homework's numbers.
  public init() {}
}

extension HomeworkModel {
  /// How far fine-tuning is.
  public enum FineTuningProgress: Equatable, Sendable {
    /// So many of all pairs are evaluated, before or after.
    case evaluated(Int, of: Int, isAfter: Bool)
    /// So many of all steps are made.
    case trained(Int, of: Int)
  }

  /// Q2.1: trains on stories and measures the second sentences of others, before and after.
  ///
  /// - Parameter progress: Is told how far it is.
  /// - Throws: `StoryError`, `Fault`.
  public func fineTuning(
    on data: HomeworkData, _ plan: FineTuningPlan = FineTuningPlan(),
    progress: @escaping (FineTuningProgress) -> Void = { _ in }
  ) throws -> FineTuningAnswer {
    let stories = try data.splitStories()
    let evaluation = Array(stories.evaluation.prefix(plan.pairs))
    let pairs = SentencePairs.of(stories: evaluation)
    if pairs.pairs.isEmpty {
      throw Fault.noPairs(name: data.name, stories: evaluation.count)
    }
    let training = Array(stories.training.prefix(plan.stories))
    let task = try LanguageModelTask(
      GPT2Trainable(model), training: blocks(training, plan, name: data.name))
    let before = try ScoredPairs.of(pairs, model, tokenizer) {
      progress(.evaluated($0, of: $1, isAfter: false))
    }
    let losses = LossRecorder { progress(.trained($0, of: $1)) }
    let trainer = try Trainer(task, plan.arguments, callbacks: [losses])
    _ = try trainer.train()
    let after = try ScoredPairs.of(pairs, task.model.model, tokenizer) {
      progress(.evaluated($0, of: $1, isAfter: true))
    }
    let differences = try ScoredPairs.differences(before, after, seed: plan.seed)
    return FineTuningAnswer(
      trainingStories: training.count, blocks: task.trainingSamples, steps: trainer.state.step,
      losses: losses.points, before: before.scores, after: after.scores, differences: differences,
      examples: ScoredPairs.examples(before, after, count: 5),
      conclusion: Self.conclusion(before.scores, after.scores, differences))
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

  private static func conclusion(
    _ before: FineTuningAnswer.PairScores, _ after: FineTuningAnswer.PairScores,
    _ differences: [FineTuningAnswer.Difference]
  ) -> String {
    func verdict(_ difference: FineTuningAnswer.Difference, lowerIsBetter: Bool) -> String {
      let better = lowerIsBetter ? difference.upper < 0 : difference.lower > 0
      let worse = lowerIsBetter ? difference.lower > 0 : difference.upper < 0
      return better ? "better" : worse ? "worse" : "no clear change"
    }
    guard let perplexity = differences.first, differences.count > 1 else { return "" }
    let rouge = differences.dropFirst()
    let clear = rouge.count { $0.lower > 0 || $0.upper < 0 }
    let first = rouge[1]
    return
      "Over \(Wording.count(before.pairs, "pair")) the perplexity goes from "
      + "\(Wording.number(before.perplexity, 3)) to \(Wording.number(after.perplexity, 3)) "
      + "(\(Wording.change(perplexity.mean, 3)), 95 % interval "
      + "\(Wording.interval(perplexity.lower, perplexity.upper, 3)): "
      + "\(verdict(perplexity, lowerIsBetter: true))), the homework's ROUGE-3 from "
      + "\(Wording.number(before.homeworkROUGE3, 3)) to \(Wording.number(after.homeworkROUGE3, 3)) "
      + "(\(Wording.change(first.mean, 3)), \(Wording.interval(first.lower, first.upper, 3)): "
      + "\(verdict(first, lowerIsBetter: false))). Of \(rouge.count) ROUGE scores \(clear) "
      + "\(clear == 1 ? "changes" : "change") by more than its interval. "
      + (perplexity.lower > 0 || perplexity.upper < 0
        ? clear < rouge.count
          ? "Perplexity sees the change of the model more surely: it scores every token of the "
            + "true sentence, while a story may go on in many ways that share no words with it."
          : "Both see the change of the model here."
        : "So few texts or steps do not show that either sees a change of the model.")
  }
}

extension FineTuningPlan {
  /// The homework's configuration. Nothing is written.
  var arguments: TrainingArguments {
    var arguments = TrainingArguments(outputFolder: NoOutput.folder)
    (arguments.saveStrategy, arguments.loggingStrategy) = (.no, .no)
    (arguments.trainingBatchSize, arguments.epochs) = (batchSize, epochs)
    (arguments.learningRate, arguments.seed) = (learningRate, UInt64(seed))
    return arguments
  }
}

/// Where runs write that write nothing: a trainer looks there for checkpoints and finds none.
enum NoOutput {
  /// A folder that is not there.
  static let folder = NSTemporaryDirectory() + "brownfox-writes-nothing-\(getpid())"
}

/// Keeps the loss of each step.
final class LossRecorder: TrainerCallback {
  private(set) var points: [FineTuningAnswer.LossPoint] = []
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
