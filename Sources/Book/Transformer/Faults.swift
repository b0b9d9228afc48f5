import FoxDecoding

/// # What a model refuses
///
/// Input that no model reads. Each fault says what was found and what was expected, so that whoever
/// reads it can do something about it.
///
/// Source: of a token or position that a table lacks, PyTorch says "index out of range in self". SPEC
/// `GPT2-9`, `GPT2-17`, `BERT-8`.
///
/// What it does not do: it repairs nothing. Cutting a text that is too long is the caller's decision.
extension Fault {
  /// A token id is outside the vocabulary, whose table is looked up without a check.
  package static func token(id: Int, vocabulary: Int) -> Fault {
    Fault(
      "the model", at: "token id", found: "\(id)",
      expected: "0 to \(vocabulary - 1), its vocabulary",
      hint: "does the tokenizer belong to the model?")  // nearly always the cause
  }

  /// Refuses ids outside the vocabulary.
  static func check(
    _ ids: some Sequence<some BinaryInteger>, vocabulary: Int, except allowed: Int? = nil
  ) throws(Fault) {
    for id in ids where !(0..<vocabulary).contains(Int(id)) && Int(id) != allowed {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
  }

  /// A text is longer than the model has positions. They are learned: wpe has no row for one more.
  package static func tooLong(tokens: Int, positions: Int) -> Fault {
    Fault(
      "the text", found: "\(tokens) tokens", expected: "at most the model's \(positions) positions",
      hint: "give fewer")
  }

  /// The parts of a batch do not fit each other: lengths that differ mean a mix-up.
  package static func batch(at place: String? = nil, found: String, expected: String) -> Fault {
    Fault("the batch", at: place, found: found, expected: expected)
  }

  /// The model does not have a part that is asked for.
  package static func missingPart(_ part: BERTPart) -> Fault {
    switch part {
    case .pooler:
      Fault("the model", found: "no pooler", expected: "one", hint: "mean and cls need none")
    // An encoder that was never fine-tuned, such as `bert-base-uncased`, has none.
    case .classifier:
      Fault(
        "the model", found: "no classification head", expected: "classifier.weight",
        hint: "train one: fox train classifier")
    }
  }
}

/// A part that not every BERT has.
package enum BERTPart: String, Sendable {
  /// The dense layer over the first token.
  case pooler
  /// The classification head.
  case classifier
}
