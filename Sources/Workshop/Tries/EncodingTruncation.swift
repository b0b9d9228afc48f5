import FoxDecoding

extension EncodingOptions {
  /// Cuts one text or two so that they have at most `room` tokens together.
  ///
  /// Source: `truncate_encodings` in tokenizers 0.13.3. Spec: `WP-9`.
  func truncate(
    _ first: inout Encoding, _ second: inout Encoding?, _ truncation: Truncation, room: Int
  ) throws(Fault) {
    let excess = first.ids.count + (second?.ids.count ?? 0) - room
    if excess <= 0 { return }
    if room == 0 {
      try cut(&first, to: 0)
      if second != nil { try cut(&second, to: 0) }
      return
    }
    switch truncation {
    case .longestFirst:
      guard let other = second?.ids.count else { return try cut(&first, to: room) }
      let lengths = Self.longestFirst(first.ids.count, other, room: room)
      try cut(&first, to: lengths.0)
      try cut(&second, to: lengths.1)
    case .onlyFirst: try cut(&first, by: excess)
    case .onlySecond:
      guard var other = second else {
        throw Fault("only_second", found: "no second text", expected: "one to cut")
      }
      try cut(&other, by: excess)
      second = other
    }
  }

  /// The lengths of two texts that are too long together: the shorter stays as long as the other
  /// is longer; else they share the room, and the one that was longer has the odd token.
  private static func longestFirst(_ a: Int, _ b: Int, room: Int) -> (Int, Int) {
    var (short, long) = (min(a, b), max(a, b))
    long = short > room ? short : max(short, room - short)
    if short + long > room { (short, long) = (room / 2, room / 2 + room % 2) }
    return a > b ? (long, short) : (short, long)
  }

  private func cut(_ text: inout Encoding, by excess: Int) throws(Fault) {
    let count = text.ids.count
    if count <= excess {
      throw Fault(
        "truncation", found: "a text of \(count) tokens, of which \(excess) have to go",
        expected: "a longer one", hint: "longest_first cuts both")
    }
    try cut(&text, to: count - excess)
  }

  private func cut(_ text: inout Encoding?, to length: Int) throws(Fault) {
    guard var encoding = text else { return }
    try cut(&encoding, to: length)
    text = encoding
  }

  private func cut(_ text: inout Encoding, to length: Int) throws(Fault) {
    if length >= text.ids.count { return }
    if length == 0 {
      let whole = text
      text = Encoding()
      if returnsOverflow { text.overflowing = [whole] }
      return
    }
    if stride < 0 || stride >= length {
      throw Fault(
        "stride", found: "\(stride)", expected: "0 to \(length - 1), of parts of \(length) tokens")
    }
    let parts = ranges(of: text.ids.count, length: length)
    let whole = text
    text = whole[parts[0]]
    if returnsOverflow { text.overflowing = parts.dropFirst().map { whole[$0] } }
  }

  /// The parts of a text of `count` tokens, which are more than `length`, the one that stays first.
  private func ranges(of count: Int, length: Int) -> [Range<Int>] {
    if !returnsOverflow {
      return [truncationSide == .right ? 0..<length : count - length..<count]
    }
    var parts: [Range<Int>] = []
    var done = 0
    while done < count {
      let size = min(length, count - done)
      parts.append(
        truncationSide == .right ? done..<done + size : count - done - size..<count - done)
      if done + size == count { break }
      done += length - stride
    }
    return parts
  }
}

extension Encoding {
  /// Some of the tokens, without what was cut off.
  subscript(range: Range<Int>) -> Encoding {
    var part = Encoding()
    part.ids = Array(ids[range])
    // Only ids may have been asked for.
    if !tokens.isEmpty {
      part.tokens = Array(tokens[range])
      part.offsets = Array(offsets[range])
    }
    part.typeIDs = Array(typeIDs[range])
    part.attentionMask = Array(attentionMask[range])
    part.specialTokensMask = Array(specialTokensMask[range])
    return part
  }
}
