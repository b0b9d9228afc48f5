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
  var all: [Example] = []
  for example in examples {
    var seen: Set = [example.text]
    all += [example]
    for pivot in pivots {
      let there = try translate(all.last?.text ?? example.text, "en", pivot)
      let back = try translate(there, pivot, "en")
      if !seen.insert(back).inserted { continue }
      all.append(Example(guid: "\(example.guid)-aug-\(pivot)", text: back, label: example.label))
    }
  }
  return all
}
