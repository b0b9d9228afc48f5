/// # A value for every character
///
/// Unicode has 1,114,112 places, most of them empty or alike. So they are looked up in two steps:
/// which block of 128 the character is in, then its cell there. All empty blocks are one and the
/// same.
///
///     value of "é" (0xE9) = cells[128 · blocks[0xE9 >> 7] + (0xE9 & 127)]
///                          = cells[128 · blocks[1] + 105]
///
/// The values were *recorded from the reference*, character by character, because its libraries
/// carry Unicode versions of their own; Swift's `Unicode.Scalar.Properties` differs from them in
/// hundreds of characters. Clauses `BPE-3` and `WP-1`.
///
/// Source: the multistage tables of the Unicode Standard, section 5.1. Does not shrink again.
package struct ScalarMap<Value: Sendable>: Sendable {
  /// The block of each 128 characters: 8,704 numbers. Number 0 is the empty one.
  package private(set) var blocks = [UInt16](repeating: 0, count: 0x110000 >> 7)
  package private(set) var cells: [Value]  // one empty block to begin with, which all point to
  private let nothing: Value

  /// A map that gives `nothing` for every character.
  package init(_ nothing: Value) {
    (self.nothing, cells) = (nothing, Array(repeating: nothing, count: 128))
  }

  /// The value of a Unicode scalar.
  package subscript(scalar: UInt32) -> Value {
    // The upper bits choose the block, the lower seven the cell in it.
    get { cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)] }
    set {
      // Block 0 is shared, so it must never be written: the first value of a block gets it a copy
      // of its own.
      if blocks[Int(scalar >> 7)] == 0 {
        blocks[Int(scalar >> 7)] = UInt16(cells.count >> 7)  // the next number
        cells += repeatElement(nothing, count: 128)
      }
      cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)] = newValue
    }
  }
}

/// A recorded table: numbers with white space between them. In base 36 they are short in a source
/// file: U+10FFFF is `nvnj`.
package struct RecordedTable {
  package let numbers: [UInt32]

  package init(_ text: String) {
    numbers = text.utf8.split { $0 <= 0x20 }.compactMap { UInt32(Substring($0), radix: 36) }
  }

  /// Numbers that come in pairs: how many characters are left out since the last range, and how
  /// many are in the next. Such gaps are small, so most are one or two digits.
  package var ranges: [Range<UInt32>] {
    var end: UInt32 = 0
    return stride(from: 0, to: numbers.count, by: 2).map { index in
      let start = end + numbers[index]  // the gap
      end = start + numbers[index + 1]  // the number of characters
      return start..<end  // the table "b c" has the range 11..<23
    }
  }
}
