import FoxDecoding

/// # Reading JSON
///
/// A parser by recursive descent: a method for each rule of RFC 8259's grammar, which looks at the
/// next byte and knows which rule comes, because no two rules begin alike.
///
///     value  = object | array | string | number | "true" | "false" | "null"
///     object = "{" [ string ":" value { "," string ":" value } ] "}"
///     array  = "[" [ value { "," value } ] "]"
///
/// RFC 8259; serde_json's strictness. Clauses JSON-1 to JSON-4, JSON-6 and JSON-8. Does not read
/// comments, trailing commas, NaN or Infinity, which Python's `json` would write.

extension JSON {
  /// How deep arrays and objects may nest. serde_json, with which the reference reads safetensors
  /// and tokenizers, has the same bound; without one, a file of brackets would overflow the stack
  /// (JSON-3).
  public static let maximumDepth = 127

  /// Reads the one JSON document that fills `bytes`; white space may surround it.
  ///
  /// - Parameter file: What a fault is about.
  public static func parse(
    _ bytes: some Collection<UInt8>, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    // Arrays and the UTF-8 of native strings are one piece of memory, which is read where it lies.
    // `Result` carries the fault out, because this closure may not throw a typed error.
    let result: Result<JSON, Fault>? = bytes.withContiguousStorageIfAvailable { buffer in
      Result { () throws(Fault) in try parse(UnsafeRawBufferPointer(buffer), in: file) }
    }
    if let result { return try result.get() }
    return try parse(Array(bytes), in: file)  // once more, now as an array
  }

  /// Reads the one JSON document that fills `part` of `bytes`, by default all. The places of faults
  /// are those in `bytes`.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, part: Range<Int>? = nil, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    // A part, because a JSON text can stand inside something larger.
    var parser = JSONParser(bytes, part ?? 0..<bytes.count, file: file)
    return try parser.document()
  }

  /// Reads the JSON document in the file at `path`.
  public static func read(path: String) throws(Fault) -> JSON {
    let file = try MappedFile(path: path)  // mapped, because a tokenizer's file has megabytes
    // `file` must live until the last byte is read, which `withBytes` sees to.
    return try file.withBytes { bytes throws(Fault) in try parse(bytes, in: path) }
  }
}

