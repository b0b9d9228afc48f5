import FoxDecoding

/// # Reading JSON
///
/// A parser by recursive descent: a method for each rule of RFC 8259's grammar, which looks at the
/// next byte and knows which rule comes, because no two rules begin alike.
///
///     value  = object | array | string | number | "true" | "false" | "null"
///     object = "{" [ string ":" value { "," string ":" value } ] "}"
///     array  = "[" [ value { "," value } ] "]"
///     number = [ "-" ] digits [ "." digits ] [ ("e" | "E") [ "+" | "-" ] digits ]
///
/// RFC 8259; serde_json's strictness. Clauses JSON-1 to JSON-4, JSON-6 and JSON-8. Does not read
/// comments, trailing commas, NaN or Infinity, which Python's `json` would write.
extension JSON {
  /// How deep arrays and objects may nest (JSON-3).
  package static let maximumDepth = 127  // as serde_json: brackets fill the stack

  /// Reads the one JSON document that fills `bytes`, or a part of them; white space may surround
  /// it. Faults are about `file`, at places in all of `bytes`.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, part: Range<Int>? = nil, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    let part = (part ?? 0..<bytes.count).clamped(to: 0..<bytes.count)  // whatever the caller says
    var parser = JSONParser(
      bytes: bytes, file: file, end: part.upperBound, offset: part.lowerBound)
    return try parser.document()
  }

  /// Reads the one JSON document that fills `bytes`.
  package static func parse(
    _ bytes: some Collection<UInt8>, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    try Array(bytes).withUnsafeBufferPointer { bytes throws(Fault) in  // an array is not copied
      try parse(UnsafeRawBufferPointer(bytes), in: file)
    }
  }

  /// Reads the JSON document in the file at `path`.
  package static func read(path: String) throws(Fault) -> JSON {
    // Mapped, because a tokenizer's file has megabytes.
    try MappedFile(path: path).withBytes { bytes throws(Fault) in try parse(bytes, in: path) }
  }
}

private struct JSONParser {
  let bytes: UnsafeRawBufferPointer  // read in place, never copied as a whole
  let file: String  // the subject of faults
  let end: Int  // the byte after the document's part
  var offset: Int  // the byte that comes next
  var depth = 0  // arrays and objects that are open

  mutating func document() throws(Fault) -> JSON {
    // U+FEFF in UTF-8. Some editors write it; RFC 8259, section 8.1, forbids it.
    if bytes[offset..<end].starts(with: [0xEF, 0xBB, 0xBF]) {
      throw fault(
        "a byte-order mark", "a value", hint: "save the text as UTF-8 without a byte-order mark")
    }
    let value = try value()
    // A second document, or the tail of a file that was overwritten by a shorter one.
    if offset < end { throw unexpected("the end of the text") }
    return value  // of any kind: RFC 8259 does not ask for an object
  }

  /// A value, with the white space around it.
  private mutating func value() throws(Fault) -> JSON {
    skipSpace()
    let value: JSON =
      switch Unicode.Scalar(peek) {  // one byte tells which rule comes
      case "{": .object(.init(unique: try members()))
      case "[": .array(try elements())
      case "\"": .string(try string())
      case "t": try word("true", .bool(true))
      case "f": try word("false", .bool(false))
      case "n": try word("null", .null)
      case "-", "0"..."9": try number()  // "+" and "." begin none
      default: throw unexpected("a value")  // NaN, for example, or a comment
      }
    skipSpace()
    return value
  }

