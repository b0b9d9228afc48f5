import Foundation
import FoxFiles

/// # Checkpoints that survive `kill -9`
///
/// The folders `checkpoint-N` in the output folder of a run: each complete or not there.
///
/// A checkpoint is written into a hidden folder, synced file by file, and renamed; one that goes is
/// renamed first and then deleted. So whatever moment the process is killed at, a folder of that name
/// is complete, and the rest is hidden and removed by the next run. SPEC `CKPT-2`, `CKPT-3`.
package struct CheckpointFolders: Sendable {
  /// The output folder of the run.
  package let folder: String
  private static let prefix = "checkpoint-"

  /// The checkpoints of the run that writes to `folder`.
  package init(_ folder: String) { self.folder = folder }

  /// The complete checkpoints, by steps.
  package func all() -> [(step: Int, path: String)] {
    names().compactMap { name in
      guard let step = Self.step(name) else { return nil }
      let path = "\(folder)/\(name)"
      // Those of other programs lack the state that makes the next bit the same.
      guard FileManager.default.fileExists(atPath: "\(path)/\(TrainingCheckpoint.stateName)") else {
        return nil
      }
      return (step, path)
    }.sorted { $0.step < $1.step }
  }

  /// The first folder with the name of a checkpoint that holds something else: a checkpoint of another
  /// program.
  func foreign() -> String? {
    let complete = Set(all().map(\.path))
    let paths = names().filter { Self.step($0) != nil }.map { "\(folder)/\($0)" }
    return paths.sorted().first { path in
      !complete.contains(path) && !Folder.files(in: path).isEmpty
    }
  }

  /// The checkpoint with the most steps.
  package func last() -> String? { all().last?.path }

  /// Whether the folder holds anything but what killed runs left half-written.
  package func isEmpty() -> Bool { names().allSatisfy { Leftovers.owner(of: $0) != nil } }

  /// The steps of a checkpoint's name.
  static func step(_ name: String) -> Int? {
    guard name.hasPrefix(prefix), let step = Int(name.dropFirst(prefix.count)), step >= 0,
      name == "\(prefix)\(step)"
    else { return nil }
    return step
  }

  /// Removes what killed runs left half-written.
  ///
  /// - Returns: How many files and folders went.
  @discardableResult
  package func clean() -> Int {
    Leftovers.remove(in: folder)
  }

  /// Writes a checkpoint.
  ///
  /// - Parameters:
  ///   - step: Steps done.
  ///   - body: Writes the files into the folder it is given, each synced.
  /// - Returns: The folder.
  /// - Throws: What `body` throws, and `Fault`; nothing half-written is left.
  package func write(step: Int, _ body: (String) throws -> Void) throws -> String {
    try Folder.create(folder)
    let name = "\(Self.prefix)\(step)"
    let path = "\(folder)/\(name)"
    let temporary = Leftovers.path(for: name, in: folder)
    do {
      try Folder.create(temporary)
      try body(temporary)
      Self.sync(temporary)
      remove(path)
      guard rename(temporary, path) == 0 else {
        throw Fault.unwritable(path: path, reason: systemReason())
      }
      Self.sync(folder)
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
    return path
  }

  /// Removes a checkpoint, if it is there: at once for whoever looks, then file by file.
  package func remove(_ path: String) {
    let temporary = Leftovers.path(for: (path as NSString).lastPathComponent, in: folder)
    guard rename(path, temporary) == 0 else { return }
    try? FileManager.default.removeItem(atPath: temporary)
  }

  /// Removes the oldest checkpoints until `limit` are left; never the newest, and never `best`, so that
  /// two may stay where one is allowed.
  ///
  /// Source: `_rotate_checkpoints` in `trainer.py` of transformers 4.17.0, which goes by the time of
  /// change; here the steps count.
  package func rotate(limit: Int, best: String?) {
    guard limit > 0 else { return }
    let all = all()
    let bestName = best.map { ($0 as NSString).lastPathComponent }
    func isKept(_ path: String) -> Bool {
      path == all.last?.path || (path as NSString).lastPathComponent == bestName
    }
    let kept = all.filter { isKept($0.path) }.count
    let others = all.filter { !isKept($0.path) }
    for (_, path) in others.dropLast(max(0, limit - kept)) { remove(path) }
  }

  private func names() -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  /// Lets new names in a folder outlive a power cut, where the file system can.
  private static func sync(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return }
    fsync(descriptor)
    close(descriptor)
  }
}
