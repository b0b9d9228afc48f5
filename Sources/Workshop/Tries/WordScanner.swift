/// The words of ``WordPattern``, found in the UTF-8 of a text where it stands.
///
/// The pattern's alternatives exclude each other once the first one or two characters are known, so
/// one look at them decides which run begins, and every byte is looked at once.
///
/// Does not add the prefix space, find added tokens or validate UTF-8: the encoder does.
///
/// Spec: `BPE-2`.
struct WordScanner {
  private let text: UTF8Buffer
  private let classes = CharacterClasses.shared.classes
  private let ascii = WordScanner.ascii
  private let space = CharacterClass.space.rawValue

  /// The classes of the 128 characters of ASCII, made once and never freed: nearly every character of
  /// most texts is one of them, and a bare pointer costs no check of bounds and no count of owners.
  nonisolated(unsafe) private static let ascii: UnsafePointer<UInt8> = {
    let classes = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
    for scalar in 0..<128 { classes[scalar] = CharacterClasses.shared.classes[UInt32(scalar)] }
    return UnsafePointer(classes)
  }()

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
    if kind == space { return endOfSpace(at: start) }
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
    if byte < 0x80 { return (ascii[Int(byte)], 1) }
    let (scalar, length) = text.scalar(at: index)
    return (classes.number(of: scalar), length)
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
      if kind != space { return last == start ? index : last }
      last = index
      index += length
    }
    return index
  }
}
