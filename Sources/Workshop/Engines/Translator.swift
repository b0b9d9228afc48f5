/// Translates texts from one language to another.
///
///     let apertium = try Apertium()
///     let direction = Direction(.english, Language("spa"))
///     try apertium.translations(of: ["the dog is bad"], direction)  // ["El perro es malo"]
///
/// Calls block. Several threads may call at once. SPEC `AUG-2`.
public protocol Translator: Sendable {
  /// What it is called in tables and messages: `Apertium`.
  var name: String { get }

  /// What it offers.
  func directions() throws(AugmentationError) -> [Direction]

  /// What decides a translation beside the text: engine, version, data. A cache keeps translations
  /// under it.
  func identity(of direction: Direction) -> String

  /// Translates texts and gives each translation as soon as it is there.
  ///
  /// - Parameter answer: Is given the index of a text and its translation, each index once.
  func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws(AugmentationError) -> Void
  ) throws(AugmentationError)

  /// The pivots that are taken when none is named: by default all that can come back.
  func pivots(of source: Language) throws(AugmentationError) -> [Pivot]

  /// Translates texts along a path of languages: by default one direction after the other.
  ///
  /// - Parameters:
  ///   - path: At least two languages; the texts are in the first.
  ///   - progress: Is told how many translations have come since the last call.
  /// - Returns: For each text what it became, hop by hop; the last one is in the last language.
  func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws(AugmentationError) -> [Passage]
}

/// What became of a text on its way through several languages.
public struct Passage: Equatable, Sendable {
  /// The text after each hop; those in between are missing where only the end was recorded.
  public var hops: [String]

  /// A passage.
  public init(hops: [String]) { self.hops = hops }

  /// The text in the last language.
  public var text: String { hops.last ?? "" }
  /// The texts in the languages between.
  public var between: ArraySlice<String> { hops.dropLast() }
}

extension Translator {
  /// The name alone, for what has no versions.
  public func identity(of direction: Direction) -> String { name }

  /// All that can come back, in the order of their codes.
  public func pivots(of source: Language) throws(AugmentationError) -> [Pivot] {
    Routes(try directions()).pivots(of: source)
  }

  /// One translation for each text, in order: the engine is held to it.
  ///
  /// - Throws: ``AugmentationError/answers(engine:direction:expected:found:)`` when a text was
  ///   answered twice or not at all, and what the engine throws.
  public func translations(
    of texts: [String], _ direction: Direction, progress: @Sendable (Int) -> Void = { _ in }
  ) throws(AugmentationError) -> [String] {
    var results = [String?](repeating: nil, count: texts.count)
    var count = 0
    try translate(texts, direction) { index, text throws(AugmentationError) in
      guard results.indices.contains(index), results[index] == nil else {
        throw .answers(
          engine: name, direction: direction, expected: texts.count, found: count + 1)
      }
      results[index] = text
      count += 1
      progress(1)
    }
    let complete = results.compactMap { $0 }
    guard complete.count == texts.count else {
      throw .answers(engine: name, direction: direction, expected: texts.count, found: count)
    }
    return complete
  }

  /// One direction after the other.
  public func translate(
    _ texts: [String], along path: [Language], progress: @Sendable (Int) -> Void
  ) throws(AugmentationError) -> [Passage] {
    var passages = texts.map { _ in Passage(hops: []) }
    var current = texts
    for (source, target) in zip(path, path.dropFirst()) {
      current = try translations(of: current, Direction(source, target), progress: progress)
      for (index, text) in current.enumerated() { passages[index].hops.append(text) }
    }
    return passages
  }
}
