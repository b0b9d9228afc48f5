/// # BERT's characters
///
/// To make a text plain, BERT's tokenizer asks of each character: is it dropped, is it a space, is
/// it Chinese, is it punctuation, is it an accent? And: which small letters does it have, and which
/// parts? The answers are not taken from Swift but from tables, recorded character by character
/// from the reference, so that one Unicode version applies on every machine.
///
///     "É"  →  parts: E + U+0301 (a mark with a rank)     small: é
///
/// Source: tokenizers 0.13.3, probed by `Golden/record/record_bert_characters.py`; Hangul by the
/// arithmetic of the Unicode Standard, section 3.12. Clause `WP-1`. Does not change any text:
/// ``BasicTokenizer`` does.

/// What ``BasicTokenizer`` asks of a character.
package struct BERTClass: OptionSet, Sendable {
  // Eight yes-or-no questions, one bit each: a byte for each character.
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Cleaning drops it: controls, formats, private use, U+FFFD.
  package static let dropped = Self(rawValue: 1)
  /// It separates words.
  package static let space = Self(rawValue: 2)
  /// It is a word of its own, and written without spaces.
  package static let chinese = Self(rawValue: 4)
  /// It is a word of its own.
  package static let punctuation = Self(rawValue: 8)
  /// It is an accent: stripping leaves it out.
  package static let mark = Self(rawValue: 16)
  /// It changes when it becomes lower case.
  package static let lowers = Self(rawValue: 32)
  /// It decomposes into a letter and accents, or into the letters of a Hangul syllable.
  package static let decomposes = Self(rawValue: 64)
  /// It has a rank among the marks around it.
  package static let ordered = Self(rawValue: 128)
}

/// Class, small letters, parts and rank of each Unicode scalar, as the reference has them.
package final class BERTCharacters: Sendable {
  /// Made once, at first use.
  package static let shared = BERTCharacters()

  // Small tables for single numbers. Texts of several characters stand one after the other in
  // `spelled`, and the maps say where.
  package let classes: ScalarMap<UInt8>
  private let ranks: ScalarMap<UInt8>
  /// Where in `spelled` the small letters of a character begin, times 8, plus how many there are;
  /// and the same for its parts.
  package let smallLetters: ScalarMap<UInt32>
  package let decompositions: ScalarMap<UInt32>
  package let spelled: [UInt32]

  private init() {
    // The tables are text in a Swift file. They are parsed once, at first use, into arrays; after
    // that nothing is written, so threads can share them.
    var reader = BERTTableReader()
    reader.readClasses()
    reader.readSmallLetters()
    reader.readDecompositions()
    (classes, ranks, spelled) = (reader.classes, reader.ranks, reader.spelled)
    (smallLetters, decompositions) = (reader.smallLetters, reader.decompositions)
  }

  package subscript(scalar: UInt32) -> BERTClass {
    // A character that no table names has no bit set and stays as it is.
    BERTClass(rawValue: classes[scalar])
  }

  /// The small letters of a character with ``BERTClass/lowers``: `İ` has two, `i` and a dot.
  package func small(_ scalar: UInt32) -> ArraySlice<UInt32> {
    spelled(at: smallLetters[scalar])
  }

  /// The parts of a character with ``BERTClass/decomposes``: letter and accents (Unicode's NFD).
  package func parts(of scalar: UInt32) -> ArraySlice<UInt32> {
    spelled(at: decompositions[scalar])
  }

  /// The rank of a mark with ``BERTClass/ordered`` in the canonical order.
  package func rank(of scalar: UInt32) -> UInt8 { ranks[scalar] }

  private func spelled(at place: UInt32) -> ArraySlice<UInt32> {
    // Place and count in one number, as `add` below packs them. 0 for a character that has none: an
    // empty slice.
    let start = Int(place >> 3)
    return spelled[start..<start + Int(place & 7)]
  }
}

/// Reads the recorded tables.
private struct BERTTableReader {
  var classes = ScalarMap<UInt8>()
  var ranks = ScalarMap<UInt8>()
  var smallLetters = ScalarMap<UInt32>()
  var decompositions = ScalarMap<UInt32>()
  var spelled: [UInt32] = []

