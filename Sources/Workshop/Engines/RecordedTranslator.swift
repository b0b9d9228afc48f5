import FoxFiles

/// Translations that were made before, instead of an engine. SPEC `AUG-9`.
public struct RecordedTranslator: Translator {
  private struct Key: Hashable {
    let path: [Language]
    let text: UTF8Key
  }

  /// `recorded`, behind the engines that the file names.
  public let name: String
  /// The file.
  public let path: String
  private let translations: [Key: String]
  private let known: [Direction]
  private let trips: [Pivot]

  /// What a file holds; of several translations of one text the last counts.
  ///
  /// - Throws: ``AugmentationError``.
  public init(path: String) throws(AugmentationError) { self.init(try Recording(path: path)) }

  /// What a recording holds.
  public init(_ recording: Recording) {
    path = recording.path
    // An engine is recorded as its name, direction and version.
    let engines = Set(recording.translations.compactMap { $0.engine?.split(separator: " ").first })
    name = (engines.sorted().map(String.init) + ["recorded"]).joined(separator: ", ")
    var translations: [Key: String] = [:]
    var known: Set<Direction> = []
    for entry in recording.translations {
      translations[Key(path: entry.path, text: UTF8Key(entry.text))] = entry.translation
      for (source, target) in zip(entry.path, entry.path.dropFirst()) {
        known.insert(Direction(source, target))
      }
    }
    self.translations = translations
    self.known = known.sorted()
    trips = Self.trips(recording.translations)
  }

  /// The ways out and back that were recorded as a whole, as they first occur.
  private static func trips(_ translations: [RecordedTranslation]) -> [Pivot] {
    var trips: [Pivot] = []
    for path in translations.map(\.path) where path.count > 2 && path.first == path.last {
      if trips.contains(where: { $0.path == path }) { continue }
      let name = path.dropFirst().dropLast().map(\.code).joined(separator: "-")
      trips.append(Pivot(name: name, path: path))
    }
    return trips
  }

  /// All directions that occur on a way.
  public func directions() -> [Direction] { known }

  /// The ways that were recorded as a whole, in order; else all that can come back hop by hop.
  public func pivots(of source: Language) -> [Pivot] {
    let own = trips.filter { $0.path.first == source }
    return own.isEmpty ? Routes(known).pivots(of: source) : own
  }

  /// Looks texts up.
  ///
  /// - Throws: ``AugmentationError/notRecorded(path:way:text:)``.
  public func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws(AugmentationError) -> Void
  ) throws(AugmentationError) {
    for (index, text) in texts.enumerated() {
      try answer(index, try find(text, [direction.source, direction.target]))
    }
  }

  /// Looks texts up: the whole way, else hop by hop.
  public func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws(AugmentationError) -> [Passage] {
    var passages: [Passage] = []
    for text in texts {
      var passage = Passage(hops: [])
      if let whole = translations[Key(path: path, text: UTF8Key(text))] {
        passage.hops = [whole]
      } else {
        var current = text
        for (source, target) in zip(path, path.dropFirst()) {
          current = try find(current, [source, target])
          passage.hops.append(current)
        }
      }
      passages.append(passage)
      progress(path.count - 1)
    }
    return passages
  }

  private func find(
    _ text: String, _ path: [Language]
  ) throws(AugmentationError) -> String {
    if let found = translations[Key(path: path, text: UTF8Key(text))] { return found }
    throw .notRecorded(path: self.path, way: RecordedTranslation.shown(path), text: text)
  }
}
