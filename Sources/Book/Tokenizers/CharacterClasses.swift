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
package enum CharacterClass: UInt8, Sendable {
  case other  // punctuation, symbols, marks, controls, and what is not assigned or in no table
  case letter  // \p{L}
  case number  // \p{N}
  case space  // \s
}

/// The class of each Unicode scalar, as the reference has it.
package struct CharacterClasses: Sendable {
  /// Made once, at first use.
  package static let shared = CharacterClasses()

  /// The raw values of the classes.
  package private(set) var classes = ScalarMap(CharacterClass.other.rawValue)

  private init() {
    // They exclude each other, so the order of the tables does not matter.
    let tables = [
      (CharacterClassTable.letters, CharacterClass.letter),
      (CharacterClassTable.numbers, .number), (CharacterClassTable.spaces, .space),
    ]
    for (table, kind) in tables {  // `.other` is what is in none of them
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] = kind.rawValue }
    }
  }

  /// The class of a character.
  package subscript(scalar: Unicode.Scalar) -> CharacterClass {
    // `?? .other` satisfies the compiler: only raw values of this enumeration were stored.
    CharacterClass(rawValue: classes[scalar.value]) ?? .other
  }
}
