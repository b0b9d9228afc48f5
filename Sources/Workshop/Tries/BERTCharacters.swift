/// What BERT's normalizer and pre-tokenizer ask of a character, as bits.
enum BERTClass {
  /// Cleaning drops it: controls, formats, private use, U+FFFD.
  static let dropped: UInt16 = 1
  /// It separates words; cleaning makes it U+0020.
  static let space: UInt16 = 2
  /// It gets a blank on either side.
  static let chinese: UInt16 = 4
  /// It is a word of its own.
  static let punctuation: UInt16 = 8
  /// Stripping accents leaves it out of the decomposed text.
  static let mark: UInt16 = 16
  /// It has small letters.
  static let lowers: UInt16 = 32
  /// It has a canonical decomposition.
  static let decomposes: UInt16 = 64
  /// Above these bits: its rank in the canonical order, 0 for what stays where it is.
  static let rankShift: UInt16 = 8
}

/// BERT's character classes and mappings for every Unicode scalar, as the reference has them.
///
/// The reference's crates follow Unicode versions of their own: Swift's `Unicode.Scalar.Properties`
/// differ from them on hundreds of scalars. `BERTCharacterTable` was recorded from the reference,
/// scalar by scalar.
///
/// Spec: `WP-1`.
struct BERTCharacters: Sendable {
  /// Built once, at first use, and never freed.
  static let shared = BERTCharacters()

  /// `BERTClass` bits.
  private let classes: ScalarMap<UInt16>
  /// Where the small letters of a scalar stand in `letters`, times 8, plus their number.
  private let small: ScalarMap<UInt32>
  /// Where the decomposition of a scalar stands in `letters`, times 8, plus its length.
  private let parts: ScalarMap<UInt32>
  private let letters: [UInt32]

  private init() {
    var builder = Builder()
    builder.mark(BERTCharacterTable.dropped, BERTClass.dropped)
    builder.mark(BERTCharacterTable.spaces, BERTClass.space)
    builder.mark(BERTCharacterTable.chinese, BERTClass.chinese)
    builder.mark(BERTCharacterTable.punctuation, BERTClass.punctuation)
    builder.mark(BERTCharacterTable.marks, BERTClass.mark)
    builder.order(BERTCharacterTable.order)
    builder.lower(BERTCharacterTable.lower)
    builder.longLower(BERTCharacterTable.longLower)
    builder.decompose(BERTCharacterTable.decompositions)
    classes = ScalarMap(builder.classes)
    small = ScalarMap(builder.small)
    parts = ScalarMap(builder.parts)
    letters = builder.letters
  }

  /// The bits of a scalar, which is at most 0x10FFFF.
  @inline(__always) subscript(scalar: UInt32) -> UInt16 { classes[scalar] }

  /// Calls `body` with each small letter of a scalar that has some.
  @inline(__always) func lower(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    spelled(small[scalar], body)
  }

  /// Calls `body` with each scalar of the full canonical decomposition of one that has it.
  @inline(__always) func decompose(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    if scalar >= Self.syllables.lowerBound, scalar < Self.syllables.upperBound {
      Self.decompose(syllable: scalar - Self.syllables.lowerBound, body)
    } else {
      spelled(parts[scalar], body)
    }
  }

  @inline(__always) private func spelled(_ place: UInt32, _ body: (UInt32) -> Void) {
    let start = Int(place >> 3)
    for index in start..<start + Int(place & 7) { body(letters[index]) }
  }

  /// The 11,172 Hangul syllables, which decompose by arithmetic (Unicode Standard, section 3.12).
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4

  private static func decompose(syllable index: UInt32, _ body: (UInt32) -> Void) {
    body(0x1100 + index / 588)
    body(0x1161 + index % 588 / 28)
    if index % 28 != 0 { body(0x11A7 + index % 28) }
  }
}

extension BERTCharacters {
  /// Reads the recorded tables.
  private struct Builder {
    var classes = ScalarMap<UInt16>.Builder()
    var small = ScalarMap<UInt32>.Builder()
    var parts = ScalarMap<UInt32>.Builder()
    var letters: [UInt32] = []

    init() {
      for scalar in BERTCharacters.syllables { classes[Int(scalar)] |= BERTClass.decomposes }
    }

    mutating func mark(_ table: String, _ bit: UInt16) {
      var numbers = Base36(table)
      var scalar = 0
      while let gap = numbers.next(), let count = numbers.next() {
        scalar += gap
        for index in scalar..<scalar + count { classes[index] |= bit }
        scalar += count
      }
    }

    mutating func order(_ table: String) {
      var numbers = Base36(table)
      var scalar = 0
      while let gap = numbers.next(), let count = numbers.next(), let rank = numbers.next() {
        scalar += gap
        let bits = UInt16(rank) << BERTClass.rankShift
        for index in scalar..<scalar + count { classes[index] |= bits }
        scalar += count
      }
    }

    mutating func lower(_ table: String) {
      var numbers = Base36(table)
      var scalar = 0
      while let gap = numbers.next(), let count = numbers.next(), let step = numbers.next(),
        let zigzag = numbers.next()
      {
        scalar += gap
        let distance = zigzag & 1 == 0 ? zigzag >> 1 : -(zigzag >> 1) - 1
        for index in stride(from: scalar, to: scalar + step * count, by: step) {
          addLower(index, [UInt32(index + distance)])
        }
        scalar += step * (count - 1) + 1
      }
    }

    mutating func longLower(_ table: String) {
      var numbers = Base36(table)
      while let scalar = numbers.next(), let count = numbers.next() {
        addLower(scalar, (0..<count).compactMap { _ in numbers.next().map { UInt32($0) } })
      }
    }

    private mutating func addLower(_ scalar: Int, _ spelled: [UInt32]) {
      classes[scalar] |= BERTClass.lowers
      small[scalar] = add(spelled)
    }

    mutating func decompose(_ table: String) {
      var numbers = Base36(table)
      var scalar = 0
      while let gap = numbers.next(), let count = numbers.next() {
        scalar += gap
        classes[scalar] |= BERTClass.decomposes
        parts[scalar] = add((0..<count).compactMap { _ in numbers.next().map { UInt32($0) } })
        scalar += 1
      }
    }

    private mutating func add(_ spelled: [UInt32]) -> UInt32 {
      letters += spelled
      return UInt32((letters.count - spelled.count) << 3 | spelled.count)
    }
  }

  /// Numbers of base 36 with white space between them.
  private struct Base36 {
    private var bytes: Substring.UTF8View

    init(_ text: String) { bytes = Substring(text).utf8 }

    mutating func next() -> Int? {
      var value: Int?
      while let byte = bytes.popFirst() {
        if byte <= 0x20 {
          if value != nil { break }
          continue
        }
        let digit = byte < 0x3A ? Int(byte) - 0x30 : Int(byte) - 0x61 + 10
        value = (value ?? 0) * 36 + digit
      }
      return value
    }
  }
}
