import Foundation
import FoxFiles
import FoxKernels

/// # Predictions, and a second evaluation
///
/// What a classifier's run does after training: MNLI's second evaluation, and files of predictions.
///
/// SPEC `CLASS-6`. Source: `run_glue.py` of transformers 4.17.0.
package enum ClassifierResults {
  /// Evaluates on MNLI's mismatched genres; its metrics end with `_mm`.
  ///
  /// - Throws: As ``Trainer/evaluate()``.
  package static func evaluateMismatched(
    _ trainer: Trainer, _ prepared: ClassifierRun.Prepared
  ) throws -> JSON.Object? {
    guard let mismatched = prepared.mismatched, trainer.arguments.evaluates else { return nil }
    let matched = prepared.task.evaluation
    prepared.task.evaluation = mismatched
    defer { prepared.task.evaluation = matched }
    var metrics = JSON.Object()
    for (key, value) in try trainer.evaluate().members where key != "epoch" {
      metrics["\(key)_mm"] = value
    }
    metrics["eval_samples_mm"] = .integer(mismatched.count)
    let path = "\(trainer.arguments.outputFolder)/eval_results.json"
    var all = (try? JSON.read(path: path).object) ?? JSON.Object()
    for (key, value) in metrics.members { all[key] = value }
    try ResultFiles.save(all, split: "eval", folder: trainer.arguments.outputFolder)
    return metrics
  }

  /// Writes `predict_results_<task>.txt`: index and predicted label, or score to three places, of each
  /// text.
  ///
  /// Also of the last ones: with `dataloader_drop_last` the reference leaves them out, and its file has
  /// fewer rows than the table.
  ///
  /// - Returns: The files.
  /// - Throws: `Fault`, also for a folder that cannot be written.
  package static func writePredictions(
    _ prepared: ClassifierRun.Prepared, batchSize: Int, folder: String
  ) throws -> [String] {
    try prepared.tests.map { name, samples in
      var text = "index\tprediction\n"
      let task = prepared.task
      try task.model.evaluate(samples, batchSize: batchSize) { range, outputs, _ in
        let classes = ClassifierOutputs.classes(outputs, width: task.labels.outputs)
        for (row, index) in range.enumerated() {
          let value =
            task.labels.isRegression
            ? String(format: "%3.3f", Double(outputs[row])) : task.labels.names[classes[row]]
          text += "\(index)\t\(value)\n"
        }
      }
      let path = "\(folder)/predict_results_\(name).txt"
      try AtomicFile.write(Array(text.utf8), to: path)
      return path
    }
  }
}
