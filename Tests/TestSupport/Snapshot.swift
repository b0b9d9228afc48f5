import Foundation
import Testing

/// Texts of this package's own, such as help pages, kept as files below Golden/.
///
/// `FOX_RECORD` decides what a run may write: `missing` records files that are not there, `failed`
/// also those that differ, `all` every one. A run that records fails with "recorded", so that no
/// continuous integration passes by recording; without the variable nothing is ever written.
package enum Snapshot {
  enum Mode: String { case never, missing, failed, all }

  static let mode: Mode = {
    if ProcessInfo.processInfo.environment["CI"] != nil { return .never }
    return ProcessInfo.processInfo.environment["FOX_RECORD"].flatMap(Mode.init) ?? .never
  }()

  /// Compares `text` with the file at `path` below Golden/.
  package static func expect(
    _ text: String, matches path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = Places.golden.appendingPathComponent(path)
    let golden = (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) }
    let record =
      switch mode {
      case .never: false
      case .missing: golden == nil
      case .failed: golden != text
      case .all: true
      }
    if record {
      try write(text, to: file)
      Issue.record("recorded Golden/\(path)", sourceLocation: sourceLocation)
    } else if golden != text {
      let actual = Places.artifacts.appendingPathComponent(path)
      try write(text, to: actual)
      Issue.record(
        """
        \(golden == nil ? "there is no Golden/\(path)" : "differs from Golden/\(path)"); see: \
        diff \(file.path) \(actual.path)
        (FOX_RECORD=failed records it)
        """, sourceLocation: sourceLocation)
    }
  }

  private static func write(_ text: String, to file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file, options: .atomic)
  }
}
