/// Cuts a text into the words that byte-pair encoding works on: GPT-2's split pattern
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// as a scanner by hand. Alternatives are tried from the left at each place, and every one that
/// matches takes all it can, so one look at the first characters decides:
///
/// 1. `'` followed by s, t, m, d, re, ve or ll (lower case) is a contraction.
/// 2. Otherwise a letter, a number or another visible character, with one U+0020 before it or
///    without, starts a run of its own class.
/// 3. Otherwise it is white space. A run of it goes whole at the end of the text; before a visible
///    character it leaves its last scalar behind (`\s+(?!\S)`), which then starts a word of its own:
///    together with what follows when it is U+0020, alone when it is any other white space.
///
/// For example `"it's  12€\n"` is cut into `it` `'s` `␠` `␠12` `€` `⏎`.
///
/// Does not add the prefix space, find added tokens or validate UTF-8: the encoder does.
///
/// Spec: `BPE-2`.
struct WordScanner {
  private let text: UTF8Buffer
  private let classes = CharacterClasses.shared

  /// A scanner of `text`, which must be valid UTF-8 and stay in place.
  init(_ text: UTF8Buffer) { self.text = text }

  /// The end of the word that starts at `start`, in bytes.
  ///
  /// - Complexity: O(*n*) in the bytes of the word, plus one scalar.
  @inline(__always) func end(ofWordAt start: Int) -> Int {
    var index = start
    let first = text[start]
    if first == UInt8(ascii: " ") {
      index += 1
      if index == text.count { return index }
    } else if first == UInt8(ascii: "'"), let end = endOfContraction(at: start) {
      return end
    }
    let (kind, length) = character(at: index)
    if kind == CharacterClass.space { return endOfSpace(at: start) }
    return endOfRun(of: kind, from: index + length)
  }

  private func endOfContraction(at start: Int) -> Int? {
    guard start + 1 < text.count else { return nil }
    let first = text[start + 1]
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      let wanted = first == UInt8(ascii: "l") ? UInt8(ascii: "l") : UInt8(ascii: "e")
      return start + 2 < text.count && text[start + 2] == wanted ? start + 3 : nil
    default: return nil
    }
  }

  @inline(__always) private func character(at index: Int) -> (kind: UInt8, length: Int) {
    let byte = text[index]
    if byte < 0x80 { return (classes[ascii: byte] & CharacterClass.mask, 1) }
    let (scalar, length) = text.scalar(at: index)
    return (classes[scalar] & CharacterClass.mask, length)
  }

  @inline(__always) private func endOfRun(of kind: UInt8, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let (found, length) = character(at: index)
      if found != kind { break }
      index += length
    }
    return index
  }

  private func endOfSpace(at start: Int) -> Int {
    var index = start
    var last = start
    while index < text.count {
      let (kind, length) = character(at: index)
      if kind != CharacterClass.space { return last == start ? index : last }
      last = index
      index += length
    }
    return index
  }
}
