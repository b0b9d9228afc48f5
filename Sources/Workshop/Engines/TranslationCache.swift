import Foundation
import FoxDecoding
import FoxFiles
import Synchronization

/// Keeps translations in front of an engine, in memory and in a file: nothing that was answered is
/// asked again, by another pivot of this run or by the next run, however this one ends.
///
/// The file has a translation a line (``RecordedTranslation``), each written at once when it comes.
/// It can be replayed without the engine: ``RecordedEngine``. SPEC `AUG-10`, `AUG-11`.
package final class CachedEngine: Engine {
  private struct Key: Hashable {
    let engine: String
    let direction: Direction
    let text: UTF8Key
  }

  private let engine: any Engine
  private let file: CacheFile?
  private let known: Mutex<[Key: String]>
  private let turns = Mutex<[Direction: NSLock]>([:])

  package var name: String { engine.name }

  /// A cache in front of an engine.
  ///
  /// - Parameter path: The file, which may be there already; nil for a cache in memory only.
  /// - Throws: `Fault`.
  package init(_ engine: any Engine, path: String? = nil) throws {
    self.engine = engine
    var known: [Key: String] = [:]
    if let path {
      let (file, translations) = try CacheFile.open(path)
      self.file = file
      for translation in translations where translation.entry.path.count == 2 {
        let entry = translation.entry
        let direction = Direction(entry.path[0], entry.path[1])
        let key = Key(
          engine: translation.engine ?? "", direction: direction, text: UTF8Key(entry.text))
        known[key] = entry.translation
      }
    } else {
      file = nil
    }
    self.known = Mutex(known)
  }

  package func directions() throws -> [Direction] { try engine.directions() }

  /// The pivots that the engine proposes.
  package func pivots(of source: Language) throws -> [Pivot] {
    try engine.pivots(of: source)
  }

  /// The identity that the engine gives itself.
  package func identity(of direction: Direction) -> String { engine.identity(of: direction) }

  /// Asks the engine for what is not known, each text once.
  package func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws -> Void
  ) throws {
    // Who waits here finds in the cache what the one before asked for.
    let turn = turns.withLock { turns in
      let turn = turns[direction] ?? NSLock()
      turns[direction] = turn
      return turn
    }
    turn.lock()
    defer { turn.unlock() }
    let identity = engine.identity(of: direction)
    let keys = texts.map { Key(engine: identity, direction: direction, text: UTF8Key($0)) }
    var missing: [Key] = []
    var places: [Key: [Int]] = [:]
    for (index, key) in keys.enumerated() {
      if let translation = known.withLock({ $0[key] }) {
        try answer(index, translation)
        continue
      }
      if places[key] == nil { missing.append(key) }
      places[key, default: []].append(index)
    }
    if missing.isEmpty { return }
    try engine.translate(missing.map(\.text.text), direction) { index, translation in
      guard missing.indices.contains(index), let indices = places[missing[index]] else { return }
      try keep(translation, missing[index])
      for index in indices { try answer(index, translation) }
    }
  }

  private func keep(_ translation: String, _ key: Key) throws {
    try file?.append(
      RecordedTranslation(
        path: [key.direction.source, key.direction.target], text: key.text.text,
        translation: translation, engine: key.engine))
    known.withLock { $0[key] = translation }
  }
}

/// The file of a cache: locked while it is open, only ever appended to.
private final class CacheFile: Sendable {
  private let path: String
  private let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit {
    // A child that is just being started may still hold the file.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Opens a file, or makes it, and drops a last line that was cut off.
  ///
  /// - Throws: `Fault`, also for a file that is not a cache; it is then untouched.
  static func open(
    _ path: String
  ) throws -> (CacheFile, [RecordedTranslation]) {
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw Fault.unwritable(path: path, reason: systemReason()) }
    let file = CacheFile(path: path, descriptor: descriptor)
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { throw Fault.busy(path: path) }
    let bytes = try MappedFile(path: path).withBytes { Array($0) }
    let (translations, count) = try Recording.lines(bytes, path: path)
    if count < bytes.count {
      guard RecordedTranslation.isBeginning(bytes[count...]) else {
        throw Fault.recording(
          path: path, place: "line \(translations.count + 1)",
          expected: "the line of a cache, with a line feed at its end")
      }
      if ftruncate(descriptor, off_t(count)) != 0 {
        throw Fault.unwritable(path: path, reason: systemReason())
      }
    }
    return (file, translations)
  }

  /// Writes a line in one piece.
  func append(_ translation: RecordedTranslation) throws {
    let line = Array((translation.json.text(.line) + "\n").utf8)
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR {
        throw Fault.unwritable(path: path, reason: systemReason())
      }
      rest = rest.dropFirst(max(0, count))
    }
  }
}
