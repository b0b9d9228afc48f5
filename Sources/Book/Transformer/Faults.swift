import FoxDecoding
import FoxNumbers

/// # What a model refuses
///
/// Input that no model reads, and weights that no model should have. Each fault says what was found
/// and what was expected, so that whoever reads it can do something about it.
///
/// Source: of a token or position that a table lacks, PyTorch says "index out of range in self". SPEC
/// `GPT2-9`, `GPT2-10`, `GPT2-17`, `BERT-8`.
///
/// What it does not do: it repairs nothing. Cutting a text that is too long is the caller's decision.
extension Fault {
  /// A key of a configuration has a value that is wrong or not supported.
  package static func configuration(
    path: String, key: String, found: String, expected: String
  ) -> Fault {
    // The key as it stands in the file: that is what the user has to change.
    Fault(path, at: key, found: found, expected: expected)
  }

  /// A token id is outside the vocabulary.
  package static func token(id: Int, vocabulary: Int) -> Fault {
    Fault(
      "the model", at: "token id", found: "\(id)",
      // An id beyond the table would read memory that is not the table's.
      expected: "0 to \(vocabulary - 1), its vocabulary",
      hint: "does the tokenizer belong to the model?")  // nearly always the cause
  }

  /// A text is longer than the model has positions.
  package static func tooLong(tokens: Int, positions: Int) -> Fault {
    Fault(
      // Positions are learned: wpe has no row for one more.
      "the text", found: "\(tokens) tokens", expected: "at most the model's \(positions) positions",
      hint: "give fewer")
  }

  /// There is no token to start from.
  package static var emptyPrompt: Fault {
    Fault(
      // Logits are those *after* a token. GPT-2 has no state from before the first.
      "the prompt", found: "no token", expected: "at least one to continue",
      // What stood between two texts when it was trained.
      hint: "\"<|endoftext|>\" starts a new text")
  }

  /// The parts of a batch do not fit each other.
  package static func batch(found: String, expected: String) -> Fault {
    // Ids, types, masks and labels go side by side: lengths that differ mean a mix-up.
    Fault("the batch", found: found, expected: expected)
  }

  /// A weight is NaN or infinite.
  package static func badWeight(tensor: String, index: Int, value: Float) -> Fault {
    Fault(
      // Name and index, since one NaN spreads to every number after it: logits do not tell from
      // where.
      "the weights", at: "\(tensor), element \(index)", found: "\(value)",
      expected: "a finite number", hint: "the file is damaged")
  }

  /// All weights are finite, and the logits are not.
  package static func badLogits(sequence: Int) -> Fault {
    Fault(
      // Thrown only after every weight was found finite: so sums overflowed, beyond 3.4e38.
      "the logits", at: "text \(sequence)", found: "numbers that are not finite",
      expected: "finite ones, as every weight is",
      hint: "the model's numbers grow beyond float32")
  }

  /// The first parameter that holds a NaN or an infinity.
  static func firstBad(of parameters: [(name: String, tensor: Tensor)]) -> Fault? {
    // In the order of the state dictionary, which is about the order in which a pass reads them.
    for (name, tensor) in parameters {
      if let bad = tensor.firstNonFinite {  // the first is enough: the file must be replaced anyway
        return .badWeight(tensor: name, index: bad.index, value: bad.value)
      }
    }
    return nil  // sound weights, so the numbers grew too large on the way
  }
}
