extension JSON {
  /// How deep arrays and objects may nest: the bound serde_json, the reader behind the reference's
  /// safetensors and tokenizers, has too.
  public static let maximumDepth = 127

  /// Reads one JSON document (RFC 8259) that fills `bytes`.
  ///
  /// Stricter than the RFC where it leaves a choice: a member name may appear once per object, a
  /// byte-order mark is refused, strings must be valid UTF-8 and hold no lone surrogate.
  ///
  /// - Parameter bytes: UTF-8 text; white space around the document is allowed.
  /// - Returns: The document.
  /// - Throws: ``BytesError/json(path:problem:position:)`` with the place of the first fault.
  /// - Complexity: O(*n*) in the number of bytes.
  public static func parse(_ bytes: some Collection<UInt8>) throws(BytesError) -> JSON {
    let result: Result<JSON, BytesError>? = bytes.withContiguousStorageIfAvailable { buffer in
      Result { () throws(BytesError) in try parse(UnsafeRawBufferPointer(buffer)) }
    }
    if let result { return try result.get() }
    return try parse(Array(bytes))
  }

  /// Reads one JSON document that fills the memory of `buffer`.
  ///
  /// - Throws: ``BytesError/json(path:problem:position:)`` with the place of the first fault.
  public static func parse(_ buffer: UnsafeRawBufferPointer) throws(BytesError) -> JSON {
    var parser = JSONParser(bytes: buffer)
    do {
      return try parser.document()
    } catch {
      let position = JSONPosition(of: error.offset, in: buffer)
      throw .json(path: nil, problem: error.problem, position: position)
    }
  }

  /// Reads the JSON document in the file at `path`.
  ///
  /// - Throws: ``BytesError``, with the path in it.
  public static func read(path: String) throws(BytesError) -> JSON {
    let file = try MappedFile(path: path)
    do {
      return try parse(file.bytes)
    } catch {
      throw error.in(path: path)
    }
  }
}

/// A fault and where it was seen.
struct JSONFault: Error {
  let problem: JSONProblem
  let offset: Int
}

/// A recursive-descent parser over bytes.
struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var depth = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> JSON {
    skipSpace()
    let value = try value()
    skipSpace()
    if offset < bytes.count { throw fault(.trailingBytes) }
    return value
  }

  private mutating func value() throws(JSONFault) -> JSON {
    switch peek ?? 0 {  // 0 begins no value; the end of the text is told apart in `unexpected`
    case UInt8(ascii: "{"): try nested { parser throws(JSONFault) in try parser.object() }
    case UInt8(ascii: "["): try nested { parser throws(JSONFault) in try parser.array() }
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "t"): try word("true", .bool(true))
    case UInt8(ascii: "f"): try word("false", .bool(false))
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONFault) -> JSON
  ) throws(JSONFault) -> JSON {
    depth += 1
    if depth > JSON.maximumDepth { throw fault(.tooDeep(limit: JSON.maximumDepth)) }
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws(JSONFault) -> JSON {
    offset += 1
    var members: [(key: String, value: JSON)] = []
    var names = NameSet()
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(.init()) }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a member name") }
      let start = offset
      let key = try string()
      if !names.insert(key, among: members) {
        throw JSONFault(problem: .duplicateKey(key), offset: start)
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

  private mutating func array() throws(JSONFault) -> JSON {
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

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
    let count = text.utf8CodeUnitCount
    for index in 0..<count {
      guard peek == text.utf8Start[index] else { throw unexpected("'\(text)'") }
      offset += 1
    }
    return value
  }

  private mutating func number() throws(JSONFault) -> JSON {
    let start = offset
    var isInteger = true
    _ = take(UInt8(ascii: "-"))
    if take(UInt8(ascii: "0")) {
      // A leading zero stands alone: "01" is not a number.
    } else if !skipDigits() {
      throw unexpected("a digit")
    }
    if take(UInt8(ascii: ".")) {
      isInteger = false
      if !skipDigits() { throw unexpected("a digit after '.'") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      if !skipDigits() { throw unexpected("a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSONFault(problem: .numberOutOfRange(text), offset: start)
    }
    return .number(value)
  }

  private mutating func skipDigits() -> Bool {
    let start = offset
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    return offset > start
  }
}

extension JSONParser {
  /// A string from its opening to its closing quote. Strings without escapes are read in one go.
  private mutating func string() throws(JSONFault) -> String {
    offset += 1
    let start = offset
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      offset += 1
    }
    if peek == UInt8(ascii: "\"") {
      let text = try utf8(bytes[start..<offset], at: start)
      offset += 1
      return text
    }
    var scratch = Array(bytes[start..<offset])
    while let byte = peek {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return try utf8(scratch, at: start)
      case UInt8(ascii: "\\"): try escape(into: &scratch)
      case 0..<0x20: throw JSONFault(problem: .controlCharacter(byte), offset: offset - 1)
      default: scratch.append(byte)
      }
    }
    throw unexpected("'\"'")
  }

  private mutating func escape(into scratch: inout [UInt8]) throws(JSONFault) {
    guard let byte = peek else { throw unexpected("an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"): scratch.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw JSONFault(problem: .unknownEscape(byte), offset: offset - 1)
    }
  }

  /// The scalar of a `\uXXXX` escape, or of the two that make a surrogate pair.
  private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
    let start = offset - 2
    var value = try hexadecimal()
    if (0xD800..<0xDC00).contains(value), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try hexadecimal()
      if (0xDC00..<0xE000).contains(low) {
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw JSONFault(problem: .loneSurrogate, offset: start)
    }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  private func utf8(_ slice: some Collection<UInt8>, at start: Int) throws(JSONFault) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw JSONFault(problem: .invalidUTF8, offset: start)
    }
    return text
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    if peek == byte {
      offset += 1
      return true
    }
    return false
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private func fault(_ problem: JSONProblem) -> JSONFault {
    JSONFault(problem: problem, offset: offset)
  }

  private func unexpected(_ expected: String) -> JSONFault {
    guard let found = peek else { return fault(.unexpectedEnd(expected: expected)) }
    return fault(.unexpectedByte(found, expected: expected))
  }
}

/// Finds repeated member names: by scanning while there are few, by hashing once there are many.
private struct NameSet {
  private var hashed: Set<UTF8Key> = []

  mutating func insert(_ key: String, among members: [(key: String, value: JSON)]) -> Bool {
    if members.count < 8 { return !members.contains { UTF8Key.equal($0.key, key) } }
    if hashed.isEmpty { for member in members { hashed.insert(UTF8Key(member.key)) } }
    return hashed.insert(UTF8Key(key)).inserted
  }
}
