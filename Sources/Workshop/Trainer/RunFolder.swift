import Foundation
import FoxFiles

/// The folder that a run writes to, and where in it the run begins.
///
/// SPEC `CKPT-4`. Source: the notebook's `run_clm`; `get_last_checkpoint` of transformers 4.17.0.
public enum RunFolder {
  /// Makes the folder, removes what killed runs left half-written, and decides where to begin.
  ///
  /// An explicit `resume_from_checkpoint` counts first. `resumes` (`--resume`) takes the last complete
  /// checkpoint, and begins at the beginning where there is none. Otherwise `overwrite_output_dir`
  /// begins anew; a folder with checkpoints is gone on with; one with anything else is an error.
  ///
  /// - Returns: The checkpoint to go on from; `nil` for the beginning.
  /// - Throws: ``TrainingError``, and `Fault` for a folder that cannot be written.
  public static func prepare(
    _ arguments: TrainingArguments, resumes: Bool, note: (String) -> Void = { _ in }
  ) throws -> String? {
    let folder = arguments.outputFolder
    try Folder.create(folder)
    try RunLock.take(folder)
    let folders = CheckpointFolders(folder)
    let removed = folders.clean()
    if removed > 0 { note("\(folder): removed \(removed) half-written of a run that was ended") }
    try checkWritable(folder)
    guard arguments.trains else { return nil }
    switch arguments.resumesFrom {
    case .string(let path):
      let state = "\(path)/\(TrainingCheckpoint.stateName)"
      guard FileManager.default.fileExists(atPath: state) else {
        throw TrainingError.checkpoint(
          path: path,
          problem: "no complete checkpoint of this package is there "
            + "(resume_from_checkpoint)")
      }
      return path
    case .bool(true):
      guard let last = folders.last() else { throw TrainingError.noCheckpoint(folder: folder) }
      return last
    default: break
    }
    let last = folders.last()
    if resumes, let last { return last }
    if arguments.overwritesOutput {
      if resumes { note("\(folder): there is no checkpoint; beginning at the beginning") }
      return nil
    }
    if last == nil, !folders.isEmpty() { throw TrainingError.outputNotEmpty(folder) }
    if resumes { note("\(folder): there is no checkpoint; beginning at the beginning") }
    if let last, !resumes {
      note(
        "\(last): checkpoint found, going on from it; set overwrite_output_dir to true to begin anew"
      )
    }
    return last
  }

  /// Finds out now, not after hours of training.
  private static func checkWritable(_ folder: String) throws(Fault) {
    let probe = try AtomicFile(path: "\(folder)/trainer_state.json")
    _ = consume probe
  }
}

/// What a run found: metrics of training and of the last evaluation.
public struct RunResults: Sendable {
  /// The metrics of training; `nil` when nothing was trained.
  public private(set) var train: JSON.Object?
  /// The metrics of the evaluation at the end; `nil` when there was none.
  public private(set) var evaluation: JSON.Object?

  /// Trains and evaluates as the notebook does: model, metrics and state are saved after training, then
  /// the model is evaluated, and its metrics are saved.
  ///
  /// - Parameters:
  ///   - trainer: Fresh.
  ///   - checkpoint: Where to go on from.
  ///   - finish: Adds to the metrics of the evaluation.
  ///   - report: Is given each report as it is made: `train` or `eval`, and the metrics.
  /// - Throws: As ``Trainer/train(resumingFrom:)`` and ``Trainer/evaluate()``.
  public init(
    _ trainer: Trainer, resumingFrom checkpoint: String? = nil,
    finish: (inout JSON.Object) -> Void = { _ in },
    report: (_ split: String, JSON.Object) throws -> Void = { _, _ in }
  ) throws {
    let (arguments, folder) = (trainer.arguments, trainer.arguments.outputFolder)
    // A reader that went away must not cost the results.
    var unreported: (any Error)?
    func tryReport(_ split: String, _ metrics: JSON.Object) {
      do { try report(split, metrics) } catch { unreported = unreported ?? error }
    }
    if arguments.trains {
      var metrics = try trainer.train(resumingFrom: checkpoint)
      metrics["train_samples"] = .integer(trainer.task.trainingSamples)
      try trainer.saveModel()
      try ResultFiles.save(metrics, split: "train", folder: folder)
      tryReport("train", metrics)
      train = metrics
    }
    if arguments.evaluates {
      var metrics = try trainer.evaluate()
      metrics["eval_samples"] = .integer(trainer.task.evaluationSamples)
      finish(&metrics)
      try ResultFiles.save(metrics, split: "eval", folder: folder)
      tryReport("eval", metrics)
      evaluation = metrics
    }
    if let unreported { throw unreported }
  }
}
