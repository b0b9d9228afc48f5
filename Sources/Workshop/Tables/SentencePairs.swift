/// The first and the second sentence of each story: the homework's `preprocess_coqa`.
///
/// A story is split at its first two `". "`; one with fewer than two parts is skipped. Both sentences
/// are stripped as Python's `str.strip()` does and end with a point of their own. Homework Q2.1; SPEC
/// `DATA-12`.
public struct SentencePairs: Equatable, Sendable {
  /// One pair.
  public struct Pair: Equatable, Sendable {
    /// The sentence that is given.
    public let first: String
    /// The sentence that is scored.
    public let second: String
    /// The number of the story, from 0.
    public let row: Int

    /// A pair.
    public init(first: String, second: String, row: Int) {
      self.first = first
      self.second = second
      self.row = row
    }
  }

  /// The pairs, in the order of the stories.
  public let pairs: [Pair]
  /// How many stories have no second sentence.
  public let skipped: Int

  /// The pairs of stories.
  public init(stories: [String]) {
    pairs = stories.enumerated().compactMap { row, story in
      let parts = PythonText.split(story, separator: ". ", maximumSplits: 2)
      guard parts.count > 1 else { return nil }
      return Pair(
        first: PythonText.strip(parts[0]) + ".", second: PythonText.strip(parts[1]) + ".", row: row)
    }
    skipped = stories.count - pairs.count
  }
}

/// What Python's strings do and Swift's do otherwise.
public enum PythonText {
  /// `text.split(separator, maximumSplits)`: parts between separators, empty ones too, the rest whole.
  /// Compared by bytes.
  ///
  /// - Parameter separator: Not empty; an empty one is found nowhere (Python raises `ValueError`).
  public static func split(
    _ text: String, separator: String, maximumSplits: Int = .max
  ) -> [String] {
    let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
    guard let first = mark.first else { return [text] }
    var (parts, start, offset): ([String], Int, Int) = ([], 0, 0)
    while parts.count < maximumSplits, offset + mark.count <= bytes.count {
      if bytes[offset] == first, bytes[offset..<offset + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
        offset += mark.count
        start = offset
      } else {
        offset += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// `text.strip()`: without white space at both ends, which is what `str.isspace` says.
  public static func strip(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let head = scalars.drop(while: isSpace)
    guard let last = head.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(String.UnicodeScalarView(head[...last]))
  }

  /// Whether `str.isspace` holds of a scalar: bidirectional types WS, B and S, and category Zs.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }
}
