import FoxDecoding

/// # A text file
///
/// Files come from different systems. A byte-order mark at the beginning does not belong to the
/// text. Lines end with `\n`, `\r\n` or `\r`. Bytes that are not UTF-8 are a fault with their
/// place, not a replacement character: a classifier would learn from it.
///
///     EF BB BF | 61 0D 0A | 62          mark, "a" and its line break, "b"
///
/// Source: Python's universal newlines and its codec `utf-8-sig`. Does not read files (the caller
/// has the bytes) and knows no other encoding.

/// The bytes of a text file: where its lines end, and its parts as strings.
package struct SourceText {
  package let bytes: [UInt8]
  /// What the text is called in faults.
  package let name: String
  /// Where the text begins: after a byte-order mark.
  package let start: Int

  package init(bytes: [UInt8], name: String) {
    (self.bytes, self.name) = (bytes, name)
    // U+FEFF in UTF-8. Left in, it would be a part of the first column's name, and `sentence` not
    // be found.
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Where the line that begins at `start` ends, and where the next begins.
  package func line(from start: Int) -> (end: Int, next: Int) {
    // A local name: the loop then reads the array without asking the structure each time.
    let bytes = bytes
    var end = start
    // LF and CR are ASCII, which never occurs within a longer UTF-8 sequence.
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    return (end, afterBreak(end))
  }

  /// The place after the line break at `offset`; `offset` itself when there is none.
  package func afterBreak(_ offset: Int) -> Int {
    guard offset < bytes.count else { return offset }
    switch bytes[offset] {
    case 0x0A: return offset + 1  // LF
    case 0x0D:
      // `\r\n` is one break, a lone `\r` another.
      return offset + 1 < bytes.count && bytes[offset + 1] == 0x0A ? offset + 2 : offset + 1
    // Not at a break. Callers compare: no progress means no break.
    default: return offset
    }
  }

  /// The text of a part that begins on `line`.
  package func text(_ range: Range<Int>, line: Int) throws(Fault) -> String {
    // The usual case, in one call.
    if let text = String(validating: bytes[range], as: UTF8.self) { return text }
    // To say where: decode whole sequences up to the first byte that begins none.
    var (parser, iterator, good) = (
      Unicode.UTF8.ForwardParser(), bytes[range].makeIterator(), range.lowerBound
    )
    while case .valid(let sequence) = parser.parseScalar(from: &iterator) { good += sequence.count }
    // A quoted field may have line breaks in it: the line of the fault is that of the byte, not of
    // the field.
    let breaks = (range.lowerBound..<good).count { place in
      // Of `\r\n` only the second counts, so that one break is not counted twice.
      bytes[place] == 0x0A || bytes[place] == 0x0D && afterBreak(place) == place + 1
    }
    throw Fault(
      // `good` counts from the first byte of the file, as an editor for bytes does.
      name, at: "line \(line + breaks), byte \(good)", found: "a byte that is not UTF-8",
      expected: "UTF-8", hint: "save the file as UTF-8")
  }
}
