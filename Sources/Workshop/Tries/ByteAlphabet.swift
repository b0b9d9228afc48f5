/// GPT-2's spelling of bytes as printable characters.
///
/// A vocabulary file is text, and not every byte is. GPT-2 therefore spells each byte as one
/// character: the 188 bytes that are visible in Latin-1 stand for themselves, the 68 others (space,
/// controls, 0x7F–0xA0, 0xAD) become U+0100, U+0101, … in ascending order. So the space is "Ġ"
/// (U+0120), the newline "Ċ" (U+010A), and the token " the" is written "Ġthe".
///
/// Spec: `BPE-1`. Source: `bytes_to_unicode` in OpenAI's GPT-2 `encoder.py`.
public enum ByteAlphabet {
  /// The character of each byte; all of them lie below U+0144.
  static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (0...255).map { (byte: UInt16) in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// The byte of each character below U+0144, -1 where there is none.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// The character that stands for `byte`.
  public static func character(of byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(scalars[Int(byte)]) ?? "\u{FFFD}"
  }

  /// The byte that `character` stands for, if it is one of the 256.
  public static func byte(of character: Unicode.Scalar) -> UInt8? {
    guard character.value < 0x144 else { return nil }
    return UInt8(exactly: bytes[Int(character.value)])
  }

  /// The text that spells `bytes`.
  public static func spell(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(character(of: byte)) }
    return String(text)
  }

  /// The bytes that `token` spells. A token that holds any other character (an added one such as
  /// "<my token>", with a space) spells nothing and stands for its own UTF-8 bytes.
  public static func bytes(of token: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = byte(of: scalar) else { return Array(token.utf8) }
      result.append(byte)
    }
    return result
  }
}

extension ByteAlphabet {
  /// The byte that the first or the last character of `text` stands for. All characters of the
  /// alphabet take one or two bytes of UTF-8.
  static func byte(spelledBy text: Slice<UTF8Buffer>, atEnd: Bool) -> UInt8? {
    guard let edge = atEnd ? text.last : text.first else { return nil }
    if edge < 0x80 { return byte(of: Unicode.Scalar(edge)) }
    guard text.count >= 2 else { return nil }
    let pair = atEnd ? text.suffix(2) : text.prefix(2)
    guard let lead = pair.first, let tail = pair.last, lead & 0xE0 == 0xC0 else { return nil }
    let value = UInt32(lead & 0x1F) << 6 | UInt32(tail & 0x3F)
    return Unicode.Scalar(value).flatMap { byte(of: $0) }
  }
}
