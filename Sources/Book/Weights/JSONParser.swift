import FoxDecoding

extension JSON {
  /// How deep arrays and objects may nest. serde_json, with which the reference reads safetensors and
  /// tokenizers, has the same bound; without one, a file of brackets would overflow the stack (JSON-3).
  public static let maximumDepth = 127

  /// Reads the one JSON document that fills `bytes`; white space may surround it.
  ///
  /// - Parameter file: What a fault is about.
  public static func parse(
    _ bytes: some Collection<UInt8>, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    let result: Result<JSON, Fault>? = bytes.withContiguousStorageIfAvailable { buffer in
      Result { () throws(Fault) in try parse(UnsafeRawBufferPointer(buffer), in: file) }
    }
    if let result { return try result.get() }
    return try parse(Array(bytes), in: file)
  }

  /// Reads the one JSON document that fills `part` of `bytes`, by default all. The places of faults
  /// are those in `bytes`.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, part: Range<Int>? = nil, in file: String = "JSON"
  ) throws(Fault) -> JSON {
    var parser = JSONParser(bytes, part ?? 0..<bytes.count, file: file)
    return try parser.document()
  }

  /// Reads the JSON document in the file at `path`.
  public static func read(path: String) throws(Fault) -> JSON {
    let file = try MappedFile(path: path)
    return try file.withBytes { bytes throws(Fault) in try parse(bytes, in: path) }
  }
}

/// A parser by recursive descent: a method for each rule of RFC 8259's grammar, which looks at the next
/// byte and knows which rule comes.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private let end: Int
  private var offset: Int
  private var depth = 0
  /// Holds a string with escapes while it is read.
  private var scratch: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>, file: String) {
    (self.bytes, self.file) = (bytes, file)
    let part = part.clamped(to: 0..<bytes.count)
    (offset, end) = (part.lowerBound, part.upperBound)
  }

  mutating func document() throws(Fault) -> JSON {
    if bytes[offset..<end].starts(with: [0xEF, 0xBB, 0xBF]) {
      throw fault(
        "a byte-order mark", "a value", hint: "save the text as UTF-8 without a byte-order mark")
    }
    skipSpace()
    let value = try value()
    skipSpace()
    if offset < end { throw unexpected("the end of the text") }
    return value
  }

  private mutating func value() throws(Fault) -> JSON {
    switch peek {
    case UInt8(ascii: "{"): try nested { parser throws(Fault) in try parser.object() }
    case UInt8(ascii: "["): try nested { parser throws(Fault) in try parser.array() }
    case UInt8(ascii: "\""): .string(try string())
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
    depth += 1
    if depth > JSON.maximumDepth {
      throw fault("\(depth) levels of arrays and objects", "at most \(JSON.maximumDepth)")
    }
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws(Fault) -> JSON {
    offset += 1
    var members: [(key: String, value: JSON)] = []
    var names = NameSet()
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(.init(unique: [])) }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a member name") }
      let start = offset
      let key = try string()
      // The RFC leaves open what a second member of one name means. Readers differ, so it is refused.
      if !names.insert(key, among: members) {
        throw fault("\(shown(key)) a second time", "every name once in an object", at: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
      skipSpace()
      members.append((key, try value()))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(.init(unique: members)) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
      skipSpace()
    }
  }

  private mutating func array() throws(Fault) -> JSON {
    offset += 1
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try value())
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
      skipSpace()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(Fault) -> JSON {
    for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
      throw unexpected("'\(text)'")
    }
    return value
  }
}

// MARK: - Numbers

extension JSONParser {
  private mutating func number() throws(Fault) -> JSON {
    let start = offset
    let isNegative = take(UInt8(ascii: "-"))
    let integer = try digits("a digit")
    // A leading zero stands alone: "01" is not a number.
    if integer.count > 1, bytes[integer.start] == UInt8(ascii: "0") {
      offset = integer.start + 1
      throw unexpected("'.', 'e' or the end of the number")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      _ = try digits("a digit after '.'")
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      _ = try digits("a digit in the exponent")
    }
    if isInteger, let magnitude = integer.value, magnitude > 0 || !isNegative {
      return .integer(isNegative ? -magnitude : magnitude)
    }
    return try other(from: start, isInteger: isInteger)
  }

  /// A number that is not simply some digits: the slow way, through its text.
  private func other(from start: Int, isInteger: Bool) throws(Fault) -> JSON {
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int(text), value != 0 { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw fault("\(text.prefix(40))", "a number that a Double holds", at: start)
    }
    return .number(value)
  }

