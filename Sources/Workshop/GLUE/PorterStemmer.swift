/// The Porter stemmer in the variant of NLTK, which rouge_score uses.
///
/// It takes suffixes off English words in eight steps. A step looks at the *measure* of what would
/// be left: how many times a vowel is followed by a consonant. In each list of rules the first
/// whose suffix the word has decides, whether its condition holds or not.
///
/// Source: Porter 1980; `nltk.stem.porter.PorterStemmer` (`NLTK_EXTENSIONS`), NLTK 3.10. SPEC
/// `ROUGE-7`.
package enum PorterStemmer {
  /// The stem of a word of lower-case ASCII letters and digits.
  ///
  /// - Complexity: O(*n*) in the letters.
  package static func stem(_ word: String) -> String {
    String(decoding: stem(Array(word.utf8)), as: UTF8.self)
  }

  static func stem(_ word: [UInt8]) -> [UInt8] {
    if word.count <= 10, let known = irregular[String(decoding: word, as: UTF8.self)] {
      return Array(known.utf8)
    }
    if word.count <= 2 { return word }
    var word = Stem(word)
    word.plural()
    word.pastAndProgressive()
    word.finalY()
    word.longSuffixes()
    word.apply(Stem.step3) { _, stem in stem.measure > 0 }
    word.apply(Stem.step4) { rule, stem in
      stem.measure > 1
        && (rule.suffix != "ion" || stem.ends(with: "s") || stem.ends(with: "t"))
    }
    word.finalE()
    word.finalDoubleL()
    return word.bytes
  }

  /// NLTK's pool of irregular forms.
  private static let irregular = [
    "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
    "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing",
    "cannings": "canning", "canning": "canning", "howe": "howe", "proceed": "proceed",
    "exceed": "exceed", "succeed": "succeed",
  ]
}

/// A suffix and what replaces it.
private typealias SuffixRule = (suffix: String, replacement: String)

/// A word on its way to its stem.
private struct Stem {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// For each letter whether it is a consonant: none of a, e, i, o, u, and no y behind a consonant.
  private var consonants: [Bool] {
    var flags: [Bool] = []
    flags.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
        UInt8(ascii: "u"):
        flags.append(false)
      case UInt8(ascii: "y"): flags.append(!(flags.last ?? false))
      default: flags.append(true)
      }
    }
    return flags
  }

  /// How many times a vowel is followed by a consonant.
  var measure: Int {
    let flags = consonants
    return zip(flags, flags.dropFirst()).count { !$0 && $1 }
  }

  private var hasVowel: Bool { consonants.contains(false) }

  private var endsWithDoubleConsonant: Bool {
    bytes.count >= 2 && bytes.last == bytes[bytes.count - 2] && consonants.last == true
  }

  /// Consonant, vowel, consonant that is not w, x or y; or, in NLTK, vowel and consonant alone.
  private var endsShort: Bool {
    let flags = consonants
    if flags.count == 2 { return flags == [false, true] }
    return flags.suffix(3).elementsEqual([true, false, true])
      && !["w", "x", "y"].contains { ends(with: $0) }
  }

  func ends(with suffix: String) -> Bool {
    bytes.count >= suffix.utf8.count && bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  private func without(_ count: Int) -> Stem { Stem(Array(bytes.dropLast(count))) }

  private mutating func replace(_ suffix: String, by replacement: String) {
    bytes.removeLast(suffix.utf8.count)
    bytes += replacement.utf8
  }

  /// Applies the first rule whose suffix the word has, if its condition holds of what is left.
  mutating func apply(
    _ rules: [SuffixRule], if condition: (SuffixRule, Stem) -> Bool = { _, _ in true }
  ) {
    guard let rule = rules.first(where: { ends(with: $0.suffix) }) else { return }
    if condition(rule, without(rule.suffix.utf8.count)) {
      replace(rule.suffix, by: rule.replacement)
    }
  }
}

extension Stem {
  /// Step 1a: caresses, ponies, cats; dies keeps its e.
  mutating func plural() {
    if ends(with: "ies"), bytes.count == 4 { return replace("ies", by: "ie") }
    apply([("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")])
  }

  /// Step 1b: agreed, plastered, motoring, and what they leave behind.
  mutating func pastAndProgressive() {
    if ends(with: "ied") { return replace("ied", by: bytes.count == 4 ? "ie" : "i") }
    if ends(with: "eed") {
      if without(3).measure > 0 { replace("eed", by: "ee") }
      return
    }
    let suffix = ["ed", "ing"].first { ends(with: $0) && without($0.utf8.count).hasVowel }
    guard let suffix else { return }
    replace(suffix, by: "")
    if ["at", "bl", "iz"].contains(where: { ends(with: $0) }) {
      bytes.append(UInt8(ascii: "e"))
    } else if endsWithDoubleConsonant {
      if !["l", "s", "z"].contains(where: { ends(with: $0) }) { bytes.removeLast() }
    } else if measure == 1, endsShort {
      bytes.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c: happy, not enjoy.
  mutating func finalY() {
    let rest = without(1)
    if ends(with: "y"), rest.bytes.count > 1, rest.consonants.last == true {
      replace("y", by: "i")
    }
  }

  /// Step 2; what ended in alli goes through it again.
  mutating func longSuffixes() {
    while ends(with: "alli"), without(4).measure > 0 { replace("alli", by: "al") }
    // The l of logi counts with the stem, so that geology and archaeology are alike.
    let withL = without(min(3, bytes.count))
    apply(Self.step2) { rule, stem in (rule.suffix == "logi" ? withL : stem).measure > 0 }
  }

  /// Step 5a.
  mutating func finalE() {
    guard ends(with: "e") else { return }
    let rest = without(1)
    if rest.measure > 1 || (rest.measure == 1 && !rest.endsShort) { bytes = rest.bytes }
  }

  /// Step 5b: controll.
  mutating func finalDoubleL() {
    if ends(with: "ll"), without(1).measure > 1 { bytes.removeLast() }
  }

  private static let step2: [SuffixRule] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ("fulli", "ful"), ("logi", "log"),
  ]

  static let step3: [SuffixRule] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ]

  static let step4: [SuffixRule] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
  ].map { ($0, "") }
}
