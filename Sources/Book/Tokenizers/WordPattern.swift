/// # GPT-2's words
///
/// If merges could join anything, `dog.`, `dog!` and `dog?` would each become a token of their own.
/// GPT-2 therefore cuts a text into words first, and merges only within a word. A word is what this
/// regular expression matches next:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// So `I don't  know 42.` becomes `I` `␠don` `'t` `␠` `␠know` `␠42` `.`: a word takes the one space
/// in front of it along, letters and digits do not mix, and a contraction is a word.
///
/// Source: `self.pat` in OpenAI's `gpt-2/src/encoder.py`. Clauses `BPE-2` and `BPE-3`. Written out
/// by hand, one function for each alternative: Swift's and Foundation's expressions have Unicode
/// tables of their own, and a few characters would fall into another class than GPT-2's
/// (``CharacterClasses``). Does not know special tokens: ``SpecialTokens`` takes them out before.
package struct WordPattern {
  private let scalars: [Unicode.Scalar]
  private let kinds: [CharacterClass]

  /// The words of `text`. Put together again they are the text.
  package static func words(of text: String) -> [String] {
    let pattern = WordPattern(text)
    var words: [String] = []
    var start = 0
    // Every word takes at least one scalar, so the loop ends, and none is skipped.
    while start < pattern.scalars.count {
      let end = pattern.end(ofWordAt: start)
      words.append(String(String.UnicodeScalarView(pattern.scalars[start..<end])))
      start = end  // the next begins where this one ends
    }
    return words
  }

  private init(_ text: String) {
    // Scalars, as Python's `regex` and Rust's engine see them. Swift's characters would join CR and
    // LF.
    scalars = Array(text.unicodeScalars)  // [T]
    kinds = scalars.map { CharacterClasses.shared[$0] }  // [T], classified once
  }

  private func end(ofWordAt start: Int) -> Int {
    // `??` is the `|` of the pattern: the first alternative that matches decides, even if a later
    // one would match more, and takes as many characters as it can.
    contraction(at: start)
      ?? run(of: .letter, at: start)
      ?? run(of: .number, at: start)
      ?? run(of: .other, at: start)
      ?? space(at: start)
  }

  private func contraction(at start: Int) -> Int? {
    // `'s|'t|'re|'ve|'m|'ll|'d`, in lower case only: `DON'T` is `DON` `'` `T`. Only U+0027: the
    // typographic ’ is `.other`, so "don’t" becomes "don", "’" and "t".
    guard scalars[start] == "'" else { return nil }
    // A quote before a letter counts even without a word in front: "'twas" is "'t" and "was".
    let ending = ["s", "t", "re", "ve", "m", "ll", "d"].first {
      scalars[(start + 1)...].starts(with: $0.unicodeScalars)
    }
    return ending.map { start + 1 + $0.unicodeScalars.count }
  }

  private func run(of kind: CharacterClass, at start: Int) -> Int? {
    // ` ?\p{L}+`, and likewise for the other classes. Only U+0020 joins a word, not a tab, not
    // U+00A0. It belongs to the word only if a run follows it.
    let first = scalars[start] == " " ? start + 1 : start
    var end = first
    while end < kinds.count, kinds[end] == kind { end += 1 }  // `+`: as many as there are
    return end > first ? end : nil  // nothing but the space is no run
  }

  private func space(at start: Int) -> Int {
    // `\s+(?!\S)|\s+`. White space at the end of the text goes whole. Before a word it gives its
    // last character back, so that a space can join the word: `a␠␠b` is `a` `␠` `␠b`. When there is
    // only one character, the last alternative takes it after all.
    var end = start
    while end < kinds.count, kinds[end] == .space { end += 1 }
    return end == kinds.count ? end : max(end - 1, start + 1)
  }
}
