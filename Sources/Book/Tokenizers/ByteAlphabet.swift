/// # Bytes as characters
///
/// The tokens of ``BytePairEncoding`` are bytes, but the files that list them are text, and a token
/// may be a line feed or half of a character. GPT-2 therefore writes each byte as one printable
/// character: the 188 bytes that are visible in Latin-1 stand for themselves, and the other 68
/// (space, controls, 0x7F to 0xA0, 0xAD) become U+0100, U+0101, … in order. The space is `Ġ`
/// (U+0120), the line feed is `Ċ` (U+010A), and the token for `␠the` is written `Ġthe`.
///
/// Source: `bytes_to_unicode` in OpenAI's `gpt-2/src/encoder.py`. Clause `BPE-1`. Only files and
/// tables need this spelling: the tokenizer itself works on bytes.
package enum ByteAlphabet {
  /// The character of each byte.
  private static let characters: [Unicode.Scalar] = {
    // The first code point after Latin-1: no stand-in can be mistaken for a byte that stands for
    // itself.
    var next: UInt32 = 0x100
    return (0...255).map { (byte: UInt8) in
      switch byte {
      // Left out are what cannot be seen or would be lost in a text file: controls, the space, the
      // no-break space 0xA0 and the soft hyphen 0xAD.
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)  // itself
      default:
        defer { next += 1 }  // U+0100, U+0101, …
        return Unicode.Scalar(next) ?? "?"  // never "?": U+0100 to U+0143 are all scalars
      }
    }
  }()

  /// The inverse: 0x144 cells, of which 188 + 68 are filled.
  private static let bytes: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 0x144)
    for (byte, character) in characters.enumerated() { table[Int(character.value)] = UInt8(byte) }
    return table
  }()

  /// The character that stands for `byte`.
  package static func character(of byte: UInt8) -> Unicode.Scalar { characters[Int(byte)] }

  /// The byte that `character` stands for, if it is one of the 256.
  package static func byte(of character: Unicode.Scalar) -> UInt8? {
    character.value < 0x144 ? bytes[Int(character.value)] : nil  // "你" is not in the table
  }

  /// The text that spells `bytes`.
  package static func spell(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { character(of: $0) }))
  }

  /// The bytes that `token` spells. A token with any other character in it, such as an added one
  /// with a space, was never spelled in this alphabet and stands for its own UTF-8.
  package static func bytes(of token: String) -> [UInt8] {
    let spelled = token.unicodeScalars.map { byte(of: $0) }
    return spelled.contains(nil) ? Array(token.utf8) : spelled.compactMap(\.self)
  }
}
