extension JSONParser {
  /// A string from its opening to its closing quote. Strings without escapes are read in one go.
  mutating func string() throws(JSONFault) -> String {
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
  private mutating func escapedString(from start: Int) throws(JSONFault) -> String {
    while true {
      let plain = offset
      skipPlain()
      if offset > plain { scratch.append(contentsOf: bytes[plain..<offset]) }
      if take(UInt8(ascii: "\"")) {
        let result: Result<String, JSONFault> = scratch.withUnsafeBytes { buffer in
          Result { () throws(JSONFault) in try utf8(buffer, at: start) }
        }
        return try result.get()
      }
      if take(UInt8(ascii: "\\")) {
        try escape()
      } else {
        if offset == bytes.count { throw unexpected("'\"'") }
        throw JSONFault(problem: .controlCharacter(peek), offset: offset)
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
  private mutating func escape() throws(JSONFault) {
    let byte = peek
    if offset == bytes.count { throw unexpected("an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"): scratch.append(contentsOf: UTF8.encode(try escapedScalar()) ?? .init())
    default: throw JSONFault(problem: .unknownEscape(byte), offset: offset - 1)
    }
  }

  /// The scalar of a `\uXXXX` escape, or of the two that make a surrogate pair.
  private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
    let start = offset - 2
    var value = try fourDigits()
    if (0xD800..<0xDC00).contains(value), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourDigits()
      if (0xDC00..<0xE000).contains(low) {
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw JSONFault(problem: .loneSurrogate, offset: start)
    }
    return scalar
  }

  private mutating func fourDigits() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexadecimalDigit(peek) else { throw unexpected("a hexadecimal digit") }
      value = value << 4 | digit
      offset += 1
    }
    return value
  }

  private func utf8(_ text: UnsafeRawBufferPointer, at start: Int) throws(JSONFault) -> String {
    guard let text = String(validating: text, as: UTF8.self) else {
      throw JSONFault(problem: .invalidUTF8, offset: start)
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
