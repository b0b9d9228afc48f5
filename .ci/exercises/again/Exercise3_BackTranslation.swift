public struct Example: Equatable, Sendable {
  public var guid: String
  public var text: String
  public var label: String
  public init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }
}
public typealias Translate = (_ text: String, _ source: String, _ target: String) throws -> String
// Pivot by pivot: first all originals, then each language's paraphrases.
public func augmented(_ examples: [Example], by pivots: [String], translate: Translate) throws
  -> [Example]
{
  var out = examples
  var seen = examples.map { Set([$0.text]) }
  for pivot in pivots {
    for i in examples.indices {
      let back = try translate(translate(examples[i].text, "en", pivot), pivot, "en")
      if seen[i].insert(back).inserted {
        out.append(Example(guid: "\(out.count)", text: back, label: examples[i].label))
      }
    }
  }
  return out
}
