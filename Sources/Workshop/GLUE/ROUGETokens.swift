/// The words that standard ROUGE counts.
///
/// Texts are put in lower case; what is not a–z or 0–9 separates words; words of more than three
/// letters may be stemmed. What is not ASCII vanishes, but for `K` (Kelvin), whose lower case is k,
/// and `İ`, whose lower case begins with i. Source: `rouge_score/tokenize.py` 0.1.2. SPEC `ROUGE-4`.
struct ROUGETokens {
  let isStemmed: Bool
  private var numbers: [[UInt8]: Int32] = [:]

  init(isStemmed: Bool) { self.isStemmed = isStemmed }

  /// The words of a text, each as a number that stands for it in all texts of this value.
  mutating func numbers(of text: String) -> [Int32] {
    var (result, word): ([Int32], [UInt8]) = ([], [])
    for scalar in text.unicodeScalars {
      if let byte = Self.lowerCase(scalar) {
        word.append(byte)
        // The dot above that İ leaves behind ends the word.
        if scalar != "\u{130}" { continue }
      }
      finish(&word, into: &result)
    }
    finish(&word, into: &result)
    return result
  }

  private mutating func finish(_ word: inout [UInt8], into result: inout [Int32]) {
    if word.isEmpty { return }
    let stem = isStemmed && word.count > 3 ? PorterStemmer.stem(word) : word
    word.removeAll(keepingCapacity: true)
    if stem.isEmpty { return }
    let next = Int32(clamping: numbers.count)
    result.append(numbers[stem, default: next])
    if result.last == next { numbers[stem] = next }
  }

  /// The letter or digit that a scalar is in lower case.
  static func lowerCase(_ scalar: Unicode.Scalar) -> UInt8? {
    switch scalar {
    case "a"..."z", "0"..."9": UInt8(scalar.value)
    case "A"..."Z": UInt8(scalar.value + 32)
    case "\u{212A}": UInt8(ascii: "k")
    case "\u{130}": UInt8(ascii: "i")
    default: nil
    }
  }
}
