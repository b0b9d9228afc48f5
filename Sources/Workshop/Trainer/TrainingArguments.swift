import Foundation
import FoxDecoding
import FoxFiles
import FoxTraining

/// # `TrainingArguments`
///
/// Adds the values that decide a run, checked together; everything after this file goes by them and
/// not by keys.

/// How a model is trained: the values of `TrainingArguments` that decide anything here.
///
/// Names and defaults are those of transformers 4.17.0. SPEC `ARGS-5`.
package struct TrainingArguments: Sendable {
  /// When something is done again and again.
  package enum Strategy: String, Sendable { case no, steps, epoch }
  /// Which arithmetic makes the steps.
  package enum Optimizer: String, Sendable {
    /// transformers' own AdamW.
    case huggingFace = "adamw_hf"
    /// PyTorch's.
    case torch = "adamw_torch"
    /// PyTorch's Muon for the matrices of the blocks, its AdamW for the rest: no key of transformers 4.17.
    case muon
  }
  /// When a run that does not improve ends: after so many evaluations that are not better than the best
  /// by more than `threshold`.
  package struct Patience: Sendable, Equatable {
    package var evaluations: Int
    package var threshold = 0.0
  }
  /// Where a run begins.
  package enum Start: Sendable, Equatable {
    /// As the output folder and `overwrite_output_dir` say.
    case automatic
    /// At the last checkpoint in the output folder.
    case lastCheckpoint
    /// At the checkpoint of this folder.
    case checkpoint(String)
  }

  /// Where everything is written.
  package var outputFolder: String
  /// Whether a folder that is not empty is used, from the beginning.
  package var overwritesOutput = false
  /// Whether there is anything to train.
  package var trains = true
  /// Whether there is anything to evaluate.
  package var evaluates = false
  /// When it is evaluated.
  package var evaluationStrategy = Strategy.no
  /// Steps between two evaluations.
  package var evaluationSteps = 500
  /// Whether an evaluation is only a loss.
  package var lossOnly = false
  /// Samples in a batch.
  package var trainingBatchSize = 8
  /// Samples in a batch of an evaluation.
  package var evaluationBatchSize = 8
  /// Batches in a step.
  package var accumulation = 1
  /// The learning rate before its schedule.
  package var learningRate = 5e-5
  /// The decay of weights, biases and LayerNorms apart.
  package var weightDecay = 0.0
  /// β₁, β₂.
  package var betas = (first: 0.9, second: 0.999)
  /// ε.
  package var epsilon = 1e-8
  /// The norm that gradients are scaled down to; 0 for no limit.
  package var maximumGradientNorm = 1.0
  /// Passes over the data; the last one may be a part.
  package var epochs = 3.0
  /// Steps, if positive, whatever ``epochs`` says.
  package var maximumSteps = -1
  /// How the learning rate falls.
  package var schedule = TrainerSchedule.Kind.linear
  /// Steps of warm-up as a part of all; rounded up.
  package var warmupRatio = 0.0
  /// Steps of warm-up, if positive.
  package var warmupSteps = 0
  /// The seed of everything.
  package var seed: UInt64 = 42
  /// The optimiser.
  package var optimizer = Optimizer.huggingFace
  /// What all labels share of the probability of the right one (`TRAIN-21`).
  package var labelSmoothing = 0.0
  /// Whether samples of like length come together (`TRAIN-22`).
  package var groupsByLength = false
  /// Whether a short last batch is left out.
  package var dropsLastBatch = false
  /// When the loss is logged.
  package var loggingStrategy = Strategy.steps
  /// Steps between two logs.
  package var loggingSteps = 500
  /// Whether the first step is logged.
  package var logsFirstStep = false
  /// When a checkpoint is written.
  package var saveStrategy = Strategy.steps
  /// Steps between two checkpoints; 0 for none.
  package var saveSteps = 500
  /// How many checkpoints are kept; 0 for all.
  package var checkpointLimit = 0
  /// Whether the best model is the result, rather than the last.
  package var loadsBestModel = false
  /// The metric that says which is best, with or without `eval_`.
  package var bestMetric: String?
  /// Whether more of it is better.
  package var greaterIsBetter: Bool?
  /// Whether the run ends early when it no longer improves; needs ``loadsBestModel``.
  package var earlyStopping: Patience?
  /// Where the run begins.
  package var start = Start.automatic
  /// Whether the progress bar is hidden.
  package var hidesProgress = false
  /// How much is logged.
  package var logLevel = "passive"

  /// Whether a user wrote them as keys, by which a fault may call them.
  package var hasKeys = false

  /// The defaults.
  package init(outputFolder: String) { self.outputFolder = outputFolder }
}

