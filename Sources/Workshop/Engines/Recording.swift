import FoxDecoding
import FoxFiles

/// A translation that was made once, and by whom: a line of a cache's file.
struct RecordedTranslation: Equatable, Sendable {
  /// The text, its way and what it became. A path of two is what an engine does at once; a longer
  /// one is known by its ends only, as the homework prints it.
  var entry: RecordedTranslator.Entry
  /// Who made it; a cache uses only what the same engine made.
  var engine: String?

  init(path: [Language], text: String, translation: String, engine: String? = nil) {
    entry = .init(path: path, text: text, translation: translation)
    self.engine = engine
  }

  /// `{"path": ["eng", "spa"], "text": …, "translation": …, "engine": …}`.
  init(_ json: JSON, path file: String, place: String) throws(Fault) {
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

  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("path", .array(entry.path.map { .string($0.code) })), ("text", .string(entry.text)),
      ("translation", .string(entry.translation)),
    ]
    if let engine { members.append(("engine", .string(engine))) }
    return .object(.init(members))
  }

  /// Whether bytes are the beginning of a line that a cache writes, without its line feed.
  ///
  /// A whole translation that is laid out in another way was written by somebody else.
  static func isBeginning(_ bytes: ArraySlice<UInt8>) -> Bool {
    let head = Array(#"{"path": [""#.utf8)
    guard head.starts(with: bytes) || bytes.starts(with: head) else { return false }
    guard let json = try? JSON.parse(Array(bytes)) else { return true }
    let whole = try? RecordedTranslation(json, path: "", place: "")
    return whole?.json.text(.line).utf8.elementsEqual(bytes) ?? false
  }
}

/// Translations from a file: a JSON document whose `translations` is a list of them, or one a line
/// as a cache writes them. SPEC `AUG-9`.
struct Recording: Sendable {
  let path: String
  /// All translations, in order.
  let translations: [RecordedTranslation]

  /// Reads a file.
  ///
  /// - Throws: `Fault`.
  static func read(path: String) throws -> Recording {
    let bytes = try MappedFile(path: path).withBytes { Array($0) }
    if isOfLines(bytes) {
      return Recording(path: path, translations: try lines(bytes, path: path).translations)
    }
    let document = try JSON.parse(bytes, in: path)
    guard let list = document["translations"]?.array else {
      throw Fault.recording(path: path, place: "document", expected: "a list \"translations\"")
    }
    let translations = try list.enumerated().map { index, json in
      try RecordedTranslation(json, path: path, place: "translations[\(index)]")
    }
    return Recording(path: path, translations: translations)
  }

  /// Whether the first line is a translation by itself.
  private static func isOfLines(_ bytes: [UInt8]) -> Bool {
    guard let end = bytes.firstIndex(of: 0x0A) else { return false }
    return (try? JSON.parse(Array(bytes[..<end])))?["path"] != nil
  }

  /// The translations of whole lines, and how many bytes they are: a last line that was cut off
  /// when its writer was killed does not count.
  static func lines(
    _ bytes: [UInt8], path: String
  ) throws(Fault) -> (translations: [RecordedTranslation], count: Int) {
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
