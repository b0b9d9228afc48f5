import Foundation
import FoxDecoding
import FoxWeights

/// Folders.
public enum Folder {
  /// Makes a folder, and those above it that are missing. One that is there is fine.
  ///
  /// - Throws: When the system refuses, with its reason.
  public static func create(_ path: String) throws(Fault) {
    var isThere = stat()
    if stat(path, &isThere) == 0, isThere.st_mode & S_IFMT == S_IFDIR { return }
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if parent != path, parent != "/" { try create(parent) }
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw .unwritable(path: path, reason: systemReason())
    }
  }
}
