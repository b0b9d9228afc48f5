/// # BERT's words
///
/// BERT should not care how a word was typed. Before ``WordPiece`` a text is therefore made plain:
/// what cannot be seen goes, every white space is a space, and for the *uncased* models accents go
/// and letters become small. Then it is cut at spaces, and every punctuation mark is a word of its
/// own. Chinese is written without spaces, so each of its characters is a word too:
///
///     "Hé, wörld! 你好"   →   he , world ! 你 好
///
/// Source: `BasicTokenizer` in Google's `bert/tokenization.py`, as `BertNormalizer` and
/// `BertPreTokenizer` in tokenizers 0.13.3 have it. Clauses `WP-2` and `WP-3`. Does not keep track
/// of where in the text a word was: the Workshop's `BERTNormalizer` does, in one pass.
package struct BasicTokenizer: Sendable {
  /// Whether letters become small and lose their accents.
  package let lowercases: Bool
  private let characters = BERTCharacters.shared
  private let space: UInt32 = 0x20

  package init(lowercases: Bool) { self.lowercases = lowercases }

  /// The words of `text`.
  package func words(of text: String) -> [String] {
    // Values instead of characters: to Swift "é" and "e" with an accent after it are equal.
    var scalars = text.unicodeScalars.map(\.value)
    // The order of `BertNormalizer`: clean, separate Chinese, strip accents, lower case. Each works
    // on the whole text, [T] → [T'].
    scalars = separated(cleaned(scalars))
    // A cased model keeps accents: `strip_accents` is tied to lower case unless a file says
    // otherwise.
    if lowercases { scalars = lowercased(withoutAccents(scalars)) }
    return words(of: scalars)
  }

  private func cleaned(_ scalars: [UInt32]) -> [UInt32] {
    // Controls, U+0000 and U+FFFD leave nothing, not even a space: "a\0b" is one word. Tab and line
    // feed are white space here, not controls.
    scalars.filter { !characters[$0].contains(.dropped) }
      .map { characters[$0].contains(.space) ? space : $0 }
  }

  private func separated(_ scalars: [UInt32]) -> [UInt32] {
    // 你好 → ␠你␠␠好␠. Kana and Hangul are letters and stay together.
    scalars.flatMap { characters[$0].contains(.chinese) ? [space, $0, space] : [$0] }
  }

  private func withoutAccents(_ scalars: [UInt32]) -> [UInt32] {
    // Unicode's form NFD: "é" → "e" + U+0301. Most characters are their own only part.
    let parts = scalars.flatMap { scalar in
      characters[scalar].contains(.decomposes) ? characters.parts(of: scalar) : [scalar]
    }
    return ordered(parts).filter { !characters[$0].contains(.mark) }  // "e" is left
  }

  private func ordered(_ scalars: [UInt32]) -> [UInt32] {
    // The marks that follow a letter, in Unicode's canonical order, as NFD asks. That matters only
    // for marks that are not accents and stay, as in some scripts of India.
    var result: [UInt32] = []
    var marks: [UInt32] = []  // since the last character that is not one
    for scalar in scalars {
      if characters[scalar].contains(.ordered) {
        // After all marks of its own rank or a lower one, so that equal ranks keep their order.
        let rank = characters.rank(of: scalar)
        let place = marks.firstIndex { characters.rank(of: $0) > rank } ?? marks.count
        marks.insert(scalar, at: place)
      } else {
        // A character without a rank ends the run: marks never pass it.
        result += marks + [scalar]
        marks = []
      }
    }
    return result + marks  // those at the end of the text
  }

  private func lowercased(_ scalars: [UInt32]) -> [UInt32] {
    // Each character by itself: a final Σ becomes σ, not ς. One may become two: `İ` is `i` and
    // U+0307.
    scalars.flatMap { characters[$0].contains(.lowers) ? characters.small($0) : [$0] }
  }

  private func words(of scalars: [UInt32]) -> [String] {
    var words: [[UInt32]] = [[]]  // the last list is the word being built
    for scalar in scalars {
      let kind = characters[scalar]
      if kind.contains(.space) {
        words.append([])  // ends the word before
      } else if kind.contains(.punctuation) {
        words += [[scalar], []]  // the same, stands alone, and begins the next
      } else {
        words[words.count - 1].append(scalar)
      }
    }
    // Two separators in a row leave an empty list between them.
    return words.filter { !$0.isEmpty }
      // Every value came from a text or a table of scalars, so none is lost here.
      .map { String(String.UnicodeScalarView($0.compactMap(Unicode.Scalar.init))) }
  }
}
