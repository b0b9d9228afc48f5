import FoxWeights

extension JSON {
  /// How a document is laid out as text.
  package enum Layout: Sendable {
    /// On one line, `": "` and `", "` between parts, as Python's `json.dumps` does.
    case line
    /// On one line without any space, as serde_json writes: the layout of safetensors headers.
    case compact
    /// One member a line, two spaces deeper per level; arrays of numbers and strings on one line.
    case indented
  }

  /// The document as JSON text.
  ///
  /// Numbers are printed with the fewest digits that read back as the same value. JSON has no
  /// infinities: they are written as the strings `"Infinity"`, `"-Infinity"` and `"NaN"` (`JSON-5`).
  package func text(_ layout: Layout = .line) -> String {
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
      let flat = layout != .indented || elements.allSatisfy(\.isScalar)
      let separator = layout.separator(indent: flat ? nil : indent + 1)
      Self.writeList(elements, "[", "]", separator, into: &output) {
        $0.write(to: &$1, layout: layout, indent: indent + 1)
      }
    case .object(let object):
      let separator = layout.separator(indent: layout == .indented ? indent + 1 : nil)
      Self.writeList(object.members, "{", "}", separator, into: &output) { member, output in
        Self.quote(member.key, into: &output)
        output += layout == .compact ? ":" : ": "
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

  private static func writeList<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, _ separator: Layout.Separator,
    into output: inout String, element: (Element, inout String) -> Void
  ) {
    output += opening
    for (index, value) in elements.enumerated() {
      output += index == 0 ? separator.first : separator.next
      element(value, &output)
    }
    if !elements.isEmpty { output += separator.last }
    output += closing
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return value.description
  }

  /// Appends `text` as a JSON string.
  package static func quote(_ text: String, into output: inout String) {
    output += "\""
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
      output += text
    } else {
      for scalar in text.unicodeScalars { escape(scalar, into: &output) }
    }
    output += "\""
  }

  private static func escape(_ scalar: Unicode.Scalar, into output: inout String) {
    switch scalar {
    case "\"": output += "\\\""
    case "\\": output += "\\\\"
    case "\u{8}": output += "\\b"
    case "\u{C}": output += "\\f"
    case "\n": output += "\\n"
    case "\r": output += "\\r"
    case "\t": output += "\\t"
    case "\u{0}"..<"\u{20}": output += "\\u00" + hexadecimal(UInt8(scalar.value))
    default: output.unicodeScalars.append(scalar)
    }
  }
}

extension JSON.Layout {
  /// What stands before the first element, between two, and after the last.
  fileprivate typealias Separator = (first: String, next: String, last: String)

  /// The separators of elements `indent` levels deep, or of a list on one line.
  fileprivate func separator(indent: Int?) -> Separator {
    guard let indent else { return ("", self == .compact ? "," : ", ", "") }
    let line = "\n" + String(repeating: "  ", count: indent)
    return (line, "," + line, String(line.dropLast(2)))
  }
}

// MARK: - Documents made here

extension JSON.Object {
  /// An object with the given members; a later member of the same key replaces the value of an
  /// earlier one and keeps its place.
  ///
  /// - Complexity: O(*n*) in the number of members.
  package init(_ members: [(key: String, value: JSON)] = []) {
    var unique: [(key: String, value: JSON)] = []
    unique.reserveCapacity(members.count)
    var places: [UTF8Key: Int] = [:]
    for member in members {
      let place = places[UTF8Key(member.key), default: unique.count]
      if place < unique.count {
        unique[place].value = member.value
      } else {
        places[UTF8Key(member.key)] = place
        unique.append(member)
      }
    }
    self.init(unique: unique)
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// An object with members in the order of the literal.
  package init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(Object(members.map { (key: $0.0, value: $0.1) }))
  }

  /// An array.
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }

  /// A string.
  package init(stringLiteral value: String) { self = .string(value) }

  /// An integer.
  package init(integerLiteral value: Int) { self = .integer(value) }

  /// A number.
  package init(floatLiteral value: Double) { self = .number(value) }

  /// A boolean.
  package init(booleanLiteral value: Bool) { self = .bool(value) }

  /// `null`.
  package init(nilLiteral: ()) { self = .null }
}
