/// # What files say, as faults show it
///
/// Names, keys and shapes in a ``FoxDecoding/Fault`` come from files that may be hostile. A name
/// may be a megabyte long, or hold the control characters with which a terminal moves its cursor,
/// changes its title or types into its own input. So they are quoted, escaped and cut. Clause
/// JSON-8. Does not hide: what is short and plain is shown as it is.

/// Text in quotes, with control characters escaped, cut after 80 scalars.
package func shown(_ text: String) -> String {
  // Scalars, not characters: one character can be a letter with a million accents.
  let cut = String(text.unicodeScalars.prefix(80))
  // `debugDescription` puts the quotes and writes ESC as `\u{1B}`. The mark stands after the
  // closing quote, so it cannot be a part of the text.
  return cut.debugDescription + (cut.utf8.count < text.utf8.count ? "…" : "")
}

/// Names in quotes, cut after six.
package func shown(_ names: [String]) -> String { shown(items: names.map { shown($0) }) }

/// Items as they are, cut after six.
package func shown(items: [String]) -> String {
  let first = items.prefix(6).joined(separator: ", ")
  // Six say what kind of thing is missing, the count how bad it is.
  return items.count > 6 ? "\(first) and \(items.count - 6) more" : first
}

/// A shape, cut after eight sizes.
package func shown(_ shape: [Int]) -> String {
  // Real ones rarely have more than four; a hostile one may have a million.
  shape.count <= 8 ? "\(shape)" : "[\(shape.prefix(8).map(String.init).joined(separator: ", ")), …]"
}

/// A range of bytes as the safetensors format writes it: [begin, end).
package func shown(_ range: Range<Int>) -> String { "[\(range.lowerBound), \(range.upperBound))" }

/// A byte: itself where it is a visible character of ASCII, else its number.
package func shown(_ byte: UInt8) -> String {
  // A space would be hard to see between quotes, and 0x7F, DEL, cannot be seen at all.
  (0x21..<0x7F).contains(byte)
    ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(hexadecimal(byte))"
}

/// Lower-case hexadecimal digits, two for each byte of the number, zeros in front included.
package func hexadecimal(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
  let digits = String(number, radix: 16)  // without the zeros: 0x0A is "a"
  return String(repeating: "0", count: number.bitWidth / 4 - digits.count) + digits
}
