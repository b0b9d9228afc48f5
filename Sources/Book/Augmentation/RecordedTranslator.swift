import FoxDecoding

/// # Translations that were made before
///
/// Google's answers of December 2022 cannot be had again, and a test that asks a server proves
/// nothing. So a record takes the engine's place: a table from a text and a path of languages to a
/// text.
///
///     en → fi → en    "its unerring respect for them "    "its unmistakable respect for them"
///     en → fa         "I love natural language processing"    "من عاشق پردازش زبان طبیعی هستم"
///
/// A path of three or more languages was recorded *as a whole*: of the homework's 14 round trips
/// only the ends were printed. Otherwise the way is looked up hop by hop.
///
/// Source: the printed listing of homework Q3.1 (``homework``). Clause `AUG-21`. Translates nothing
/// that is not in it, and says what is missing. Files of records are read in the Workshop.
package struct RecordedTranslator: Translator {
  /// A translation that was made once, along at least two languages.
  package struct Entry: Equatable, Sendable {
    package var path: [Language]
    package var text, translation: String

    package init(path: [Language], text: String, translation: String) {
      (self.path, self.text, self.translation) = (path, text, translation)
    }
  }

  private struct Key: Hashable {
    let path: [Language]  // by what they are: `es` = `spa`
    let text: [UInt8]  // by bytes: é has two spellings, and tinySST's space at the end counts

    init(_ path: [Language], _ text: String) { (self.path, self.text) = (path, Array(text.utf8)) }
  }

  /// What it is called in tables.
  package let name: String
  package let source: String  // where the record is from, for faults
  private let translations: [Key: String]  // of whole ways and of hops, which are paths of two
  /// The ways out and back that were recorded as a whole, in their order.
  package let trips: [Pivot]

  /// A record; of several translations of one text the last counts.
  package init(_ entries: [Entry], name: String = "recorded", source: String) {
    (self.name, self.source) = (name, source)
    // `$1` is the later one: a correction can be added at the end of a file.
    translations = Dictionary(entries.map { (Key($0.path, $0.text), $0.translation) }) { $1 }
    var trips: [Pivot] = []
    // Only what comes back: a hop, or the demonstration from English to Persian, is not a pivot. A
    // trip is recorded for every text, and counts once.
    for path in entries.map(\.path) where path.count > 2 && path.first == path.last {
      if trips.contains(where: { $0.path == path }) { continue }
      let stops = path.dropFirst().dropLast().map(\.code)  // the languages between
      trips.append(Pivot(name: stops.joined(separator: "-"), path: path))
    }
    self.trips = trips
  }

  /// Looks each text up: the whole way, else hop by hop.
  package func translate(_ texts: [String], along path: [Language]) throws -> [Passage] {
    try texts.map { text in
      // A trip that was recorded as a whole may differ from its hops, which were asked for at
      // another time. The whole wins, and the languages between stay unknown.
      if let whole = translations[Key(path, text)] { return Passage(hops: [whole]) }
      var hops: [String] = []
      for (from, to) in zip(path, path.dropFirst()) {  // [en, fi, en] → (en, fi), (fi, en)
        // What the last hop gave is what the next one is asked for.
        hops.append(try translation(of: hops.last ?? text, along: [from, to]))
      }
      return Passage(hops: hops)
    }
  }

  /// What was recorded of a text.
  package func translation(of text: String, along path: [Language]) throws(Fault) -> String {
    if let found = translations[Key(path, text)] { return found }
    throw Fault(
      // `debugDescription` shows the quotes, and with them a space at the end: the usual reason.
      source, at: Language.shown(path), found: "no translation of \(text.debugDescription)",
      expected: "one that was recorded")
  }
}

extension RecordedTranslator {
  /// What the homework printed: the first sentence of tinySST by 14 pivots, and the demonstration.
  package static let homework: RecordedTranslator = {
    let english = Language(code: "en", iso: "eng")
    let trips = homeworkTrips.map { pivot, text in
      Entry(
        path: [english, pivot, english],
        text: "its unerring respect for them ",  // as in the file, with its space
        translation: text)
    }
    // The cell's comment says French; what it printed is Persian.
    let demonstration = Entry(
      path: [english, Language(code: "fa", iso: "fas")],
      text: "I love natural language processing", translation: "من عاشق پردازش زبان طبیعی هستم")
    return RecordedTranslator(trips + [demonstration], source: "the homework's print")
  }()

  /// The pivots in the order of `PIVOT_LANGUAGES`, and what each made of the sentence.
  package static let homeworkTrips: [(pivot: Language, text: String)] = [
    // English is its own pivot: Google gives the sentence back, without the space at its end.
    ("en", "eng", "its unerring respect for them"),
    ("cs", "ces", "his unfailing respect for them"),
    ("de", "deu", "his unfailing respect for her"),  // German "sie" is both "them" and "her"
    ("es", "spa", "his unfailing respect for them"),
    ("fi", "fin", "its unmistakable respect for them"),
    ("fr", "fra", "his unfailing respect for them"),
    ("hi", "hin", "it's an absolute honor for him"),  // the one with another structure
    ("it", "ita", "his unfailing respect for them"),
    ("ja", "jpn", "unwavering respect for them"),
    ("pt", "por", "his unfailing respect for them"),
    ("ru", "rus", "his unmistakable respect for them"),
    ("vi", "vie", "its unwavering respect for them"),
    ("zh-cn", "zho_cn", "its respect for them"),
    ("fa", "fas", "Its unparalleled respect for them"),
  ].map { (Language(code: $0.0, iso: $0.1), $0.2) }
}
