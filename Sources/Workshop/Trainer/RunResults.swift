import FoxFiles

/// # A whole run
///
/// Adds to ``Trainer/train(resumingFrom:)`` what the notebook's script does around it: the model, the
/// metrics and the state are saved after training, then the model is evaluated, and its metrics are saved.

/// What a run found: the metrics of training and of the evaluation at its end.
package struct RunResults: Sendable {
  /// The metrics of training; `nil` when nothing was trained.
  package internal(set) var train: JSON.Object?
  /// The metrics of the evaluation at the end; `nil` when there was none.
  package internal(set) var evaluation: JSON.Object?
}

extension Trainer {
  /// Trains and evaluates, as the arguments ask for, and saves everything.
  ///
  /// - Parameters:
  ///   - checkpoint: Where to go on from.
  ///   - finish: Adds to the metrics of the evaluation.
  ///   - report: Is given each report as it is made: `train` or `eval`, and the metrics.
  /// - Throws: As ``train(resumingFrom:)`` and ``evaluate()``. When a report throws, the run goes on, and
  ///   the error is thrown at its end.
  package func run(
    resumingFrom checkpoint: String? = nil, finish: (inout JSON.Object) -> Void = { _ in },
    report: (_ split: String, JSON.Object) throws -> Void = { _, _ in }
  ) throws -> RunResults {
    var results = RunResults()
    // A reader that went away must not cost the results.
    var unreported: (any Error)?
    func save(_ metrics: JSON.Object, _ split: String) throws {
      if !ranks.isFirst { return }
      try ResultFiles.save(metrics, split: split, folder: arguments.outputFolder)
      do { try report(split, metrics) } catch { unreported = unreported ?? error }
    }
    if arguments.trains {
      var metrics = try train(resumingFrom: checkpoint)
      metrics["train_samples"] = .integer(task.trainingSamples)
      try saveModel()
      try save(metrics, "train")
      results.train = metrics
    }
    if arguments.evaluates {
      var metrics = try evaluate()
      metrics["eval_samples"] = .integer(task.evaluationSamples)
      finish(&metrics)
      try save(metrics, "eval")
      results.evaluation = metrics
    }
    if let unreported { throw unreported }
    return results
  }
}
