/// What GPT-2's ``WordPattern`` asks of a character.
package enum CharacterClass: UInt8, Sendable {
  /// Punctuation, symbols, marks, controls, and what is not assigned.
  case other
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`
  case space
}

/// # GPT-2's character classes
///
/// The class of each of the 1,112,064 Unicode scalars, as the reference's two engines for regular
/// expressions have it. Recorded by `Golden/record/record_character_classes.py`. Clause `BPE-3`.
package struct CharacterClasses: Sendable {
  /// Made once, at first use.
  package static let shared = CharacterClasses()

  /// The raw values of the classes.
  package let classes: ScalarMap<UInt8>
  /// 1 where `\w` matches.
  private let words: ScalarMap<UInt8>

  private init() {
    var (classes, words) = (ScalarMap<UInt8>(), ScalarMap<UInt8>())
    let tables: [(String, CharacterClass)] = [
      (CharacterClassTable.letters, .letter), (CharacterClassTable.numbers, .number),
      (CharacterClassTable.spaces, .space),
    ]
    for (table, kind) in tables {
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] = kind.rawValue }
    }
    for scalar in RecordedTable(CharacterClassTable.words).ranges.joined() { words[scalar] = 1 }
    (self.classes, self.words) = (classes, words)
  }

  /// The class of a character.
  package subscript(scalar: Unicode.Scalar) -> CharacterClass {
    CharacterClass(rawValue: classes[scalar.value]) ?? .other
  }

  /// Whether `\w` matches a character.
  package func isWord(_ scalar: Unicode.Scalar) -> Bool { words[scalar.value] != 0 }
}
