/// A sentence and its label: an example that a classifier is trained on.
public struct LabelledText: Equatable, Sendable {
  /// What it is called everywhere: `train-1`, or `train-1-aug-fi` for a paraphrase of it. The
  /// homework's *guid*, the unique name of an example.
  package var guid: String
  package var text: String
  /// As it was read: `1`, `positive`.
  package var label: String

  package init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }

  /// Sentences and labels in their order, numbered from 1 as GLUE's processors number them.
  ///
  /// Source: `Sst2Processor._create_examples` of transformers, which gives line `i` the guid
  /// `train-i`.
  package static func numbered(_ examples: [(text: String, label: String)]) -> [LabelledText] {
    examples.enumerated().map { row, example in
      LabelledText(guid: "train-\(row + 1)", text: example.text, label: example.label)
    }
  }
}
