extension JSON {
  /// How a document is laid out as text.
  public enum Layout: Sendable {
    /// On one line, `": "` and `", "` between parts, as Python's `json.dumps` does.
    case line
    /// One member a line, two spaces deeper per level; arrays of numbers and strings on one line.
    case indented
  }

  /// The document as JSON text.
  ///
  /// Numbers are printed with the fewest digits that read back as the same value. JSON has no
  /// infinities: they are written as the strings `"Infinity"`, `"-Infinity"` and `"NaN"` (`JSON-5`).
  public func text(_ layout: Layout = .line) -> String {
    var output = ""
    write(to: &output, layout: layout, indent: 0)
    return output
  }

  private func write(to output: inout String, layout: Layout, indent: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value): output += Self.number(value)
    case .string(let value): Self.quote(value, into: &output)
    case .array(let elements):
      let flat = layout == .line || elements.allSatisfy(\.isScalar)
      Self.writeList(elements, "[", "]", flat ? nil : indent + 1, into: &output) {
        $0.write(to: &$1, layout: layout, indent: indent + 1)
      }
    case .object(let object):
      let inner = layout == .line ? nil : indent + 1
      Self.writeList(object.members, "{", "}", inner, into: &output) { member, output in
        Self.quote(member.key, into: &output)
        output += ": "
        member.value.write(to: &output, layout: layout, indent: indent + 1)
      }
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// Writes a bracketed list; `indent` is the depth of its elements, `nil` for one line.
  private static func writeList<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, _ indent: Int?,
    into output: inout String, element: (Element, inout String) -> Void
  ) {
    output += opening
    for (index, value) in elements.enumerated() {
      if index > 0 { output += indent == nil ? ", " : "," }
      if let indent { output += "\n" + String(repeating: "  ", count: indent) }
      element(value, &output)
    }
    if let indent, !elements.isEmpty {
      output += "\n" + String(repeating: "  ", count: indent - 1)
    }
    output += closing
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return value.description
  }

  private static func quote(_ text: String, into output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}":
        output += "\\u00" + hexadecimal(UInt8(scalar.value))
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
