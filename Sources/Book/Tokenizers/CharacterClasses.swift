/// # GPT-2's character classes
///
/// The word pattern asks one question of a character: letter, number, white space or something
/// else? The answers for all 1,112,064 Unicode scalars were recorded from the reference's two
/// engines for regular expressions, because Swift's Unicode tables are of another version.
///
///     "é" letter    "²" number    U+00A0 space    "_" other    U+200B other
///
/// Source: tokenizers 0.13.3, probed by `Golden/record/record_character_classes.py`. Clause
/// `BPE-3`. Does not cut words: ``WordPattern`` does.

/// What GPT-2's ``WordPattern`` asks of a character.
package enum CharacterClass: UInt8, Sendable {
  /// Punctuation, symbols, marks, controls, and what is not assigned.
  ///
  /// The raw value 0 is what a ``ScalarMap`` gives for a character that no table names.
  case other
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`
  case space
}

/// The class of each of the 1,112,064 Unicode scalars, as the reference has it.
package struct CharacterClasses: Sendable {
  /// Made once, at first use.
  package static let shared = CharacterClasses()

  /// The raw values of the classes.
  package let classes: ScalarMap<UInt8>
  /// 1 where `\w` matches.
  ///
  /// The Workshop's added tokens ask for it: `\w` crosses the classes, for it holds letters,
  /// digits, marks and `_`. It therefore needs a map of its own.
  private let words: ScalarMap<UInt8>

  private init() {
    // Filled as variables, then kept as constants: threads share them without a lock.
    var (classes, words) = (ScalarMap<UInt8>(), ScalarMap<UInt8>())
    // Three tables, and what is in none of them is `.other`.
    let tables: [(String, CharacterClass)] = [
      (CharacterClassTable.letters, .letter), (CharacterClassTable.numbers, .number),
      (CharacterClassTable.spaces, .space),
    ]
    for (table, kind) in tables {
      // Letters, numbers and white space exclude each other, so the order of the tables does not
      // matter and nothing is set twice.
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] = kind.rawValue }
    }
    // Some hundred thousand assignments for both maps, once per process.
    for scalar in RecordedTable(CharacterClassTable.words).ranges.joined() { words[scalar] = 1 }
    (self.classes, self.words) = (classes, words)
  }

  /// The class of a character.
  package subscript(scalar: Unicode.Scalar) -> CharacterClass {
    // Two array look-ups. `?? .other` satisfies the compiler and is never taken, as only raw values
    // of this enumeration were stored.
    CharacterClass(rawValue: classes[scalar.value]) ?? .other
  }

  /// Whether `\w` matches a character.
  package func isWord(_ scalar: Unicode.Scalar) -> Bool { words[scalar.value] != 0 }
}
