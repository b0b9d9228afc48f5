/// What BERT's ``BasicTokenizer`` asks of a character.
package struct BERTClass: OptionSet, Sendable {
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
  /// It has small letters.
  package static let lowers = Self(rawValue: 32)
  /// It has parts.
  package static let decomposes = Self(rawValue: 64)
  /// It has a rank among the marks around it.
  package static let ordered = Self(rawValue: 128)
}

/// # BERT's characters
///
/// Class, small letters, parts and rank of each Unicode scalar, as the reference has them. Recorded by
/// `Golden/record/record_bert_characters.py`. Clause `WP-1`.
package final class BERTCharacters: Sendable {
  /// Made once, at first use.
  package static let shared = BERTCharacters()

  package let classes: ScalarMap<UInt8>
  private let ranks: ScalarMap<UInt8>
  /// Where in `spelled` the small letters of a character begin, times 8, plus how many there are; and
  /// the same for its parts.
  package let smallLetters: ScalarMap<UInt32>
  package let decompositions: ScalarMap<UInt32>
  package let spelled: [UInt32]

  private init() {
    var reader = BERTTableReader()
    reader.readClasses()
    reader.readSmallLetters()
    reader.readDecompositions()
    (classes, ranks, spelled) = (reader.classes, reader.ranks, reader.spelled)
    (smallLetters, decompositions) = (reader.smallLetters, reader.decompositions)
  }

  package subscript(scalar: UInt32) -> BERTClass {
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
    let tables: [(String, BERTClass)] = [
      (BERTCharacterTable.dropped, .dropped), (BERTCharacterTable.spaces, .space),
      (BERTCharacterTable.chinese, .chinese), (BERTCharacterTable.punctuation, .punctuation),
      (BERTCharacterTable.marks, .mark),
    ]
    for (table, kind) in tables {
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] |= kind.rawValue }
    }
    // Gap, count and rank of each run.
    var numbers = RecordedTable(BERTCharacterTable.order).numbers.makeIterator()
    var scalar: UInt32 = 0
    while let gap = numbers.next(), let count = numbers.next(), let rank = numbers.next() {
      for mark in scalar + gap..<scalar + gap + count {
        classes[mark] |= BERTClass.ordered.rawValue
        ranks[mark] = UInt8(rank)
      }
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
      let distance = zigzag % 2 == 0 ? zigzag / 2 : 0 &- (zigzag / 2 + 1)
      for index in 0..<count {
        let capital = scalar + gap + index * step
        setSmallLetters(of: capital, [capital &+ distance])
      }
      scalar += gap + step * (count - 1) + 1
    }
    // Those that have several: the character, their number, they.
    numbers = RecordedTable(BERTCharacterTable.longLower).numbers.makeIterator()
    while let capital = numbers.next(), let count = numbers.next() {
      setSmallLetters(of: capital, (0..<count).compactMap { _ in numbers.next() })
    }
  }

  mutating func readDecompositions() {
    var numbers = RecordedTable(BERTCharacterTable.decompositions).numbers.makeIterator()
    var scalar: UInt32 = 0
    while let gap = numbers.next(), let count = numbers.next() {
      setParts(of: scalar + gap, (0..<count).compactMap { _ in numbers.next() })
      scalar += gap + 1
    }
    // The 11,172 Hangul syllables: initial, vowel and final by arithmetic (Unicode Standard, 3.12).
    for index: UInt32 in 0..<11_172 {
      let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
      setParts(of: 0xAC00 + index, index % 28 == 0 ? Array(parts.dropLast()) : parts)
    }
  }

  private mutating func setSmallLetters(of scalar: UInt32, _ letters: [UInt32]) {
    classes[scalar] |= BERTClass.lowers.rawValue
    smallLetters[scalar] = add(letters)
  }

  private mutating func setParts(of scalar: UInt32, _ parts: [UInt32]) {
    classes[scalar] |= BERTClass.decomposes.rawValue
    decompositions[scalar] = add(parts)
  }

  private mutating func add(_ scalars: [UInt32]) -> UInt32 {
    spelled += scalars
    return UInt32((spelled.count - scalars.count) << 3 | scalars.count)
  }
}