extension TrainingArguments {
  /// Takes the values of a configuration and checks that they go together.
  ///
  /// - Throws: `Fault`, naming the keys.
  package init(_ arguments: inout Arguments) throws(Fault) {
    guard let folder = arguments.text("output_dir") else {
      throw .missing(
        "output_dir", in: arguments.path, "it says where the model is written")
    }
    self.init(outputFolder: (folder as NSString).expandingTildeInPath)
    hasKeys = true
    takeFlags(arguments)
    takeNumbers(arguments)
    takeStrategies(arguments)
    try check(arguments)
    if warmupRatio > 0, warmupSteps > 0 {
      arguments.note("\(arguments.path): warmup_steps is given, so warmup_ratio has no effect")
    }
    if arguments.isGiven("length_column_name"), !groupsByLength {
      arguments.note(
        "\(arguments.path): length_column_name has no effect: it belongs to group_by_length")
    }
    if maximumSteps > 0, arguments.isGiven("num_train_epochs") {
      arguments.note("\(arguments.path): max_steps is given, so num_train_epochs has no effect")
    }
  }

  private mutating func takeFlags(_ arguments: Arguments) {
    overwritesOutput = arguments.flag("overwrite_output_dir")
    trains = arguments.flag("do_train")
    evaluates = arguments.flag("do_eval")
    lossOnly = arguments.flag("prediction_loss_only")
    groupsByLength = arguments.flag("group_by_length")
    dropsLastBatch = arguments.flag("dataloader_drop_last")
    logsFirstStep = arguments.flag("logging_first_step")
    loadsBestModel = arguments.flag("load_best_model_at_end")
    start =
      switch arguments["resume_from_checkpoint"] {
      case true: .lastCheckpoint
      case .string(let path) where !path.isEmpty: .checkpoint(path)
      default: .automatic
      }
    logLevel = arguments.text("log_level") ?? logLevel
    hidesProgress = arguments.flag("disable_tqdm")
    let name = arguments.text("optim")
    // Fused, it takes the same steps.
    optimizer = name == "adamw_torch_fused" ? .torch : name.flatMap(Optimizer.init) ?? optimizer
    schedule =
      arguments.text("lr_scheduler_type").flatMap(TrainerSchedule.Kind.init) ?? schedule
    bestMetric = arguments.text("metric_for_best_model")
    greaterIsBetter = arguments["greater_is_better"].bool
  }

