import Foundation
import FoxDecoding
import FoxFiles

/// # How far a run has come
///
/// What `trainer_state.json` holds.
///
/// The file has exactly the keys of transformers 4.17.0's `TrainerState`, which can load it, but
/// numbers in full precision (the reference rounds losses to four places and epochs to two).
/// SPEC `TRAIN-8`.
package struct TrainerState: Sendable, Equatable {
  /// Epochs done, the current one in part, after the last step; `nil` before any training.
  package var epoch: Double?
  /// Steps done.
  package var step = 0
  /// Steps of the whole run.
  package var maximumSteps = 0
  /// Epochs of the whole run, the last one perhaps in part.
  package var epochs = 0
  /// Floating-point operations of all batches so far, by the reference's estimate.
  package var floatingPointOperations = 0.0
  /// Everything logged, in order.
  package var history: [JSON.Object] = []
  /// The best value of the metric that decides.
  package var bestMetric: Double?
  /// The checkpoint that has it.
  package var bestCheckpoint: String?

  /// A run that has not begun.
  package init() {}

  /// The document, keys sorted.
  package var json: JSON {
    [
      "best_metric": bestMetric.map { .number($0) } ?? .null,
      "best_model_checkpoint": bestCheckpoint.map { .string($0) } ?? .null,
      "epoch": epoch.map { .number($0) } ?? .null, "global_step": .integer(step),
      "is_hyper_param_search": false,
      "is_local_process_zero": true, "is_world_process_zero": true,
      "log_history": .array(history.map { .object($0) }), "max_steps": .integer(maximumSteps),
      "num_train_epochs": .integer(epochs), "total_flos": .number(floatingPointOperations),
      "trial_name": nil, "trial_params": nil,
    ]
  }

  /// Reads a document.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: `Fault`, naming the key.
  package init(_ json: JSON, path: String) throws(Fault) {
    func wrong(_ key: String) -> Fault { .damaged(path, key) }
    func number(_ key: String) throws(Fault) -> Double {
      guard let value = json[key]?.measure else { throw wrong(key) }
      return value
    }
    func count(_ key: String) throws(Fault) -> Int {
      guard let value = json[key]?.integer, value >= 0 else { throw wrong(key) }
      return value
    }
    epoch = json["epoch"]?.measure
    step = try count("global_step")
    maximumSteps = try count("max_steps")
    epochs = try count("num_train_epochs")
    floatingPointOperations = try number("total_flos")
    guard let list = json["log_history"]?.array else { throw wrong("log_history") }
    history = list.compactMap(\.object)
    if history.count != list.count { throw wrong("log_history") }
    bestMetric = json["best_metric"]?.measure
    bestCheckpoint = json["best_model_checkpoint"]?.string
  }
}

extension JSON {
  /// A number, or the text that stands for one that JSON lacks (`JSON-5`).
  var measure: Double? {
    switch self {
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .string("NaN"): .nan
    default: double
    }
  }

  /// The document as the lines of a file.
  var fileBytes: [UInt8] { Array((text(.indented) + "\n").utf8) }
}

/// The files of results beside a trained model.
package enum ResultFiles {
  /// Writes `SPLIT_results.json` and takes the metrics into `all_results.json`, keys sorted.
  ///
  /// SPEC `TRAIN-8`.
  /// - Throws: `Fault`; an `all_results.json` that is not an object is replaced.
  package static func save(_ metrics: JSON.Object, split: String, folder: String) throws {
    let path = "\(folder)/\(split)_results.json"
    try AtomicFile.write(sorted(metrics).fileBytes, to: path)
    let all = "\(folder)/all_results.json"
    var combined = JSON.Object()
    if FileManager.default.fileExists(atPath: all) {
      combined = (try? JSON.read(path: all).object) ?? JSON.Object()
    }
    for (key, value) in metrics.members { combined[key] = value }
    try AtomicFile.write(sorted(combined).fileBytes, to: all)
  }

  private static func sorted(_ object: JSON.Object) -> JSON {
    .object(.init(object.members.sorted { UTF8Key.precedes($0.key, $1.key) }))
  }
}
