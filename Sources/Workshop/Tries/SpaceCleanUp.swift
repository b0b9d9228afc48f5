/// # Spaces that nobody would type
///
/// Tokens joined with spaces give `do n't stop , please .` The reference takes such spaces out with
/// a list of replacements, one after the other over the whole text, so that the result of one may
/// be the beginning of the next. The rules are simple and know English only; they can change a text
/// that was right: `rock ' n ' roll` becomes `rock'n'roll`, and `x = .5` becomes `x =.5`.
///
/// Source: `clean_up_tokenization` in transformers 4.17.0, and `cleanup` of the decoder `WordPiece`
/// in tokenizers 0.13.3. Clauses `BPE-10` and `WP-7`. Does not put spaces in.
struct SpaceCleanUp: Sendable {
  // As bytes from the start; every rule is ASCII.
  private let rules: [(from: [UInt8], to: [UInt8])]

  private init(_ rules: (String, String)...) {
    self.rules = rules.map { (Array($0.0.utf8), Array($0.1.utf8)) }
  }

  /// What is done to a whole text: the homework's `decode` does it unless told otherwise.
  static let text = SpaceCleanUp(
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"))

  /// What is done to each WordPiece token. One rule more; but since it sees one token at a time,
  /// only ` .`, ` ,` and their like can match: a space and a whole token.
  static let tokens = SpaceCleanUp(
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"))

  /// `text`, which is UTF-8, after all replacements. Bytes, because Swift's `replacing` would not
  /// see a space whose character has an accent after it.
  func clean(_ text: [UInt8]) -> [UInt8] {
    if !text.contains(0x20) { return text }  // every rule begins with a space
    // One pass for all rules would not be the same: a rule may make the text that a later one
    // replaces.
    return rules.reduce(text) { text, rule in Self.replace(rule.from, by: rule.to, in: text) }
  }

  private static func replace(_ from: [UInt8], by to: [UInt8], in text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)  // no rule makes a text longer
    var place = 0
    while place < text.count {
      // The first byte alone rules out most places.
      if text[place] == from[0], text[place...].starts(with: from) {
        result += to
        place += from.count  // matches do not overlap, as in Python's `str.replace`
      } else {
        result.append(text[place])
        place += 1
      }
    }
    return result
  }
}
