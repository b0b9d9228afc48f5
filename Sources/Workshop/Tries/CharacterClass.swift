/// What GPT-2's split pattern and the added tokens ask of a character.
enum CharacterClass {
  /// None of the following three: punctuation, symbols, marks, controls, unassigned.
  static let other: UInt8 = 0
  /// `\p{L}`
  static let letter: UInt8 = 1
  /// `\p{N}`
  static let number: UInt8 = 2
  /// `\s`
  static let space: UInt8 = 3
  /// The bits of the four above.
  static let mask: UInt8 = 3
  /// `\w`, a bit of its own.
  static let word: UInt8 = 4
}

/// The class of every Unicode scalar, as the reference has it.
///
/// The reference's regular-expression engine carries a Unicode version of its own, which neither
/// Swift's `Unicode.Scalar.Properties` nor any other database follows; the ranges in
/// `CharacterClassTable` were therefore recorded from the reference, scalar by scalar.
///
/// Looked up in two steps: the block of 256 scalars, then the scalar within it. Blocks that are
/// wholly `other` share one.
///
/// Spec: `BPE-3`.
struct CharacterClasses: @unchecked Sendable {
  /// Built once, at first use, and never freed.
  static let shared = CharacterClasses()

  /// Where each block of 256 scalars starts in `cells`.
  private let blocks: UnsafePointer<UInt32>
  /// Class bytes. The first 256 are those of U+0000 to U+00FF.
  private let cells: UnsafePointer<UInt8>

  private init() {
    var blocks = [UInt32](repeating: 256, count: 0x1100)
    var cells = [UInt8](repeating: CharacterClass.other, count: 512)
    blocks[0] = 0
    func mark(_ ranges: [UInt32], _ bits: UInt8) {
      for index in stride(from: 0, to: ranges.count, by: 2) {
        for scalar in ranges[index]...ranges[index + 1] {
          let block = Int(scalar >> 8)
          if block > 0, blocks[block] == 256 {
            blocks[block] = UInt32(cells.count)
            cells.append(contentsOf: repeatElement(CharacterClass.other, count: 256))
          }
          cells[Int(blocks[block]) + Int(scalar & 0xFF)] |= bits
        }
      }
    }
    mark(CharacterClassTable.letters, CharacterClass.letter)
    mark(CharacterClassTable.numbers, CharacterClass.number)
    mark(CharacterClassTable.spaces, CharacterClass.space)
    mark(CharacterClassTable.words, CharacterClass.word)
    self.blocks = Self.kept(blocks)
    self.cells = Self.kept(cells)
  }

  private static func kept<Element>(_ values: [Element]) -> UnsafePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    return UnsafePointer(memory)
  }

  /// Class and word bit of `scalar`, which is at most 0x10FFFF.
  @inline(__always) subscript(scalar: UInt32) -> UInt8 {
    cells[Int(blocks[Int(scalar >> 8)]) + Int(scalar & 0xFF)]
  }

  /// Class and word bit of an ASCII character.
  @inline(__always) subscript(ascii byte: UInt8) -> UInt8 { cells[Int(byte)] }
}

/// Valid UTF-8 in memory that somebody else holds.
typealias UTF8Buffer = UnsafeBufferPointer<UInt8>

extension UTF8Buffer {
  /// The scalar that starts at `index` and the number of its bytes. The text must be valid UTF-8
  /// and `index` the first byte of a scalar.
  @inline(__always) func scalar(at index: Int) -> (value: UInt32, length: Int) {
    let lead = UInt32(self[index])
    func next(_ distance: Int) -> UInt32 { UInt32(self[index + distance] & 0x3F) }
    if lead < 0x80 { return (lead, 1) }
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | next(1), 2) }
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | next(1) << 6 | next(2), 3) }
    return ((lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
  }

  /// The first byte of the scalar that ends before `index`.
  func scalarStart(before index: Int) -> Int {
    var start = index - 1
    while start > 0, isContinuation(start) { start -= 1 }
    return start
  }

  /// Whether the byte at `index` continues a scalar.
  @inline(__always) func isContinuation(_ index: Int) -> Bool { self[index] & 0xC0 == 0x80 }
}
