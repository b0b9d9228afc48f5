import FoxDecoding

extension GPT2Tokenizer {
  /// The text of `ids`.
  ///
  /// The bytes of all tokens are joined and read as UTF-8; what is not UTF-8, such as the half of a
  /// character at the end, becomes U+FFFD, one for each maximal part of a sequence.
  ///
  /// - Parameters:
  ///   - ids: Any ids, in any order.
  ///   - skipSpecialTokens: Leaves out special tokens such as `<|endoftext|>`.
  ///   - cleanUpSpaces: Takes out the spaces before punctuation and English contractions, as
  ///     transformers does unless told otherwise. That changes texts: see ``SpaceCleanUp``.
  /// - Throws: `Fault`; the reference leaves such ids out.
  public func decode(
    _ ids: some Sequence<Int>, skipSpecialTokens: Bool = false, cleanUpSpaces: Bool = false
  ) throws(Fault) -> String {
    let bytes = try decodeBytes(ids, skipSpecialTokens: skipSpecialTokens)
    let cleaned = cleanUpSpaces ? SpaceCleanUp.text.clean(bytes) : bytes
    return UTF8Repair.text(cleaned)
  }

  /// The bytes of `ids`, which may begin or end in the middle of a character.
  package func decodeBytes(
    _ ids: some Sequence<Int>, skipSpecialTokens: Bool = false
  ) throws(Fault) -> [UInt8] {
    var result: [UInt8] = []
    for id in ids {
      guard bytes.contains(id) else { throw .unknownID(id, below: endID) }
      if skipSpecialTokens, isSpecial(id) { continue }
      result += bytes[id]
    }
    return result
  }
}

/// Bytes that should be UTF-8 and may not be.
enum UTF8Repair {
  /// The text of `bytes`, with U+FFFD for each maximal part of a sequence that is not UTF-8: the
  /// practice that the Unicode Standard (section 3.9) recommends.
  static func text(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// The number of bytes at the end that begin a character and lack the rest of it: 0 to 3.
  static func incompleteSuffix(of bytes: ArraySlice<UInt8>) -> Int {
    for length in 1...3 where length <= bytes.count {
      let start = bytes.endIndex - length
      if bytes[start] & 0xC0 == 0x80 { continue }
      return isPrefix(bytes[start...]) ? length : 0
    }
    return 0
  }

  /// Whether `bytes` is the beginning of a character, without its end.
  private static func isPrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first else { return false }
    return length(lead: lead) > bytes.count && continues(bytes)
  }

  /// The length of the character that starts with `lead`; 0 when none does.
  private static func length(lead: UInt8) -> Int {
    switch lead {
    case 0x00...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  /// Whether the bytes behind the first may follow it (Unicode Standard, table 3-7).
  private static func continues(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first else { return false }
    let second: ClosedRange<UInt8> =
      switch lead {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    return bytes.dropFirst().prefix(1).allSatisfy { second.contains($0) }
      && bytes.dropFirst(2).allSatisfy { (0x80...0xBF).contains($0) }
  }
}
