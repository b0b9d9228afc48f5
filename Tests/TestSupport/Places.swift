import Foundation

/// The folders that tests read and write.
package enum Places {
  /// The root of the package.
  package static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Recorded outputs of the reference, and texts recorded from this package.
  package static let golden = package.appendingPathComponent("Golden")

  /// Models, one folder each.
  package static let weights = package.appendingPathComponent("Weights")

  /// What failing comparisons leave for the reader; ignored by git.
  package static let artifacts = package.appendingPathComponent(".artifacts")

  /// The folder of real data that `FOX_DATA` names, when it is set and there.
  package static let data: URL? = ProcessInfo.processInfo.environment["FOX_DATA"].flatMap {
    isFolder($0) ? URL(fileURLWithPath: $0, isDirectory: true) : nil
  }

  /// The path of a file or folder below Golden/.
  package static func golden(_ path: String) -> String {
    golden.appendingPathComponent(path).path
  }

  static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// Runs `body` with a fresh empty folder, which is removed afterwards.
  package static func withTemporaryFolder<Result>(
    _ body: (URL) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("brownfox-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
