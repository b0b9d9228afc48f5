// Who imports the engines has the chapter that they grew out of.
@_exported public import FoxAugmentation
import FoxDecoding

/// A translator that can be asked what it offers, answers text by text, and can be cached.
///
///     let apertium = try Apertium()
///     let direction = Direction(.english, Language("spa"))
///     try apertium.translations(of: ["the dog is bad"], direction)  // ["El perro es malo"]
///
/// Calls block. Several threads may call at once. SPEC `AUG-2`.
package protocol Engine: Translator {
  /// What it offers.
  func directions() throws -> [Direction]

  /// What decides a translation beside the text: engine, version, data. A cache keeps translations
  /// under it.
  func identity(of direction: Direction) -> String

  /// Translates texts and gives each translation as soon as it is there.
  ///
  /// - Parameter answer: Is given the index of a text and its translation, each index once.
  func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws -> Void
  ) throws

  /// The pivots that are taken when none is named: by default all that can come back.
  func pivots(of source: Language) throws -> [Pivot]

  /// Translates texts along a path of languages: by default one direction after the other.
  ///
  /// - Parameter progress: Is told how many translations have come since the last call.
  func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws -> [Passage]
}

extension Engine {
  /// The name alone, for what has no versions.
  package func identity(of direction: Direction) -> String { name }

  /// All that can come back, in the order of their codes.
  package func pivots(of source: Language) throws -> [Pivot] {
    Routes(try directions()).pivots(of: source)
  }

  /// One translation for each text, in order: the engine is held to it.
  ///
  /// - Throws: `Fault` when a text was answered twice or not at all, and what the engine throws.
  package func translations(
    of texts: [String], _ direction: Direction, progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> [String] {
    var results = [String?](repeating: nil, count: texts.count)
    var count = 0
    try translate(texts, direction) { index, text in
      guard results.indices.contains(index), results[index] == nil else {
        throw Fault.answers(
          engine: name, direction: direction, expected: texts.count, found: count + 1)
      }
      results[index] = text
      count += 1
      progress(1)
    }
    let complete = results.compactMap { $0 }
    guard complete.count == texts.count else {
      throw Fault.answers(
        engine: name, direction: direction, expected: texts.count, found: count)
    }
    return complete
  }

  /// One direction after the other.
  package func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws -> [Passage] {
    var passages = texts.map { _ in Passage(hops: []) }
    var current = texts
    for (source, target) in zip(path, path.dropFirst()) {
      current = try translations(of: current, Direction(source, target), progress: progress)
      for (index, text) in current.enumerated() { passages[index].hops.append(text) }
    }
    return passages
  }

  /// The chapter's way to ask: without progress.
  package func translate(_ texts: [String], along path: [Language]) throws -> [Passage] {
    try translate(texts, along: path) { _ in }
  }
}

/// A translation that an engine offers: from one language to another.
package struct Direction: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let source: Language
  package let target: Language

  package init(_ source: Language, _ target: Language) {
    (self.source, self.target) = (source, target)
  }

  /// `eng→spa`.
  package var description: String { "\(source)→\(target)" }

  /// By source, then by target.
  package static func < (a: Direction, b: Direction) -> Bool {
    a.source == b.source ? a.target < b.target : a.source < b.source
  }
}

extension Language: Comparable {
  /// In the order of their ISO codes.
  package static func < (a: Language, b: Language) -> Bool {
    a.iso.lowercased() < b.iso.lowercased()
  }
}