  private mutating func takeNumbers(_ arguments: Arguments) {
    func integer(_ keys: String..., otherwise standard: Int) -> Int {
      keys.lazy.compactMap { arguments.integer($0) }.first ?? standard
    }
    func number(_ key: String, _ standard: Double) -> Double { arguments.number(key) ?? standard }
    trainingBatchSize = integer(
      "per_gpu_train_batch_size", "per_device_train_batch_size", otherwise: 8)
    evaluationBatchSize = integer(
      "per_gpu_eval_batch_size", "per_device_eval_batch_size", otherwise: 8)
    accumulation = integer("gradient_accumulation_steps", otherwise: 1)
    learningRate = number("learning_rate", learningRate)
    weightDecay = number("weight_decay", weightDecay)
    labelSmoothing = number("label_smoothing_factor", labelSmoothing)
    betas = (number("adam_beta1", betas.first), number("adam_beta2", betas.second))
    epsilon = number("adam_epsilon", epsilon)
    maximumGradientNorm = number("max_grad_norm", maximumGradientNorm)
    epochs = number("num_train_epochs", epochs)
    maximumSteps = integer("max_steps", otherwise: -1)
    warmupRatio = number("warmup_ratio", warmupRatio)
    warmupSteps = integer("warmup_steps", otherwise: 0)
    seed = UInt64(clamping: integer("seed", otherwise: 42))
    loggingSteps = integer("logging_steps", otherwise: 500)
    saveSteps = integer("save_steps", otherwise: 500)
    checkpointLimit = integer("save_total_limit", otherwise: 0)
    evaluationSteps = integer("eval_steps", otherwise: 0)
    earlyStopping = arguments.integer("early_stopping_patience").map {
      Patience(evaluations: $0, threshold: number("early_stopping_threshold", 0))
    }
  }

  private mutating func takeStrategies(_ arguments: Arguments) {
    func strategy(_ key: String, _ standard: Strategy) -> Strategy {
      arguments.text(key).flatMap(Strategy.init) ?? standard
    }
    evaluationStrategy = strategy("evaluation_strategy", .no)
    loggingStrategy = strategy("logging_strategy", .steps)
    saveStrategy = strategy("save_strategy", .steps)
    if evaluationStrategy != .no { evaluates = true }
    if evaluationSteps == 0 { evaluationSteps = loggingSteps }
    if loadsBestModel, bestMetric == nil { bestMetric = "loss" }
    if greaterIsBetter == nil, let bestMetric {
      greaterIsBetter = bestMetric != "loss" && bestMetric != "eval_loss"
    }
  }

  private func check(_ arguments: Arguments) throws(Fault) {
    func wrong(_ key: String, _ expected: String) -> Fault {
      Fault(arguments.path, at: key, found: Arguments.shown(arguments[key]), expected: expected)
    }
    if loggingStrategy == .steps, loggingSteps == 0 {
      throw wrong("logging_steps", "at least 1 with logging_strategy steps")
    }
    if evaluationStrategy == .steps, evaluationSteps == 0 {
      throw wrong("eval_steps", "at least 1, here or as logging_steps")
    }
    if trains, maximumSteps <= 0, epochs == 0 { throw wrong("num_train_epochs", "more than 0") }
    if betas.first == 1 { throw wrong("adam_beta1", "less than 1") }
    if betas.second == 1 { throw wrong("adam_beta2", "less than 1") }
    if loadsBestModel { try checkBestModel(arguments) }
    if earlyStopping != nil {
      guard loadsBestModel, evaluationStrategy != .no else {
        throw Fault(
          arguments.path, at: "early_stopping_patience", found: "a number", expected: "none",
          hint: "stopping early needs load_best_model_at_end and "
            + arguments.name("evaluation_strategy"))
      }
    }
  }

  private func checkBestModel(_ arguments: Arguments) throws(Fault) {
    let path = arguments.path
    if evaluationStrategy != saveStrategy {
      throw Fault(
        path, at: "\(arguments.name("evaluation_strategy")) and save_strategy",
        found: "\(evaluationStrategy.rawValue) and \(saveStrategy.rawValue)",
        expected: "the same", hint: "load_best_model_at_end needs them to be")
    }
    if evaluationStrategy == .steps, saveSteps % evaluationSteps != 0 {
      throw Fault(
        path, at: "save_steps", found: "\(saveSteps)",
        expected: "a multiple of eval_steps (\(evaluationSteps))",
        hint: "load_best_model_at_end needs it to be")
    }
  }

  /// The numbers of AdamW, which moves what Muon does not, too.
  var adamW: AdamW.Options {
    var options = AdamW.Options()
    options.variant = optimizer == .huggingFace ? .transformers : .torch
    (options.beta1, options.beta2) = betas
    (options.epsilon, options.weightDecay) = (epsilon, weightDecay)
    return options
  }
}
