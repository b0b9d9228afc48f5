public struct Example: Equatable, Sendable {
  public var guid: String
  public var text: String
  public var label: String

  public init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }
}

/// Translates a text from one language to another.
public typealias Translate = (_ text: String, _ source: String, _ target: String) throws -> String

public func augmented(
  _ examples: [Example], by pivots: [String], translate: Translate
) throws -> [Example] {
  var paraphrases: [Example] = []
  for pivot in pivots {
    for example in examples {
      let text = try translate(try translate(example.text, "en", pivot), pivot, "en")
      let isKnown = paraphrases.contains {
        $0.guid.hasPrefix(example.guid + "/") && $0.text == text
      }
      if text == example.text || isKnown { continue }
      paraphrases.append(
        Example(guid: "\(example.guid)/\(paraphrases.count)", text: text, label: example.label))
    }
  }
  return examples + paraphrases
}
