/// The JSON document of an encoding, written straight to text: a tree of it would take many times
/// the memory of the text that was encoded.
enum EncodingText {
  /// Appends the document on one line, with its end.
  ///
  /// - Parameter overflow: Whether it has what was cut off, as `overflowing`.
  static func append(_ encoding: Encoding, overflow: Bool = false, to text: inout String) {
    members(encoding, to: &text)
    if overflow {
      text += ", \"overflowing\": "
      list(encoding.overflowing, to: &text) { part, text in
        members(part, to: &text)
        text += "}"
      }
    }
    text += "}\n"
  }

  private static func members(_ encoding: Encoding, to text: inout String) {
    text += "{\"ids\": "
    list(encoding.ids, to: &text) { $1 += String($0) }
    text += ", \"tokens\": "
    list(encoding.tokens, to: &text) { JSON.quote($0, into: &$1) }
    text += ", \"type_ids\": "
    list(encoding.typeIDs, to: &text) { $1 += String($0) }
    text += ", \"attention_mask\": "
    list(encoding.attentionMask, to: &text) { $1 += String($0) }
    text += ", \"offsets\": "
    list(encoding.offsets, to: &text) { $1 += "[\($0.lowerBound), \($0.upperBound)]" }
  }

  private static func list<Element>(
    _ elements: [Element], to text: inout String, _ write: (Element, inout String) -> Void
  ) {
    text += "["
    for (index, element) in elements.enumerated() {
      if index > 0 { text += ", " }
      write(element, &text)
    }
    text += "]"
  }
}
