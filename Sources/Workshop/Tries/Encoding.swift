/// What a text is encoded to.
public struct Encoding: Equatable, Sendable {
  /// The ids of the tokens.
  public var ids: [Int] = []
  /// The tokens as the vocabulary spells them, such as "Ġthe" (see ``ByteAlphabet``). An added
  /// token that strips white space is shown with it.
  public var tokens: [String] = []
  /// Where each token stands, in Unicode scalars of its text. Tokens that share a scalar, whose
  /// bytes they divide, all have it in their range.
  public var offsets: [Range<Int>] = []
  /// 0 for the tokens of the first text, 1 for those of the second.
  public var typeIDs: [Int] = []
  /// 1 for each token, 0 for what only fills up the text.
  package var attentionMask: [Int] = []
  /// 1 for tokens that were put around the texts or fill them up, 0 for those of the texts.
  package var specialTokensMask: [Int] = []
  /// What truncation cut off, in parts; empty unless asked for.
  package var overflowing: [Encoding] = []

  package init() {}

  mutating func append(_ id: Int, _ token: String, _ offsets: Range<Int>) {
    tokens.append(token)
    self.offsets.append(offsets)
    append(id)
  }

  /// Appends a token of a text of which only ids are asked for.
  mutating func append(_ id: Int) {
    ids.append(id)
    typeIDs.append(0)
    attentionMask.append(1)
    specialTokensMask.append(0)
  }
}

extension Encoding {
  /// Takes leading and trailing spaces out of the offsets.
  ///
  /// The counts are those of spaces in the *token*, so that a prefix space which is not in the text
  /// counts too: the second of two texts around an added token loses a letter. That, and the single
  /// leading space that a token at the start of the text keeps when `keepsFirst` (it may be the
  /// prefix space), is what the reference does.
  mutating func trimOffsets(keepsFirst: Bool) {
    for index in tokens.indices {
      let scalars = tokens[index].unicodeScalars
      var leading = scalars.prefix(while: Self.isSpace).count
      let trailing = scalars.reversed().prefix(while: Self.isSpace).count
      var (start, end) = (offsets[index].lowerBound, offsets[index].upperBound)
      if keepsFirst, leading == 1, index == 0 || start == 0 { leading = 0 }
      start = min(start + leading, end)
      if end >= trailing { end = max(end - trailing, start) }
      offsets[index] = start..<end
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == ByteAlphabet.character(of: 0x20)
      || CharacterClasses.shared[scalar] == .space
  }
}
