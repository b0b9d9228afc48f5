import Foundation
import FoxFiles
import FoxKernels

/// # What makes a run the same
///
/// Adds to a run the list of what decides its weights, its files and its rounding. A checkpoint keeps
/// it; whoever goes on from the checkpoint, or trains beside others, must have the same.
/// SPEC `CKPT-6`, `CKPT-10`, `MPI-4`.
extension Trainer {
  /// Keys that decide the weights, with their values.
  var identity: [(key: String, value: JSON)] {
    let byEpochs = arguments.maximumSteps <= 0
    let evaluation = arguments.evaluationStrategy
    let smoothing = arguments.labelSmoothing
    return [
      ("seed", .integer(Int(clamping: arguments.seed))),
      ("ranks", isShared ? .integer(ranks.count) : .null),
      ("per_device_train_batch_size", .integer(arguments.trainingBatchSize)),
      ("gradient_accumulation_steps", .integer(arguments.accumulation)),
      ("dataloader_drop_last", .bool(arguments.dropsLastBatch)),
      // Null as in checkpoints of earlier versions, which do not have them.
      ("group_by_length", arguments.groupsByLength ? true : .null),
      ("lengths of the training samples (SHA-256)", lengthHash),
      ("label_smoothing_factor", smoothing == 0 ? .null : .number(smoothing)),
      ("num_train_epochs", byEpochs ? .number(arguments.epochs) : .null),
      ("max_steps", byEpochs ? .null : .integer(arguments.maximumSteps)),
      ("learning_rate", .number(arguments.learningRate)),
      ("lr_scheduler_type", .string(arguments.schedule.rawValue)),
      ("warmup_steps", .integer(schedule.line.warmupSteps)),
      ("optim", .string(arguments.optimizer.rawValue)),
      ("adam_beta1", .number(arguments.betas.first)),
      ("adam_beta2", .number(arguments.betas.second)),
      ("adam_epsilon", .number(arguments.epsilon)),
      ("weight_decay", .number(arguments.weightDecay)),
      ("max_grad_norm", .number(arguments.maximumGradientNorm)),
      // Every evaluation draws two random numbers.
      ("evaluation_strategy", .string(evaluation.rawValue)),
      ("eval_steps", evaluation == .steps ? .integer(arguments.evaluationSteps) : .null),
      // What is the best so far must be measured as what comes.
      ("load_best_model_at_end", .bool(arguments.loadsBestModel)),
      ("metric_for_best_model", arguments.bestMetric.map { .string($0) } ?? .null),
      ("greater_is_better", arguments.greaterIsBetter.map { .bool($0) } ?? .null),
    ] + task.identity + (arguments.bestMetric == nil ? [] : task.evaluationIdentity)
  }

  /// By what samples are grouped; null when they are not.
  private var lengthHash: JSON {
    guard let lengths = grouping?.lengths else { return .null }
    return .string(lengths.withUnsafeBytes { SHA256.hash(of: $0).hexadecimal })
  }

  /// Keys that change logs and checkpoints, but no weight.
  var settings: [(key: String, value: JSON)] {
    [
      ("per_device_eval_batch_size", .integer(arguments.evaluationBatchSize)),
      ("logging_strategy", .string(arguments.loggingStrategy.rawValue)),
      ("logging_steps", .integer(arguments.loggingSteps)),
      ("logging_first_step", .bool(arguments.logsFirstStep)),
      ("save_strategy", .string(arguments.saveStrategy.rawValue)),
      ("save_steps", .integer(arguments.saveSteps)),
    ] + (arguments.bestMetric == nil ? task.evaluationIdentity : [])
  }

  /// What ranks must have in common beside a run's configuration and data: the first weights, and the
  /// program, since another one may round otherwise. SPEC `MPI-4`.
  var shared: [(key: String, value: JSON)] {
    [
      ("the program (SHA-256)", .string(Self.program)),
      ("the weights to begin with (check sum)", .integer(task.parameters.checkSum)),
    ]
  }

  /// The hash of the program's file, read once.
  private static let program: String = {
    let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    return (try? SHA256.hash(of: MappedFile(path: path)).hexadecimal) ?? "unreadable"
  }()

  /// What decides in which order products are added up, beside the run itself. SPEC `CKPT-10`.
  static var machine: [(key: String, value: JSON)] {
    [
      ("OpenBLAS core", .string(BLASKernels.selected.running)),
      ("threads", .integer(BLAS.threads)),
    ]
  }
}

extension Parameters {
  /// A sum of all values' bits and their places: not a hash against malice, but as fast as memory.
  fileprivate var checkSum: Int {
    let start = values.pointer
    var sum: UInt64 = 0
    for index in 0..<count {
      sum &+= UInt64(start[index].bitPattern) &* (2 &* UInt64(index) &+ 1)
    }
    return Int(truncatingIfNeeded: sum >> 1)
  }
}