/// A parser by recursive descent; its methods are the rules of the grammar above.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer  // read in place, never copied as a whole
  private let file: String
  private let end: Int  // the byte after the document's part
  private var offset: Int  // the byte that comes next
  private var depth = 0  // arrays and objects that are open
  /// Holds a string with escapes while it is read.
  private var scratch: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>, file: String) {
    (self.bytes, self.file) = (bytes, file)
    // Outside of `bytes` there is nothing to read, whatever the caller says.
    let part = part.clamped(to: 0..<bytes.count)
    (offset, end) = (part.lowerBound, part.upperBound)
  }

  mutating func document() throws(Fault) -> JSON {
    // EF BB BF is U+FEFF in UTF-8. Some editors write it; RFC 8259, section 8.1, forbids it.
    if bytes[offset..<end].starts(with: [0xEF, 0xBB, 0xBF]) {
      throw fault(
        "a byte-order mark", "a value", hint: "save the text as UTF-8 without a byte-order mark")
    }
    skipSpace()
    let value = try value()
    skipSpace()
    // A second document, or the tail of a file that was overwritten by a shorter one.
    if offset < end { throw unexpected("the end of the text") }
    return value
  }

  private mutating func value() throws(Fault) -> JSON {
    // One byte is enough to tell which kind of value begins.
    switch peek {
    // Objects and arrays come back to this method, one level deeper.
    case UInt8(ascii: "{"): try nested { parser throws(Fault) in try parser.object() }
    case UInt8(ascii: "["): try nested { parser throws(Fault) in try parser.array() }
    case UInt8(ascii: "\""): .string(try string())
    // The first letter decides; `word` checks the rest.
    case UInt8(ascii: "t"): try word("true", .bool(true))
    case UInt8(ascii: "f"): try word("false", .bool(false))
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(Fault) -> JSON
  ) throws(Fault) -> JSON {
    // Each level is a few calls on the stack. A hundred thousand brackets would use it up, and that
    // ends the process, so the count is checked on the way down.
    depth += 1
    if depth > JSON.maximumDepth {
      throw fault("\(depth) levels of arrays and objects", "at most \(JSON.maximumDepth)")
    }
    defer { depth -= 1 }  // on the way up, faults included
    return try body(&self)
  }

  private mutating func object() throws(Fault) -> JSON {
    offset += 1  // the `{`
    var members: [(key: String, value: JSON)] = []
    var names = NameSet()  // made for each object: names may repeat in another
    skipSpace()
    // An empty object is a case of its own, because after a comma `}` is not allowed.
    if take(UInt8(ascii: "}")) { return .object(.init(unique: [])) }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a member name") }
      let start = offset  // where a fault about the name will point
      let key = try string()
      // The RFC leaves open what a second member of one name means. Readers differ, so a file that
      // means one thing to a checker and another to us is refused. Compared is what the escapes
      // stand for: "a" and "\u0061" are one name.
      if !names.insert(key, among: members) {
        throw fault("\(shown(key)) a second time", "every name once in an object", at: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
      skipSpace()
      members.append((key, try value()))  // back to the start of the grammar
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(.init(unique: members)) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
      skipSpace()  // and now a name must follow, not `}`
    }
  }

  private mutating func array() throws(Fault) -> JSON {
    offset += 1  // the `[`
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }  // as for objects: no trailing comma
    while true {
      elements.append(try value())  // any kind of value, in any mixture
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
      skipSpace()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(Fault) -> JSON {
    // Byte by byte, so that the fault is at the first one that differs.
    for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
      throw unexpected("'\(text)'")  // "nul", "True", "NaN" and the like
    }
    return value
  }
}

// MARK: - Numbers

extension JSONParser {
  private mutating func number() throws(Fault) -> JSON {
    // `number = [ "-" ] digits [ "." digits ] [ ("e" | "E") [ "+" | "-" ] digits ]`
    let start = offset
    let isNegative = take(UInt8(ascii: "-"))
    let integer = try digits("a digit")
    // A leading zero stands alone: "01" is not a number; JavaScript would read it as octal.
    if integer.count > 1, bytes[integer.start] == UInt8(ascii: "0") {
      offset = integer.start + 1
      throw unexpected("'.', 'e' or the end of the number")
    }
    // "1.0" and "1e2" are whole numbers too, but were not written as integers: they become Doubles.
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      _ = try digits("a digit after '.'")
    }
    // An exponent may have a sign, and then needs a digit.
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      _ = try digits("a digit in the exponent")
    }
    // The way of nearly every number: token ids, sizes, offsets. "-0" is not here, because an
    // integer has no negative zero and a Double has one.
    if isInteger, let magnitude = integer.value, magnitude > 0 || !isNegative {
      return .integer(isNegative ? -magnitude : magnitude)
    }
    // 19 digits and more, fractions, exponents, -0.
    return try other(from: start, isInteger: isInteger)
  }

  /// A number that is not simply some digits: the slow way, through its text.
  private func other(from start: Int, isInteger: Bool) throws(Fault) -> JSON {
    // Only ASCII passed `number`, so nothing is replaced here.
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    // 19 digits may fit 64 bits: `Int` knows. It reads "-0" as 0, so that is left to `Double`.
    if isInteger, let value = Int(text), value != 0 { return .integer(value) }
    // `Double` rounds correctly, to the nearest. What is too large becomes infinity, which no
    // number in JSON means; what is too small becomes 0, as in other readers.
    guard let value = Double(text), value.isFinite else {
      // A hostile number can have a megabyte.
      throw fault("\(text.prefix(40))", "a number that a Double holds", at: start)
    }
    return .number(value)
  }

  /// One digit or more; `value` is absent when there are more than 18, which may not fit 64 bits.
  private mutating func digits(
    _ expected: String
  ) throws(Fault) -> (start: Int, count: Int, value: Int?) {
    let start = offset
    // Summed up on the way: a text for each of a vocabulary's 50,000 ids would be slow.
    var value = 0
    while case let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      // Wraps around instead of trapping; then it is not used.
      value = value &* 10 &+ Int(byte &- UInt8(ascii: "0"))
      offset += 1
    }
    // Nothing but a point, a sign or an exponent is not a number: ".5", "-", "1e".
    if offset == start { throw unexpected(expected) }
    return (start, offset - start, offset - start <= 18 ? value : nil)  // 10¹⁸ < 2⁶³ < 10¹⁹
  }
}

// MARK: - Strings

