import Foundation
import FoxDecoding
import FoxFiles

/// # Where a run begins
///
/// The folder that a run writes to, and where in it the run begins.
///
/// SPEC `CKPT-4`. Source: the notebook's `run_clm`; `get_last_checkpoint` of transformers 4.17.0.
package enum RunFolder {
  /// Makes the folder, removes what killed runs left half-written, and decides where to begin.
  ///
  /// An explicit `resume_from_checkpoint` counts first. `resumes` (`--resume`) takes the last complete
  /// checkpoint, and starts from scratch if there is none. Otherwise `overwrite_output_dir`
  /// starts from scratch; a folder with checkpoints is continued; one with anything else is an error.
  ///
  /// - Returns: The checkpoint to go on from; `nil` for the beginning.
  /// - Throws: `Fault`, also for a folder that cannot be written.
  package static func prepare(
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
    switch arguments.start {
    case .checkpoint(let path):
      let state = "\(path)/\(TrainingCheckpoint.stateName)"
      guard FileManager.default.fileExists(atPath: state) else {
        throw Fault(
          path, found: "no complete checkpoint", expected: "one of this package",
          hint: "resume_from_checkpoint names it")
      }
      return path
    case .lastCheckpoint:
      guard let last = folders.last() else {
        throw Fault(folder, found: "no complete checkpoint", expected: "one to resume from")
      }
      return last
    case .automatic: break
    }
    let last = folders.last()
    if last != nil, resumes || !arguments.overwritesOutput, let foreign = folders.foreign() {
      throw Fault(
        foreign, found: "a checkpoint of another program", expected: "none beside this run's",
        hint: "it would be replaced at its step: move it, or choose another output_dir")
    }
    if resumes, let last { return last }
    if arguments.overwritesOutput {
      if resumes { note("\(folder): there is no checkpoint; beginning at the beginning") }
      return nil
    }
    if last == nil, !folders.isEmpty() {
      throw Fault(
        folder, found: "a folder that is not empty", expected: "an empty one, or checkpoints",
        hint: "set overwrite_output_dir to true to train all the same, or choose another output_dir"
      )
    }
    if resumes { note("\(folder): there is no checkpoint; beginning at the beginning") }
    if let last, !resumes {
      note(
        "\(last): checkpoint found, going on from it; set overwrite_output_dir to true to begin anew"
      )
    }
    return last
  }

  /// Refuses a run whose results would take the place of a file that it reads: its configuration
  /// `config.json` in the output folder, for instance, would become the model's.
  ///
  /// - Throws: `Fault`.
  package static func check(_ arguments: Arguments, _ training: TrainingArguments) throws(Fault) {
    let keys = ["train", "validation", "test", "validation_mismatched", "test_mismatched"]
    let inputs = [arguments.path] + keys.compactMap { arguments.text("\($0)_file") }
    let folder = training.outputFolder
    for input in inputs {
      let (place, name) = Folder.split(input)
      guard Folder.areSame(place, folder), isWritten(name) else { continue }
      throw .overwrites("\(folder)/\(name)", input: input)
    }
  }

  /// Whether a run writes a file of this name.
  private static func isWritten(_ name: String) -> Bool {
    ModelFiles.tokenizer.contains(name) || name.hasPrefix("predict_results_")
      || [
        "config.json", "loss.svg", "seeds.json", "train_results.json", "eval_results.json",
        "all_results.json", TrainingCheckpoint.trainerStateName, TrainingCheckpoint.weightsName,
      ].contains(name)
  }

  /// Finds out now, not after hours of training.
  private static func checkWritable(_ folder: String) throws(Fault) {
    let probe = try AtomicFile(path: "\(folder)/trainer_state.json")
    _ = consume probe
  }
}