  /// One digit or more; `value` is absent when there are more than 18, which may not fit 64 bits.
  private mutating func digits(
    _ expected: String
  ) throws(Fault) -> (start: Int, count: Int, value: Int?) {
    let start = offset
    var value = 0
    while case let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      value = value &* 10 &+ Int(byte &- UInt8(ascii: "0"))
      offset += 1
    }
    if offset == start { throw unexpected(expected) }
    return (start, offset - start, offset - start <= 18 ? value : nil)
  }
}

// MARK: - Strings

extension JSONParser {
  /// A string, from its opening to its closing quote. One without escapes is read in one go: of a
  /// vocabulary's 50,000 keys nearly all are.
  private mutating func string() throws(Fault) -> String {
    offset += 1
    let start = offset
    skipPlain()
    if peek == UInt8(ascii: "\"") {
      defer { offset += 1 }
      return try utf8(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), at: start)
    }
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: bytes[start..<offset])
    return try escapedString(from: start)
  }

  /// The rest of a string, from the first byte that does not stand for itself.
  private mutating func escapedString(from start: Int) throws(Fault) -> String {
    while true {
      let plain = offset
      skipPlain()
      if offset > plain { scratch.append(contentsOf: bytes[plain..<offset]) }
      if take(UInt8(ascii: "\"")) {
        let result: Result<String, Fault> = scratch.withUnsafeBytes { buffer in
          Result { () throws(Fault) in try utf8(buffer, at: start) }
        }
        return try result.get()
      }
      if take(UInt8(ascii: "\\")) {
        try escape()
      } else {
        throw unexpected(offset == end ? "'\"'" : "control characters in a string to be escaped")
      }
    }
  }

  /// Passes over bytes that stand for themselves in a string.
  private mutating func skipPlain() {
    while case let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
    {
      offset += 1
    }
  }

  /// What follows a backslash.
  private mutating func escape() throws(Fault) {
    switch peek {
    case let byte where #""\/"#.utf8.contains(byte): scratch.append(byte)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      scratch.append(contentsOf: UTF8.encode(try escapedScalar()) ?? .init())
      return
    default: throw unexpected(#"one of " \ / b f n r t u after a backslash"#)
    }
    offset += 1
  }

  /// The scalar of `\uXXXX`. Those beyond U+FFFF are written as two escapes, a surrogate pair: JSON was
  /// made for JavaScript, whose characters have 16 bits.
  private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
    let start = offset - 2
    var value = try fourDigits()
    if (0xD800..<0xDC00).contains(value), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourDigits()
      if (0xDC00..<0xE000).contains(low) {
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw fault("half of a surrogate pair", "both halves", at: start)
    }
    return scalar
  }

  private mutating func fourDigits() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexadecimalDigit(peek) else { throw unexpected("a hexadecimal digit") }
      value = value << 4 | digit
      offset += 1
    }
    return value
  }

  private func utf8(_ text: UnsafeRawBufferPointer, at start: Int) throws(Fault) -> String {
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
  /// The next byte; 0 at the end of the text. A true 0 is allowed nowhere either, and ``unexpected(_:)``
  /// tells the two apart.
  @inline(__always)
  private var peek: UInt8 { offset < end ? bytes[offset] : 0 }

  @inline(__always)
  private mutating func take(_ byte: UInt8) -> Bool {
    if peek != byte { return false }
    offset += 1
    return true
  }

  @inline(__always)
  private mutating func skipSpace() {
    while case let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private func unexpected(_ expected: String) -> Fault {
    fault(offset == end ? "the end of the text" : shown(peek), expected)
  }

  /// A fault at a byte, by default the next: lines and columns, in bytes, count from 1.
  private func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    let place = place ?? offset
    let before = bytes[..<place]
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    let column = place - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return Fault(
      file, at: "line \(line), column \(column) (byte \(place))", found: found,
      expected: expected, hint: hint)
  }
}

/// Finds repeated names: by scanning while there are few, by hashing once there are many.
private struct NameSet {
  private var hashed: Set<UTF8Key> = []

  mutating func insert(_ key: String, among members: [(key: String, value: JSON)]) -> Bool {
    if members.count < 8 { return !members.contains { UTF8Key.equal($0.key, key) } }
    if hashed.isEmpty { for member in members { hashed.insert(UTF8Key(member.key)) } }
    return hashed.insert(UTF8Key(key)).inserted
  }
}