extension JSONParser {
  /// A string, from its opening to its closing quote. One without escapes is read in one go: of a
  /// vocabulary's 50,000 keys nearly all are.
  private mutating func string() throws(Fault) -> String {
    offset += 1  // the opening quote
    let start = offset
    // Up to the first quote, backslash or control character.
    skipPlain()
    if peek == UInt8(ascii: "\"") {
      defer { offset += 1 }  // past the closing quote, after the text is made
      return try utf8(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), at: start)
    }
    // An escape comes: the text differs from its bytes, so it is put together elsewhere.
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: bytes[start..<offset])  // what is known to stand for itself
    return try escapedString(from: start)
  }

  /// The rest of a string, from the first byte that does not stand for itself.
  private mutating func escapedString(from start: Int) throws(Fault) -> String {
    while true {
      let plain = offset
      skipPlain()
      // In pieces between escapes: one call for many bytes.
      if offset > plain { scratch.append(contentsOf: bytes[plain..<offset]) }
      if take(UInt8(ascii: "\"")) {
        // `withUnsafeBytes` cannot pass on a typed error, so a `Result` does.
        let result: Result<String, Fault> = scratch.withUnsafeBytes { buffer in
          Result { () throws(Fault) in try utf8(buffer, at: start) }
        }
        return try result.get()
      }
      if take(UInt8(ascii: "\\")) {
        try escape()
      } else {
        // Neither quote nor backslash: the end of the text, or a control character.
        throw unexpected(offset == end ? "'\"'" : "control characters in a string to be escaped")
      }
    }
  }

  /// Passes over bytes that stand for themselves in a string.
  private mutating func skipPlain() {
    // Bytes of 0x80 and more are parts of UTF-8's longer sequences; `utf8` checks them at the end
    // of the string.
    while case let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
    {
      offset += 1
    }
  }

  /// What follows a backslash.
  private mutating func escape() throws(Fault) {
    // RFC 8259, section 7: these nine, and no others.
    switch peek {
    case let byte where #""\/"#.utf8.contains(byte): scratch.append(byte)  // stands for itself
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      // One scalar becomes one to four bytes.
      scratch.append(contentsOf: UTF8.encode(try escapedScalar()) ?? .init())
      return
    // C's \x41, \0 and \a, for example.
    default: throw unexpected(#"one of " \ / b f n r t u after a backslash"#)
    }
    offset += 1  // past the letter; `u` has passed its digits itself
  }

  /// The scalar of `\uXXXX`. Those beyond U+FFFF are written as two escapes, a surrogate pair: JSON
  /// was made for JavaScript, whose characters have 16 bits.
  private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
    let start = offset - 2  // the backslash, for the fault
    var value = try fourDigits()
    // A high surrogate (D800 to DBFF) holds the upper 10 bits, a low one (DC00 to DFFF) the rest.
    if (0xD800..<0xDC00).contains(value), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourDigits()
      if (0xDC00..<0xE000).contains(low) {
        // Pairs count from U+10000, where 16 bits end.
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    // Halves of pairs are the only 16-bit numbers that are not scalars.
    guard let scalar = Unicode.Scalar(value) else {
      throw fault("half of a surrogate pair", "both halves", at: start)
    }
    return scalar
  }

  private mutating func fourDigits() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    // Exactly four, in either case: `\u41` is not an escape.
    for _ in 0..<4 {
      guard let digit = hexadecimalDigit(peek) else { throw unexpected("a hexadecimal digit") }
      value = value << 4 | digit  // each digit is 4 bits
      offset += 1
    }
    return value
  }

  private func utf8(_ text: UnsafeRawBufferPointer, at start: Int) throws(Fault) -> String {
    // Overlong forms and encoded surrogates, which could pass comparisons unseen, are refused.
    guard let text = String(validating: text, as: UTF8.self) else {
      throw fault("bytes that are not UTF-8", "a string of UTF-8", at: start)
    }
    return text
  }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}

// MARK: - Bytes and faults

extension JSONParser {
  /// The next byte; 0 at the end of the text. A true 0 is allowed nowhere either, and
  /// ``unexpected(_:)`` tells the two apart. This comparison guards every read of the parser: no
  /// byte outside of its part is ever looked at.
  @inline(__always)
  private var peek: UInt8 { offset < end ? bytes[offset] : 0 }

  @inline(__always)
  private mutating func take(_ byte: UInt8) -> Bool {
    if peek != byte { return false }  // at the end too: nobody takes a 0
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
    // A byte 0 is shown as such.
    fault(offset == end ? "the end of the text" : shown(peek), expected)
  }

  /// A fault at a byte, by default the next: lines and columns, in bytes, count from 1.
  private func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    // Lines are counted only now, when something is wrong, not while reading.
    let place = place ?? offset
    let before = bytes[..<place]  // of the whole text, so places are those an editor shows
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    // The column counts from the last line feed, or from the start in the first line.
    let column = place - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return Fault(
      file, at: "line \(line), column \(column) (byte \(place))", found: found,
      expected: expected, hint: hint)
  }
}

/// Finds repeated names: by scanning while there are few, by hashing once there are many.
private struct NameSet {
  // Numbers, not names: a set that grows hashes all it holds again.
  private var hashes: Set<Int> = []

  mutating func insert(_ key: String, among members: [(key: String, value: JSON)]) -> Bool {
    func isNew() -> Bool { !members.contains { UTF8Key.equal($0.key, key) } }
    // A configuration's objects have few members, for which hashing costs more than it saves.
    if members.count < 8 { return isNew() }
    if hashes.isEmpty { for member in members { hashes.insert(UTF8Key(member.key).hashValue) } }
    // Two names may have one hash by chance, so then all are looked at after all.
    return hashes.insert(UTF8Key(key).hashValue).inserted || isNew()
  }
}
