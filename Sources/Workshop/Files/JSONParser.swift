extension JSON {
  /// How deep arrays and objects may nest: the bound serde_json, the reader behind the reference's
  /// safetensors and tokenizers, has too (`JSON-3`).
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
      return try file.withBytes { bytes throws(BytesError) in try parse(bytes) }
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

/// A recursive-descent parser over bytes. Strings are read in `JSONStrings.swift`.
struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  var offset = 0
  /// Holds a string with escapes while it is read.
  var scratch: [UInt8] = []
  private var depth = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw fault(.byteOrderMark) }
    skipSpace()
    let value = try value()
    skipSpace()
    if offset < bytes.count { throw fault(.trailingBytes) }
    return value
  }

  private mutating func value() throws(JSONFault) -> JSON {
    switch peek {
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
    for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
      throw unexpected("'\(text)'")
    }
    return value
  }
}

extension JSONParser {
  private mutating func number() throws(JSONFault) -> JSON {
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
  private func other(from start: Int, isInteger: Bool) throws(JSONFault) -> JSON {
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int(text), value != 0 { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSONFault(problem: .numberOutOfRange(text), offset: start)
    }
    return .number(value)
  }

  /// One digit or more; `value` is absent when it has more than 18 digits.
  private mutating func digits(
    _ expected: String
  ) throws(JSONFault) -> (start: Int, count: Int, value: Int?) {
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

extension JSONParser {
  /// The next byte; 0 at the end of the text. A true 0 is allowed nowhere either, and `unexpected`
  /// tells the two apart.
  @inline(__always)
  var peek: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
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

  private func fault(_ problem: JSONProblem) -> JSONFault {
    JSONFault(problem: problem, offset: offset)
  }

  func unexpected(_ expected: String) -> JSONFault {
    if offset == bytes.count { return fault(.unexpectedEnd(expected: expected)) }
    return fault(.unexpectedByte(peek, expected: expected))
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
