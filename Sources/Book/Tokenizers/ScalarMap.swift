/// # A number for every character
///
/// Unicode has 1,114,112 places, most of them empty or alike. So they are looked up in two steps:
/// which block of 128 the character is in, then its cell there. All blocks of zeros are one and the
/// same.
///
/// The tables were *recorded from the reference*, character by character, because its libraries
/// carry Unicode versions of their own; Swift's `Unicode.Scalar.Properties` differs from them in
/// hundreds of characters. Clauses `BPE-3` and `WP-1`.
///
///     value of "é" (0xE9) = cells[128 · blocks[0xE9 >> 7] + (0xE9 & 127)]
///                          = cells[128 · blocks[1] + 105]
///
/// Source: the multistage tables of the Unicode Standard, section 5.1. Does not shrink again:
/// setting a cell back to 0 keeps its block.
package struct ScalarMap<Value: FixedWidthInteger & Sendable>: Sendable {
  /// The block of each 128 characters. Number 0 is the one of zeros.
  ///
  /// 0x110000 / 128 = 8,704 blocks. A UInt16 can number them all.
  package private(set) var blocks = [UInt16](repeating: 0, count: 0x110000 >> 7)
  // One block of zeros to begin with, which all 8,704 entries point to.
  package private(set) var cells = [Value](repeating: 0, count: 128)

  init() {}

  /// The number of a Unicode scalar; 0 when none was set.
  package subscript(scalar: UInt32) -> Value {
    // The upper bits choose the block, the lower seven the cell in it.
    get { cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)] }
    set {
      // Block 0 is shared, so it must never be written: the first value of a block gets it a copy
      // of its own.
      if blocks[Int(scalar >> 7)] == 0 {
        blocks[Int(scalar >> 7)] = UInt16(cells.count >> 7)  // the next number
        cells += repeatElement(0, count: 128)
      }
      cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)] = newValue
    }
  }
}

/// A recorded table: numbers of base 36 with white space between them.
struct RecordedTable {
  let numbers: [UInt32]

  init(_ text: String) {
    // Base 36 keeps the tables short in a source file: U+10FFFF is `nvnj`, four digits instead of
    // seven.
    numbers = text.utf8.split { $0 <= 0x20 }.compactMap { UInt32(Substring($0), radix: 36) }
  }

  /// Numbers that come in pairs: how many characters are left out since the last range, and how
  /// many are in the next.
  var ranges: [Range<UInt32>] {
    // Gaps instead of places: they are small, so most are one or two digits.
    var end: UInt32 = 0
    return stride(from: 0, to: numbers.count, by: 2).map { index in
      let start = end + numbers[index]  // gap
      end = start + numbers[index + 1]  // count
      return start..<end
    }
  }
}
