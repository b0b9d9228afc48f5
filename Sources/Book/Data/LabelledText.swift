/// # A labeled sentence
///
/// What a classifier is trained on: a text, the label that a person gave it, and a name by which
/// both can be found again in a listing, in an error analysis and in an augmented set. The
/// homework's tinySST is a TSV file: a line with the names of the columns, then a line for each
/// sentence, a tab between sentence and label.
///
///     sentence⇥label
///     its unerring respect for them ⇥1    →    guid "train-1", the text with its space, label "1"
///
/// Source: `InputExample` of transformers, homework Q3.1. Does not read files (the Workshop's room
/// Tables does), and does not know how many labels there are nor what they mean.
package struct LabelledText: Equatable, Sendable {
  /// What it is called everywhere: `train-1`, or `train-1-aug-fi` for a paraphrase of it. The
  /// homework's *guid*, the unique name of an example.
  package var guid: String
  // With the white space of the file: tinySST's sentences end with a space.
  package var text: String
  /// As it was read: `1`, `positive`.
  ///
  /// A string: which class it is, 0 or 1, is for the training run to say, which sees all labels.
  package var label: String

  package init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }

  /// Sentences and labels in their order, numbered from 1 as GLUE's processors number them.
  ///
  /// Source: `Sst2Processor._create_examples` of transformers, which gives line `i` the guid
  /// `train-i`.
  package static func numbered(_ examples: [(text: String, label: String)]) -> [LabelledText] {
    // Rows count from 0 here, names from 1. In GLUE's files line 0 is the header, so there the
    // line's number is the name's.
    examples.enumerated().map { row, example in
      // The guid is the key of a paraphrase (`train-1-aug-fi`), so it must be the same in every
      // run.
      LabelledText(guid: "train-\(row + 1)", text: example.text, label: example.label)
    }
  }
}
