import Foundation
import FoxDecoding
import FoxFiles

/// A direction as Apertium describes it: the programs that a text goes through.
///
/// `NAME.mode` is a line of shell: `lt-proc 'a.bin' | apertium-tagger -g $2 'b.prob' | …`. `$1`
/// stands for how unknown words are shown (`-n`: as they are), `$2` for nothing here. Each program
/// is told `-z`: it passes a text on when a NUL comes, without waiting for the end of its input. The
/// tagger alone is started for each text.
///
/// The `apertium` script is not used: in 3.8 its `-z` runs through `apertium-wblank-attach` and
/// gawk, which keep texts back until the input ends. SPEC `AUG-5`.
struct ApertiumMode: Equatable, Sendable {
  let path: String
  /// Each program with its arguments.
  let stages: [[String]]

  /// Reads a description.
  init(path: String) throws {
    let text = try MappedFile(path: path).withBytes { String(decoding: $0, as: UTF8.self) }
    try self.init(text, path: path)
  }

  init(_ text: String, path: String) throws(Fault) {
    var stages: [[String]] = []
    for part in try Self.words(text, path).split(separator: nil, omittingEmptySubsequences: false) {
      let words = part.compactMap { $0 }
      guard let program = words.first, !program.isEmpty else {
        throw Fault.mode(path: path, found: "a part without a program")
      }
      let arguments = words.dropFirst().flatMap { word -> [String] in
        switch word {
        case "$1": ["-n"]
        case "$2": []
        // Some descriptions ask for marks of their own accord.
        case "-g" where program == "lt-proc": ["-n"]
        default: [word]
        }
      }
      stages.append(
        program == "apertium-tagger"
          ? Self.afresh([program] + arguments) : [program, "-z"] + arguments)
    }
    (self.path, self.stages) = (path, stages)
  }

  /// A program that is started again for each record.
  ///
  /// The tagger of Apertium 3.8 does not forget: `-z` leaves in its tables how likely the tags of earlier
  /// texts were, and a later text may be tagged by them. Every other program answers a text in a row of
  /// texts as it does that text alone; so only this one is paid for, with about 5 ms a text.
  private static func afresh(_ command: [String]) -> [String] {
    let loop =
      #"while IFS= read -r -d '' record; do printf %s "$record" | "$@" || exit; printf '\0'; done"#
    return ["bash", "-o", "pipefail", "-c", loop, "bash"] + command
  }

  /// The words of the line without their quotes; nil for each `|`.
  private static func words(_ text: String, _ path: String) throws(Fault) -> [String?] {
    var words: [String?] = []
    var word: String?
    var quote: Character?
    for character in text {
      switch (quote, character) {
      case (let open?, _) where character == open: quote = nil
      case (.some, _): word?.append(character)
      case (nil, "'"), (nil, "\""):
        quote = character
        word = word ?? ""
      case (nil, _) where character == "|" || character.isWhitespace:
        if let finished = word { words.append(finished) }
        word = nil
        if character == "|" { words.append(nil) }
      case (nil, _): word = (word ?? "") + String(character)
      }
    }
    if quote != nil { throw Fault.mode(path: path, found: "a quote that is never closed") }
    if let finished = word { words.append(finished) }
    return words
  }

  /// Changes when the description or the size of a file that it names does.
  ///
  /// - Complexity: One look at each file; none is read.
  var fingerprint: String {
    var hash = SHA256()
    for word in stages.joined() {
      hash.update(Array(word.utf8))
      var status = stat()
      if word.hasPrefix("/"), stat(word, &status) == 0 {
        hash.update(Array(" \(status.st_size)".utf8))
      }
      hash.update([0])
    }
    return String(hash.finalize().hexadecimal.prefix(12))
  }

  /// The directions of a folder of descriptions, by their ISO names, with the file of each.
  ///
  /// `en-gl.mode` is `eng→glg`. Names with a third part are experiments and left out. A variant
  /// (`por_BR`) is a language that only some directions lead to; where none leads away from it,
  /// those of the language itself do.
  static func directions(in folder: String) -> [Direction: String] {
    var files: [Direction: String] = [:]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted(by: UTF8Key.precedes) where name.hasSuffix(".mode") {
      let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let source = language(parts[0]), let target = language(parts[1])
      else { continue }
      // Two names of one direction: the ISO one comes later in the order of lengths.
      let direction = Direction(source, target)
      if let other = files[direction], other.utf8.count > name.utf8.count { continue }
      files[direction] = name
    }
    for variant in Set(files.keys.map(\.target)) where variant != variant.base {
      for (direction, name) in files where direction.source == variant.base {
        let alias = Direction(variant, direction.target)
        if files[alias] == nil, alias.target != variant { files[alias] = name }
      }
    }
    return files.mapValues { "\(folder)/\($0)" }
  }

  private static func language(_ name: Substring) -> Language? {
    guard name.utf8.allSatisfy({ $0 != UInt8(ascii: "-") }), name.first?.isLowercase == true
    else { return nil }
    return Language(String(name)).flatMap { Language($0.iso) }
  }
}