  private mutating func members() throws(Fault) -> [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = []
    var hashes: Set<Int> = []  // of names; a set of names would hash all again whenever it grows
    try list(until: "}") { parser throws(Fault) in
      parser.skipSpace()
      guard parser.peek == UInt8(ascii: "\"") else { throw parser.unexpected("a member name") }
      let start = parser.offset  // where a fault about the name will point
      let key = try parser.string()
      if members.count == 8 { hashes = Set(members.map { UTF8Key($0.key).hashValue }) }
      // The few names of a configuration are compared, which costs less than hashing. Of many only
      // those are whose hash came before: two names may have one by chance.
      let isNew =
        (members.count >= 8 && hashes.insert(UTF8Key(key).hashValue).inserted)
        || !members.contains { UTF8Key.equal($0.key, key) }
      // Readers differ in what a second member of one name means, so a file could mean one thing to
      // a checker and another to us. Escapes are resolved by now: "a" and "\u0061" are one name.
      if !isNew {
        throw parser.fault(
          "\(shown(key)) a second time", "every name once in an object", at: start)
      }
      parser.skipSpace()
      guard parser.take(":") else { throw parser.unexpected("':'") }
      members.append((key, try parser.value()))  // the descent: back to the start of the grammar
    }
    return members
  }

  private mutating func elements() throws(Fault) -> [JSON] {
    var elements: [JSON] = []
    // Kinds may be mixed: it is for whoever reads the array to refuse that.
    try list(until: "]") { parser throws(Fault) in elements.append(try parser.value()) }
    return elements
  }

  /// What stands between brackets: nothing, or items with commas between them.
  private mutating func list(
    until closing: Unicode.Scalar, _ item: (inout JSONParser) throws(Fault) -> Void
  ) throws(Fault) {
    // Each level is a few calls on the stack, and a full stack ends the process.
    depth += 1  // checked on the way down, where it costs one comparison
    if depth > JSON.maximumDepth {
      throw fault("\(depth) levels of arrays and objects", "at most \(JSON.maximumDepth)")
    }
    defer { depth -= 1 }
    offset += 1  // the opening bracket
    skipSpace()
    if take(closing) { return }  // only here: after a comma an item must follow
    repeat { try item(&self) } while take(",")  // each item takes the white space around it
    guard take(closing) else { throw unexpected("',' or '\(closing)'") }
  }

  private mutating func word(_ text: String, _ value: JSON) throws(Fault) -> JSON {
    // Letter by letter, so that the fault is at the first one that differs: "nul", "True".
    for letter in text.unicodeScalars where !take(letter) { throw unexpected("'\(text)'") }
    return value
  }