  mutating func readClasses() {
    // One recorded table for each of the simple questions.
    let tables: [(String, BERTClass)] = [
      (BERTCharacterTable.dropped, .dropped), (BERTCharacterTable.spaces, .space),
      (BERTCharacterTable.chinese, .chinese), (BERTCharacterTable.punctuation, .punctuation),
      (BERTCharacterTable.marks, .mark),
    ]
    for (table, kind) in tables {
      // `|=`: a character may be in several tables.
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] |= kind.rawValue }
    }
    // Gap, count and rank of each run.
    // The canonical order: NFD sorts the marks after a letter by their rank. The ranks keep the
    // order of Unicode's combining classes, not their values.
    var numbers = RecordedTable(BERTCharacterTable.order).numbers.makeIterator()
    var scalar: UInt32 = 0
    while let gap = numbers.next(), let count = numbers.next(), let rank = numbers.next() {
      for mark in scalar + gap..<scalar + gap + count {
        classes[mark] |= BERTClass.ordered.rawValue
        ranks[mark] = UInt8(rank)
      }
      // Gaps are counted from the end of the run before.
      scalar += gap + count
    }
  }

  mutating func readSmallLetters() {
    // Gap, count, step, and the distance from a capital to its small letter: 0, -1, 1, -2, 2, …
    var numbers = RecordedTable(BERTCharacterTable.lower).numbers.makeIterator()
    var scalar: UInt32 = 0
    while let gap = numbers.next(), let count = numbers.next(), let step = numbers.next(),
      let zigzag = numbers.next()
    {
      // Zigzag: distances of either sign as small numbers without a sign. UInt32 has no −1, so a
      // distance down wraps around, and adding it wraps back.
      let distance = zigzag % 2 == 0 ? zigzag / 2 : 0 &- (zigzag / 2 + 1)
      for index in 0..<count {
        // Step 2 where alphabets alternate: Ā ā Ă ă Ą ą is one run of capitals.
        let capital = scalar + gap + index * step
        setSmallLetters(of: capital, [capital &+ distance])
      }
      // One past the last capital of the run.
      scalar += gap + step * (count - 1) + 1
    }
    // Those that have several: the character, their number, they.
    numbers = RecordedTable(BERTCharacterTable.longLower).numbers.makeIterator()
    while let capital = numbers.next(), let count = numbers.next() {
      // The numbers would run out here only if the table were cut off, which its test would notice.
      setSmallLetters(of: capital, (0..<count).compactMap { _ in numbers.next() })
    }
  }

  mutating func readDecompositions() {
    var numbers = RecordedTable(BERTCharacterTable.decompositions).numbers.makeIterator()
    var scalar: UInt32 = 0
    while let gap = numbers.next(), let count = numbers.next() {
      // Full decompositions: no part has parts again, so one look-up is enough.
      setParts(of: scalar + gap, (0..<count).compactMap { _ in numbers.next() })
      scalar += gap + 1
    }
    // The 11,172 Hangul syllables: initial, vowel and final by arithmetic (Unicode Standard, 3.12).
    for index: UInt32 in 0..<11_172 {
      // 588 = 21 vowels × 28 finals; 11,172 = 19 initials × 588. The first of the 28 is "no final",
      // and U+11A7 is the place before the first final, so that syllable has two parts.
      let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
      setParts(of: 0xAC00 + index, index % 28 == 0 ? Array(parts.dropLast()) : parts)
    }
  }

  private mutating func setSmallLetters(of scalar: UInt32, _ letters: [UInt32]) {
    // The bit lets a caller skip the larger table for the many characters without an entry.
    classes[scalar] |= BERTClass.lowers.rawValue
    smallLetters[scalar] = add(letters)
  }

  private mutating func setParts(of scalar: UInt32, _ parts: [UInt32]) {
    classes[scalar] |= BERTClass.decomposes.rawValue
    decompositions[scalar] = add(parts)
  }

  private mutating func add(_ scalars: [UInt32]) -> UInt32 {
    spelled += scalars
    // Three bits are enough for the count: no character has more than four parts. That leaves 29
    // bits for the place.
    return UInt32((spelled.count - scalars.count) << 3 | scalars.count)
  }
}
