import Foundation
import FoxDecoding
import FoxFiles

/// # Where a run begins
///
/// The folder that a run writes to, and where in it the run begins.
///
/// SPEC `CKPT-4`. Source: the notebook's `run_clm`; `get_last_checkpoint` of transformers 4.17.0.
public enum RunFolder {
  /// Makes the folder, removes what killed runs left half-written, and decides where to begin.
  ///
  /// An explicit `resume_from_checkpoint` counts first. `resumes` (`--resume`) takes the last complete
  /// checkpoint, and starts from scratch if there is none. Otherwise `overwrite_output_dir`
  /// starts from scratch; a folder with checkpoints is continued; one with anything else is an error.
  ///
  /// - Returns: The checkpoint to go on from; `nil` for the beginning.
  /// - Throws: `Fault`, and `BytesError` for a folder that cannot be written.
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

  /// Finds out now, not after hours of training.
  private static func checkWritable(_ folder: String) throws(BytesError) {
    let probe = try AtomicFile(path: "\(folder)/trainer_state.json")
    _ = consume probe
  }
}