  private mutating func number() throws(Fault) -> JSON {
    let start = offset
    let isNegative = take("-")  // not "+", which only an exponent may have
    // A leading zero stands alone: "01" is not a number; JavaScript would read it as octal.
    if take("0") {
      if isDigit { throw unexpected("'.', 'e' or the end of the number") }
    } else {
      try digits("a digit")
    }
    let integerEnd = offset  // if the number ends here too, it was written as an integer
    if take(".") { try digits("a digit after '.'") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }  // one sign or none
      try digits("a digit in the exponent")
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)  // all of it ASCII
    // "1.0" and "1e2" were not written as integers. "-0" no integer is, nor what 64 bits do not
    // hold.
    if offset == integerEnd, let value = Int(text), value != 0 || !isNegative {
      return .integer(value)  // a token id, a size: exact beyond 2⁵³ too
    }
    // The nearest Double: 0 for what is too small, infinity, which no number in JSON means, for
    // what is too large. It is shown cut, for it can have a megabyte.
    if let value = Double(text), value.isFinite { return .number(value) }
    throw fault("\(text.prefix(40))", "a number that a Double holds", at: start)
  }

  private var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(peek) }

  /// One digit or more: ".5", "-" and "1e" are not numbers.
  private mutating func digits(_ expected: String) throws(Fault) {
    guard isDigit else { throw unexpected(expected) }  // at the end of the text too
    while isDigit { offset += 1 }  // how many, only `Double` and `Int` bound
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(Fault) -> String {
    offset += 1  // the opening quote
    let start = offset
    // Of a vocabulary's 50,000 keys nearly all are read in this one go.
    var text = try plainText(in: start)
    while !take("\"") {  // it stopped at a backslash, a control character or the end
      guard take("\\") else {
        throw unexpected(offset == end ? "'\"'" : "control characters in a string to be escaped")
      }
      text.unicodeScalars.append(try escape())  // as a scalar: nothing is normalized
      text += try plainText(in: start)
    }
    return text
  }

  /// Text up to the next quote, backslash or control character, in the string that began at
  /// `start`.
  private mutating func plainText(in start: Int) throws(Fault) -> String {
    let first = offset
    while case let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
    {
      offset += 1  // bytes of a longer character are all 0x80 or more
    }
    // Overlong forms and encoded surrogates, which could pass comparisons unseen, are refused.
    let piece = UnsafeRawBufferPointer(rebasing: bytes[first..<offset])
    if let text = String(validating: piece, as: UTF8.self) { return text }  // the only copy
    throw fault("bytes that are not UTF-8", "a string of UTF-8", at: start)
  }

  /// What follows a backslash: these nine, and no others.
  private mutating func escape() throws(Fault) -> Unicode.Scalar {
    if take("u") { return try escapedScalar() }  // the ninth
    let letter = Unicode.Scalar(peek)
    let scalar: Unicode.Scalar? =
      switch letter {
      case "\"", "\\", "/": letter  // stands for itself
      case "b": "\u{8}"  // backspace
      case "f": "\u{C}"  // form feed
      case "n": "\n"  // Swift has these three too
      case "r": "\r"
      case "t": "\t"
      default: nil  // C's \x41, \0 and \a, for example
      }
    guard let scalar else { throw unexpected(#"one of " \ / b f n r t u after a backslash"#) }
    offset += 1  // only now, so that the fault is at the letter
    return scalar
  }

  /// The scalar of `\uXXXX`. Those beyond 16 bits, the size of JavaScript's characters, are written
  /// as two escapes, a surrogate pair.
  private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
    let start = offset - 2  // the backslash, for the fault
    var value = try fourDigits()  // a UTF-16 code unit
    if (0xD800..<0xDC00).contains(value), take("\\"), take("u") {  // has the upper 10 bits
      let low = try fourDigits()
      if (0xDC00..<0xE000).contains(low) {  // has the lower 10; pairs count from U+10000
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    // Halves of pairs are the only 16-bit numbers that are not scalars.
    if let scalar = Unicode.Scalar(value) { return scalar }
    throw fault("half of a surrogate pair", "both halves", at: start)
  }

  private mutating func fourDigits() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {  // exactly four, in either case: `\u41` is not an escape
      guard let digit = Character(Unicode.Scalar(peek)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)  // the highest digit first
      offset += 1
    }
    return value
  }
}

// MARK: - Bytes and faults

extension JSONParser {
  /// The next byte; 0, which is allowed nowhere, at the end of the text. This comparison guards
  /// every read of the parser.
  @inline(__always)
  private var peek: UInt8 { offset < end ? bytes[offset] : 0 }

  @inline(__always)
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    if peek != UInt8(ascii: character) { return false }  // at the end too: nobody takes a 0
    offset += 1
    return true
  }

  @inline(__always)
  private mutating func skipSpace() {
    // Space, line feed, carriage return, tab. Unicode's other spaces are not JSON's.
    while case let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private func unexpected(_ expected: String) -> Fault {
    fault(offset == end ? "the end of the text" : shown(peek), expected)  // a true 0, or none
  }

  /// A fault at a byte, by default the next: lines and columns, in bytes, count from 1.
  private func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    // Lines are counted only now, when something is wrong, and in the whole text: so places are
    // those that an editor shows.
    let place = place ?? offset
    let line = bytes[..<place].count { $0 == 0x0A } + 1  // line feeds before the place
    let column = place - (bytes[..<place].lastIndex(of: 0x0A) ?? -1)
    return Fault(
      file, at: "line \(line), column \(column) (byte \(place))", found: found,
      expected: expected, hint: hint)
  }
}
