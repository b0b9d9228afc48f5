import FoxDecoding
import FoxFiles

/// A record of translations from a file, as an engine. SPEC `AUG-9`.
package struct RecordedEngine: Engine {
  private let record: RecordedTranslator
  private let known: [Direction]

  /// `recorded`, after the engines that the file names.
  package var name: String { record.name }
  package var path: String { record.source }

  /// What a file holds.
  ///
  /// - Throws: `Fault`.
  package init(path: String) throws { self.init(try Recording.read(path: path)) }

  init(_ recording: Recording) {
    // An engine is recorded as its name, direction and version.
    let engines = Set(recording.translations.compactMap { $0.engine?.split(separator: " ").first })
    record = RecordedTranslator(
      recording.translations.map(\.entry),
      name: (engines.sorted().map(String.init) + ["recorded"]).joined(separator: ", "),
      source: recording.path)
    let hops = recording.translations.flatMap { zip($0.entry.path, $0.entry.path.dropFirst()) }
    known = Set(hops.map { Direction($0, $1) }).sorted()
  }

  /// All directions that occur on a way.
  package func directions() -> [Direction] { known }

  /// The ways that were recorded as a whole, in order; else all that can come back hop by hop.
  package func pivots(of source: Language) -> [Pivot] {
    let own = record.trips.filter { $0.path.first == source }
    return own.isEmpty ? Routes(known).pivots(of: source) : own
  }

  /// Looks texts up.
  package func translate(
    _ texts: [String], _ direction: Direction, answer: (_ index: Int, _ text: String) throws -> Void
  ) throws {
    for (index, text) in texts.enumerated() {
      try answer(
        index, try record.translation(of: text, along: [direction.source, direction.target]))
    }
  }

  /// Looks texts up: the whole way, else hop by hop.
  package func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws -> [Passage] {
    try texts.map { text in
      defer { progress(path.count - 1) }
      return try record.translate([text], along: path)[0]
    }
  }
}
