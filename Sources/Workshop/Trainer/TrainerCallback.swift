import FoxFiles

/// # Callbacks
///
/// Adds places in a run where others may look on: to show progress, to log, to stop early.

/// Something that happened in a run.
package enum TrainerEvent {
  /// The run begins, or goes on.
  case trainBegin
  /// An epoch begins, or goes on.
  case epochBegin
  /// The first batch of a step comes next.
  case stepBegin
  /// A batch is done that makes no step.
  case substepEnd
  /// A step is done.
  case stepEnd(StepReport)
  /// An epoch is done.
  case epochEnd
  /// A batch of an evaluation is done.
  case predictionStep(done: Int, of: Int)
  /// An evaluation is done; its metrics.
  case evaluate(JSON.Object)
  /// A checkpoint is written; its folder.
  case save(String)
  /// An entry of the log.
  case log(JSON.Object)
  /// The run is done.
  case trainEnd
}

/// What a step did.
package struct StepReport: Sendable, Equatable {
  /// The step, from 1.
  package let step: Int
  /// The samples of each batch.
  package let samples: [[Int]]
  /// The mean loss of each batch.
  package let losses: [Float]
  /// How many random numbers of 32 bits were drawn before each batch.
  package let drawn: [Int]
  /// The learning rate that made the step.
  package let learningRate: Double
  /// The norm of the gradient before it was clipped.
  package let gradientNorm: Float
  /// How many tokens the batches had.
  package let tokens: Int

  /// A report of the given numbers.
  package init(
    step: Int, samples: [[Int]], losses: [Float], drawn: [Int], learningRate: Double,
    gradientNorm: Float, tokens: Int
  ) {
    (self.step, self.samples, self.losses, self.drawn) = (step, samples, losses, drawn)
    (self.learningRate, self.gradientNorm, self.tokens) = (learningRate, gradientNorm, tokens)
  }
}

/// What a run does next; callbacks may change it.
package struct TrainerControl: Sendable, Equatable {
  /// Whether the run ends after this step or epoch.
  package var stopsTraining = false
  /// Whether a checkpoint is written now.
  package var saves = false
  /// Whether the model is evaluated now.
  package var evaluates = false
  /// Whether the loss is logged now.
  package var logs = false

  /// Nothing is to be done.
  package init() {}
}

/// Watches a run, and may stop it.
///
/// Callbacks are asked in order, the default flow first. SPEC `TRAIN-6`.
package protocol TrainerCallback: AnyObject {
  /// Something happened.
  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) throws

  /// What a checkpoint keeps of this callback; `nil` for nothing. An object whose first member names
  /// the callback.
  var saved: JSON? { get }
  /// Takes what a checkpoint kept.
  func restore(_ saved: JSON)
}

extension TrainerCallback {
  /// Nothing.
  package var saved: JSON? { nil }
  /// Nothing to take.
  package func restore(_ saved: JSON) {}
}

/// Decides when to log, evaluate, save and stop, by the arguments: transformers' `DefaultFlowCallback`.
final class FlowCallback: TrainerCallback {
  private let arguments: TrainingArguments

  init(_ arguments: TrainingArguments) { self.arguments = arguments }

  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    switch event {
    case .stepBegin: (control.logs, control.evaluates, control.saves) = (false, false, false)
    case .stepEnd: stepEnd(state, &control)
    case .epochEnd:
      if arguments.loggingStrategy == .epoch { control.logs = true }
      if arguments.evaluationStrategy == .epoch { control.evaluates = true }
      if arguments.saveStrategy == .epoch { control.saves = true }
    case .log: control.logs = false
    case .evaluate: control.evaluates = false
    case .save: control.saves = false
    default: break
    }
  }

  private func stepEnd(_ state: TrainerState, _ control: inout TrainerControl) {
    func isDue(_ strategy: TrainingArguments.Strategy, _ steps: Int) -> Bool {
      strategy == .steps && steps > 0 && state.step % steps == 0
    }
    if state.step == 1, arguments.logsFirstStep { control.logs = true }
    if isDue(arguments.loggingStrategy, arguments.loggingSteps) { control.logs = true }
    if isDue(arguments.evaluationStrategy, arguments.evaluationSteps) { control.evaluates = true }
    if isDue(arguments.saveStrategy, arguments.saveSteps) { control.saves = true }
    if state.step >= state.maximumSteps { control.stopsTraining = true }
  }
}

/// Ends a run when the metric that decides has not become better for some evaluations: transformers'
/// `EarlyStoppingCallback`.
final class EarlyStoppingCallback: TrainerCallback {
  private static let name = "early_stopping"
  private let patience: Int
  private let threshold: Double
  private let metric: String
  private let greaterIsBetter: Bool
  /// Evaluations without improvement so far.
  private(set) var waited = 0

  /// The callback that the arguments ask for, if any.
  static func asked(for arguments: TrainingArguments) -> [EarlyStoppingCallback] {
    arguments.earlyStopping.map { [EarlyStoppingCallback($0, arguments)] } ?? []
  }

  private init(_ rule: TrainingArguments.Patience, _ arguments: TrainingArguments) {
    (patience, threshold) = (rule.evaluations, rule.threshold)
    metric = arguments.bestMetricKey ?? "eval_loss"
    greaterIsBetter = arguments.greaterIsBetter ?? false
  }

  func handle(
    _ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl
  ) {
    guard case .evaluate(let metrics) = event, let value = metrics[metric]?.measure else { return }
    if let best = state.bestMetric {
      let isBetter = greaterIsBetter ? value > best : value < best
      waited = isBetter && abs(value - best) > threshold ? 0 : waited + 1
    } else {
      waited = 0
    }
    if waited >= patience { control.stopsTraining = true }
  }

  var saved: JSON? { [Self.name: .integer(waited)] }

  func restore(_ saved: JSON) {
    // A damaged count must not overflow at the next evaluation.
    if let waited = saved[Self.name]?.integer { self.waited = min(max(waited, 0), 1 << 32) }
  }
}

extension TrainingArguments {
  /// The key of the metric that decides which model is best.
  package var bestMetricKey: String? {
    bestMetric.map { $0.hasPrefix("eval_") ? $0 : "eval_\($0)" }
  }
}
