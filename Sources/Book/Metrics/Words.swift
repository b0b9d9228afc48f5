/// # Words as ROUGE sees them
///
/// Two texts are compared word by word, so what a word is decides the score. rouge_score puts a
/// text in lower case and takes every run of a–z and 0–9; anything else separates. "It's" is two
/// words, and "naïve" is `na` and `ve`.
///
///     "The fox, the FOX!"  →  the fox the fox  →  0 1 0 1
///
/// Words are numbered as they first come. One `Words` numbers both texts of a pair, so that equal
/// words have equal numbers.
///
/// Source: `rouge_score/tokenize.py` 0.1.2. Clause `ROUGE-4`. Does not stem: NLTK's stemmer is in
/// the Workshop.
package struct Words {
  private let stem: (([UInt8]) -> [UInt8])?  // makes `fox` of `foxes`
  private var numbers: [[UInt8]: Int] = [:]  // by bytes of ASCII: nothing else is left of a word

  package init(stem: (([UInt8]) -> [UInt8])? = nil) { self.stem = stem }

  /// The numbers of a text's words.
  package mutating func numbers(of text: String) -> [Int] {
    var (result, word): ([Int], [UInt8]) = ([], [])
    for scalar in text.unicodeScalars {
      if let letter = Self.lowerCase(scalar) {
        word.append(letter)
        // Python makes two scalars of İ, an i and a dot above, and the dot ends the word.
        if scalar != "\u{130}" { continue }
      }
      finish(&word, into: &result)
    }
    finish(&word, into: &result)  // the text may end without a separator
    return result
  }

  private mutating func finish(_ word: inout [UInt8], into result: inout [Int]) {
    if word.isEmpty { return }  // two separators in a row
    // `[stemmer.stem(x) if len(x) > 3 else x]` in the reference.
    let stemmed = word.count > 3 ? stem?(word) ?? word : word
    word.removeAll(keepingCapacity: true)
    if stemmed.isEmpty { return }  // a stemmer may leave nothing, which is not a word
    let number = numbers[stemmed] ?? numbers.count  // a new word gets the next
    numbers[stemmed] = number
    result.append(number)
  }

  /// The letter or digit that a scalar is in lower case; `nil` for what separates words.
  package static func lowerCase(_ scalar: Unicode.Scalar) -> UInt8? {
    switch scalar {
    case "a"..."z", "0"..."9": UInt8(scalar.value)
    case "A"..."Z": UInt8(scalar.value + 32)  // in ASCII, 32 up
    // Two scalars outside ASCII are ASCII letters in lower case: the Kelvin sign and İ.
    case "\u{212A}": UInt8(ascii: "k")
    case "\u{130}": UInt8(ascii: "i")
    default: nil  // "é" too: rouge_score knows English only
    }
  }
}
