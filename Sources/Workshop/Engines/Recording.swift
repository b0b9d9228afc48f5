import FoxFiles

/// A translation that was made once: of a text, along a path of languages.
///
/// A path of two is what an engine does at once; a longer one is known by its ends only, as the
/// homework prints it.
public struct RecordedTranslation: Equatable, Sendable {
  /// The languages on the way, at least two.
  public var path: [Language]
  /// The text.
  public var text: String
  /// What it became.
  public var translation: String
  /// Who made it; a cache uses only what the same engine made.
  public var engine: String?

  /// A translation.
  public init(path: [Language], text: String, translation: String, engine: String? = nil) {
    (self.path, self.text, self.translation, self.engine) = (path, text, translation, engine)
  }

  /// `{"path": ["eng", "spa"], "text": …, "translation": …, "engine": …}`.
  ///
  /// - Throws: ``AugmentationError/recording(path:place:expected:)``.
  init(_ json: JSON, path file: String, place: String) throws(AugmentationError) {
    let codes = json["path"]?.array?.map(\.string) ?? []
    let path = codes.compactMap { $0.flatMap { Language($0) } }
    guard path.count >= 2, path.count == codes.count else {
      throw .recording(
        path: file, place: place, expected: "\"path\": at least two codes of languages")
    }
    guard let text = json["text"]?.string, let translation = json["translation"]?.string else {
      throw .recording(
        path: file, place: place, expected: "the texts \"text\" and \"translation\"")
    }
    self.init(path: path, text: text, translation: translation, engine: json["engine"]?.string)
  }

  /// The same as JSON.
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("path", .array(path.map { .string($0.code) })), ("text", .string(text)),
      ("translation", .string(translation)),
    ]
    if let engine { members.append(("engine", .string(engine))) }
    return .object(.init(members))
  }

  /// `eng→spa`.
  static func shown(_ path: [Language]) -> String {
    path.map(\.description).joined(separator: "→")
  }
}

/// Translations from a file: a JSON document whose `translations` is a list of them, or one a line as
/// a cache writes them. SPEC `AUG-9`.
public struct Recording: Sendable {
  /// The file.
  public let path: String
  /// All translations, in order.
  public let translations: [RecordedTranslation]

  /// Reads a file.
  ///
  /// - Throws: ``AugmentationError/file(_:)``,
  ///   ``AugmentationError/recording(path:place:expected:)``.
  public init(path: String) throws(AugmentationError) {
    self.path = path
    let bytes: [UInt8]
    do { bytes = try MappedFile(path: path).withBytes { Array($0) } } catch { throw .file(error) }
    if Self.isOfLines(bytes) {
      translations = try Self.lines(bytes, path: path).translations
      return
    }
    let document: JSON
    do { document = try JSON.parse(bytes, in: path) } catch { throw .file(error) }
    guard let list = document["translations"]?.array else {
      throw .recording(path: path, place: "document", expected: "a list \"translations\"")
    }
    var translations: [RecordedTranslation] = []
    for (index, json) in list.enumerated() {
      translations.append(
        try RecordedTranslation(json, path: path, place: "translations[\(index)]"))
    }
    self.translations = translations
  }

  /// Whether the first line is a translation by itself.
  private static func isOfLines(_ bytes: [UInt8]) -> Bool {
    guard let end = bytes.firstIndex(of: 0x0A) else { return bytes.isEmpty }
    return (try? JSON.parse(Array(bytes[..<end])))?["path"] != nil
  }

  /// The translations of whole lines, and how many bytes they are: a last line that was cut off when
  /// its writer was killed does not count.
  static func lines(
    _ bytes: [UInt8], path: String
  ) throws(AugmentationError) -> (translations: [RecordedTranslation], count: Int) {
    var translations: [RecordedTranslation] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let place = "line \(translations.count + 1)"
      guard let json = try? JSON.parse(Array(bytes[start..<end])) else {
        throw .recording(path: path, place: place, expected: "a translation as JSON")
      }
      translations.append(try RecordedTranslation(json, path: path, place: place))
      start = end + 1
    }
    return (translations, start)
  }
}
