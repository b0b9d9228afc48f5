import Foundation
import FoxEngines
import Synchronization
import Testing

/// The direction of two codes.
func direction(_ source: String, _ target: String) throws -> Direction {
  Direction(try language(source), try language(target))
}

/// The language of a code.
func language(_ code: String) throws -> Language { try #require(Language(code), "\(code)") }

/// An engine made of `sed`, which knows NUL-separated records (`-z`) as Apertium's programs do.
struct StubEngine {
  /// Its data.
  let folder: URL

  /// An engine in a folder; each direction has a script of sed.
  init(_ folder: URL, _ scripts: [String: String]) throws {
    self.folder = folder
    let modes = folder.appendingPathComponent("modes")
    try FileManager.default.createDirectory(at: modes, withIntermediateDirectories: true)
    for (name, script) in scripts { try write(name, script) }
  }

  private func write(_ name: String, _ script: String) throws {
    // Two programs, so that one can end before the other.
    try Data("sed -u '\(script)' | sed -u ''".utf8)
      .write(to: folder.appendingPathComponent("modes/\(name).mode"))
  }

  /// The translator.
  func translator(patience: Int = 20) throws -> Apertium {
    try Apertium(folder: folder.path, patience: patience)
  }
}

/// A translator that puts words around texts and counts what it is asked.
final class CountingTranslator: Engine {
  let name = "counting"
  let version: String
  private let known: [Direction]
  private let asked = Mutex<[String]>([])

  init(_ known: [Direction], version: String = "1") {
    (self.known, self.version) = (known, version)
  }

  /// All texts so far.
  var texts: [String] { asked.withLock { $0 } }

  func directions() -> [Direction] { known }

  func identity(of direction: Direction) -> String { "counting \(version)" }

  func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws -> Void
  ) throws {
    for (index, text) in texts.enumerated() {
      asked.withLock { $0.append(text) }
      try answer(index, "\(direction.target)(\(text))")
    }
  }
}
