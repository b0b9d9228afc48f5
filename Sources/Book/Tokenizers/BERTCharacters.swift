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

/// Eight yes-or-no questions about a character, one bit each: a byte for each character.
package struct BERTClass: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let dropped = Self(rawValue: 1)  // controls, formats, private use, U+FFFD
  package static let space = Self(rawValue: 2)  // separates words
  package static let chinese = Self(rawValue: 4)  // a word of its own, written without spaces
  package static let punctuation = Self(rawValue: 8)  // a word of its own
  package static let mark = Self(rawValue: 16)  // an accent: stripping leaves it out
  package static let lowers = Self(rawValue: 32)  // changes when it becomes lower case
  package static let decomposes = Self(rawValue: 64)  // has parts: é, or a syllable of Hangul
  package static let ordered = Self(rawValue: 128)  // has a rank among the marks around it
}

/// Class, small letters, parts and rank of each Unicode scalar, as the reference has them.
package final class BERTCharacters: Sendable {
  /// Made once, at first use.
  package static let shared = BERTCharacters()

  package let classes: ScalarMap<UInt8>  // raw values of ``BERTClass``
  private let ranks: ScalarMap<UInt8>
  private let smallLetters, decompositions: ScalarMap<[UInt32]>

  private init() {
    var classes = ScalarMap<UInt8>(0)
    for (table, kind) in [  // one table for each of the simple questions
      (BERTCharacterTable.dropped, BERTClass.dropped), (BERTCharacterTable.spaces, .space),
      (BERTCharacterTable.chinese, .chinese), (BERTCharacterTable.punctuation, .punctuation),
      (BERTCharacterTable.marks, .mark),
    ] {
      // `|=`: a character may be in several tables.
      for scalar in RecordedTable(table).ranges.joined() { classes[scalar] |= kind.rawValue }
    }
    // The bit lets a caller skip the larger map for the many characters that have nothing in it.
    func map<V>(_ list: [(UInt32, V)], _ nothing: V, _ kind: BERTClass) -> ScalarMap<V> {
      var map = ScalarMap(nothing)
      for (scalar, value) in list {
        map[scalar] = value
        classes[scalar] |= kind.rawValue
      }
      return map
    }
    ranks = map(Self.recordedRanks(), 0, .ordered)
    smallLetters = map(Self.recordedSmallLetters(), [], .lowers)
    decompositions = map(Self.recordedParts() + Self.hangul, [], .decomposes)
    self.classes = classes
  }

  package subscript(scalar: UInt32) -> BERTClass { BERTClass(rawValue: classes[scalar]) }

  /// The small letters of a character with ``BERTClass/lowers``: `İ` has two, `i` and a dot.
  package func small(_ scalar: UInt32) -> [UInt32] { smallLetters[scalar] }

  /// The parts of a character with ``BERTClass/decomposes``: letter and accents (Unicode's NFD).
  package func parts(of scalar: UInt32) -> [UInt32] { decompositions[scalar] }

  /// The rank of a mark with ``BERTClass/ordered``: NFD sorts the marks after a letter by it.
  package func rank(of scalar: UInt32) -> UInt8 { ranks[scalar] }
}

extension BERTCharacters {
  private static func recordedRanks() -> [(UInt32, UInt8)] {
    // Gap, count and rank of each run. The ranks keep the order of Unicode's combining classes, not
    // their values.
    var numbers = RecordedTable(BERTCharacterTable.order).numbers.makeIterator()
    var (end, list): (UInt32, [(UInt32, UInt8)]) = (0, [])
    while let gap = numbers.next(), let count = numbers.next(), let rank = numbers.next() {
      list += (end + gap..<end + gap + count).map { ($0, UInt8(rank)) }
      end += gap + count  // of this run, from which the next gap is counted
    }
    return list
  }

  private static func recordedSmallLetters() -> [(UInt32, [UInt32])] {
    // Gap, count, step, and the distance from a capital to its small letter: 0, -1, 1, -2, 2, …
    var numbers = RecordedTable(BERTCharacterTable.lower).numbers.makeIterator()
    var (end, list): (UInt32, [(UInt32, [UInt32])]) = (0, [])
    while let gap = numbers.next(), let count = numbers.next(), let step = numbers.next(),
      let zigzag = numbers.next()
    {
      // Zigzag: distances of either sign as small numbers without a sign. UInt32 has no −1, so a
      // distance down wraps around, and adding it wraps back.
      let distance = zigzag % 2 == 0 ? zigzag / 2 : 0 &- (zigzag / 2 + 1)
      // Step 2 where alphabets alternate: Ā ā Ă ă Ą ą is one run of capitals.
      let capitals = (0..<count).map { end + gap + $0 * step }
      list += capitals.map { ($0, [$0 &+ distance]) }
      end += gap + step * (count - 1) + 1  // one past the last capital of the run
    }
    // Those that have several: the character, their number, they.
    numbers = RecordedTable(BERTCharacterTable.longLower).numbers.makeIterator()
    while let capital = numbers.next(), let count = numbers.next() {
      list.append((capital, (0..<count).compactMap { _ in numbers.next() }))
    }
    return list
  }

  private static func recordedParts() -> [(UInt32, [UInt32])] {
    // Gap, count, and the parts. No part has parts again, so one look-up is enough.
    var numbers = RecordedTable(BERTCharacterTable.decompositions).numbers.makeIterator()
    var (end, list): (UInt32, [(UInt32, [UInt32])]) = (0, [])
    while let gap = numbers.next(), let count = numbers.next() {
      list.append((end + gap, (0..<count).compactMap { _ in numbers.next() }))
      end += gap + 1
    }
    return list
  }

  private static var hangul: [(UInt32, [UInt32])] {
    // Initial, vowel and final by arithmetic: 588 = 21 vowels × 28 finals, and 19 initials × 588 =
    // 11,172 syllables.
    (0..<11_172).map { (index: UInt32) in
      // The first of the 28 is "no final": then U+11A7, the place before the first final, goes.
      let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
      return (0xAC00 + index, index % 28 == 0 ? Array(parts.dropLast()) : parts)
    }
  }
}
