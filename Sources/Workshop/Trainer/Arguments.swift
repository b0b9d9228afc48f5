import FoxDecoding
import FoxFiles

/// # A configuration, checked
///
/// Adds the reading of such a file: wrong values are refused by key and value, and unknown keys are
/// reported with the key that each may have meant.

/// A validated configuration: every known key with its value, given or default.
///
/// SPEC `ARGS-1` to `ARGS-4`.
package struct Arguments: Sendable {
  /// The file the configuration came from.
  package let path: String
  /// What the user should know, each said once: keys that are unknown or change nothing here.
  package private(set) var notes: [String] = []
  private var values: [String: JSON] = [:]
  private var given: Set<String> = []
  /// The new names by which the configuration has keys.
  private var written: [String: String] = [:]

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - document: The object of the file.
  ///   - path: The file, for messages.
  ///   - settings: `key=value` of the command line, which take precedence; the last one counts.
  ///   - fields: The keys that are known.
  ///   - strict: Whether unknown keys are an error.
  /// - Throws: `Fault`, naming key and value.
  package init(
    _ document: JSON, path: String, settings: [String] = [], fields: [ArgumentField],
    strict: Bool = false
  ) throws(Fault) {
    guard let object = document.object else {
      throw Fault(
        path, found: document.kind, expected: "an object of keys")
    }
    self.path = path
    let known = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for field in fields { values[field.name] = field.standard }
    var unknown: [String] = []
    for (key, value) in object.members where !ConfigurationTemplate.isComment(key) {
      guard let field = known[key] ?? renamed(key, known) else {
        unknown.append(key)
        continue
      }
      if key != field.name, let old = object[field.name], old != value {
        throw Fault(
          path, at: key, found: Self.shown(value), expected: Self.shown(old),
          hint: "\(field.name) is the same key by its old name")
      }
      try take(value, for: field, from: path)
    }
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw Fault(
          "setting", at: Fault.quoted(setting), found: "no assignment",
          expected: "key=value")
      }
      let key = String(setting[..<equals])
      guard let field = known[key] ?? renamed(key, known) else {
        unknown.append(key)
        continue
      }
      try take(
        field.value(ofText: String(setting[setting.index(after: equals)...])),
        for: field, from: "setting")
    }
    try report(unknown, known: fields.map(\.name), strict: strict)
    for field in fields where given.contains(field.name) { try judge(field) }
  }

  /// The key that has another name in today's transformers; said once.
  private mutating func renamed(
    _ key: String, _ known: [String: ArgumentField]
  ) -> ArgumentField? {
    guard let field = ArgumentField.renamed[key].flatMap({ known[$0] }) else { return nil }
    written[field.name] = key
    notes.append("\(path): \(key) is taken as \(field.name), its name in transformers 4.17.0")
    return field
  }

  /// Checks a value and keeps it; `null` is the default.
  private mutating func take(
    _ value: JSON, for field: ArgumentField, from path: String
  ) throws(Fault) {
    if value.isNull {
      values[field.name] = field.standard
      given.remove(field.name)
      return
    }
    guard field.accepts(value) else {
      throw Fault(
        path, at: name(field.name), found: Self.shown(value), expected: field.expectation)
    }
    values[field.name] = value
    given.insert(field.name)
  }

  private mutating func report(
    _ unknown: [String], known: [String], strict: Bool
  ) throws(Fault) {
    if unknown.isEmpty { return }
    var suggestions: [String: String] = [:]
    for key in unknown { suggestions[key] = Spelling.nearest(to: key, among: known) }
    if strict {
      throw Fault(
        path, found: Self.listed(unknown, suggestions), expected: "keys of this command",
        hint: "without strict they are ignored")
    }
    var text = "\(path): \(Self.listed(unknown, suggestions)) ignored"
    if unknown.contains("data_seed") {
      text += "; transformers 4.17.0 has no data_seed: seed decides the order of the data too"
    }
    notes.append(text)
  }

  /// Reports or refuses what cannot apply here.
  private mutating func judge(_ field: ArgumentField) throws(Fault) {
    let value = self[field.name]
    switch field.standing {
    case .used: return
    case .harmless(let reason): notes.append("\(path): \(field.name) has no effect: \(reason)")
    case .among(let allowed, let reason):
      if !allowed.contains(value) { throw unsupported(field, allowed, reason) }
    case .only(let allowed, let reason):
      if !allowed.contains(value) { throw unsupported(field, allowed, reason) }
      notes.append("\(path): \(field.name) has no effect: \(reason)")
    }
  }

  private func unsupported(_ field: ArgumentField, _ allowed: [JSON], _ reason: String) -> Fault {
    let words = allowed.filter { $0 != "" }.map { Self.shown($0) }
    return Fault(
      path, at: field.name, found: Self.shown(self[field.name]),
      expected: words.isEmpty ? "nothing" : words.joined(separator: " or "), hint: reason)
  }

  /// Unknown keys, with what they may have meant.
  private static func listed(_ keys: [String], _ suggestions: [String: String]) -> String {
    let names = keys.map { key in
      Fault.quoted(key) + (suggestions[key].map { " (\($0)?)" } ?? "")
    }
    return (keys.count == 1 ? "unknown key " : "unknown keys ") + names.joined(separator: ", ")
  }

  /// A value in the words of a message, cut when it is long.
  static func shown(_ value: JSON) -> String {
    let text = value.text()
    return text.utf8.count > 80 ? value.kind : text
  }
}

extension Arguments {
  /// The value of a key, the default when it was not given.
  package subscript(key: String) -> JSON { values[key] ?? .null }

  /// Whether the configuration has the key, and not as `null`.
  package func isGiven(_ key: String) -> Bool { given.contains(key) }

  /// A key by the name that the configuration has for it (`ARGS-9`).
  func name(_ key: String) -> String { written[key] ?? key }

  /// Adds a sentence for the user.
  package mutating func note(_ text: String) { notes.append(text) }

  /// A flag, `false` when it is `null`.
  package func flag(_ key: String) -> Bool { self[key].bool ?? false }

  /// An integer, when the key has one.
  package func integer(_ key: String) -> Int? { self[key].integer }

  /// A number, when the key has one.
  package func number(_ key: String) -> Double? { self[key].double }

  /// A text, when the key has one; an empty one counts as none.
  package func text(_ key: String) -> String? {
    guard let text = self[key].string, !text.isEmpty else { return nil }
    return text
  }

  /// `field`, the member that holds the rows of a data file, where the file can have one.
  func field(of path: String) -> String? {
    let name = path.lowercased()
    let others = [".jsonl", ".ndjson", ".csv", ".tsv", ".txt"]
    return others.contains { name.hasSuffix($0) } ? nil : text("field")
  }
}

/// Words that are nearly others.
enum Spelling {
  /// The known word that differs from `word` by the fewest insertions, deletions, replacements and
  /// swaps, when those are at most a third of its letters.
  static func nearest(to word: String, among known: [String]) -> String? {
    // Nobody mistypes so much.
    guard word.utf8.count <= 64 else { return nil }
    let word = Array(word.lowercased().utf8)
    var best: (name: String, distance: Int)?
    for name in known {
      let distance = distance(word, Array(name.utf8))
      if distance <= min(word.count, name.utf8.count) / 3, distance < best?.distance ?? .max {
        best = (name, distance)
      }
    }
    return best?.name
  }

  /// Levenshtein's distance, where two neighbours that changed places count once.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before: [Int] = []
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices {
        var least = min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, before[j - 1] + 1)
        }
        next.append(least)
      }
      (before, row) = (row, next)
    }
    return row[b.count]
  }
}
