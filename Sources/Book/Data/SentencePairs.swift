/// # Sentence pairs
///
/// To see whether a model knows how stories go on, give it the first sentence of each and look at
/// the second. The homework finds sentences without a parser: it splits a story at the first two
/// places where a space follows a period.
///
///     "A fox ran. It hid. Then it slept."  →  "A fox ran."  "It hid."
///
/// A story with fewer than two parts is skipped. Both sentences lose white space at their ends and
/// get the period back that the split took, so "Mr. Fox ran." becomes the pair "Mr.", "Fox ran.." —
/// the homework's rule, kept with its faults.
///
/// Source: homework Q2.1, `preprocess_coqa`. Clause `DATA-12`. Does not tokenize, and does not know
/// where a sentence really ends.
package struct SentencePairs: Equatable, Sendable {
  /// A first sentence, which is given, and a second one, which is scored.
  package struct Pair: Equatable, Sendable {
    package let first: String
    package let second: String
    /// The number of the story, from 0.
    ///
    /// Skipped stories leave gaps, so a pair keeps its story's number.
    package let row: Int
  }

  /// The pairs, in the order of the stories.
  package let pairs: [Pair]
  /// How many stories have no second sentence.
  package let skipped: Int

  /// The pairs of some stories.
  package static func of(stories: [String]) -> SentencePairs {
    // In Python: `parts = text.split('. ', 2)`, then `parts[0].strip() + '.'`, and the same of
    // `parts[1]`.
    let pairs = stories.enumerated().compactMap { row, story -> Pair? in
      // Two splits make three parts at most; the third, the rest of the story, is not used.
      let parts = PythonText.split(story, separator: ". ", maximumSplits: 2)
      // One sentence, or a text with line feeds instead of spaces after its periods.
      if parts.count < 2 { return nil }
      return Pair(
        // The split took ". " away; the period comes back, also where the part still had one of its
        // own.
        first: PythonText.strip(parts[0]) + ".", second: PythonText.strip(parts[1]) + ".", row: row)
    }
    // Every story is either a pair or skipped.
    return SentencePairs(pairs: pairs, skipped: stories.count - pairs.count)
  }
}

/// What Python's strings do otherwise than Swift's. Swift holds "é" and "e" + "´" to be equal and
/// never cuts between the two; Python compares code points. A pair has to be cut where the notebook
/// cuts.
package enum PythonText {
  /// `text.split(separator, maximumSplits)`: the parts between separators, empty ones too, and the
  /// rest.
  ///
  /// An empty separator is found nowhere, where Python raises an error.
  package static func split(
    _ text: String, separator: String, maximumSplits: Int = .max
  ) -> [String] {
    // Bytes find what code points find: in UTF-8 no sequence occurs within another.
    let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
    guard let first = mark.first else { return [text] }
    // `start` is where the current part begins, `offset` how far the search is.
    var (parts, start, offset): ([String], Int, Int) = ([], 0, 0)
    // Every byte is looked at once; after a separator the search continues after its last byte, so
    // that "aaa" has one "aa" and not two.
    while parts.count < maximumSplits, offset + mark.count <= bytes.count {
      // Most places fail at the first byte.
      if bytes[offset] == first, bytes[offset..<offset + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
        offset += mark.count
        start = offset
      } else {
        offset += 1
      }
    }
    // What is left, with any further separators in it. Also when it is empty: "a. " has two parts.
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// `text.strip()`: without white space at both ends.
  package static func strip(_ text: String) -> String {
    let scalars = text.unicodeScalars
    // From the front, then from the back. Scalars again: a space with an accent after it is one
    // character to Swift, but a space that Python strips.
    let head = scalars.drop(while: isSpace)
    // Nothing but white space.
    guard let last = head.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(String.UnicodeScalarView(head[...last]))
  }

  /// Whether `str.isspace` holds of a scalar. 29 do, among them four separators (0x1C to 0x1F) that
  /// Unicode's own property does not count.
  package static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Tab to CR and NEL, the separators and the space; then the spaces of other scripts and of
    // typography. U+200B is not among them, though its name is "zero width space".
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }
}
