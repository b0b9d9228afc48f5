import FoxDecoding
import FoxNumbers

/// # What a model refuses
///
/// Input that no model reads, and weights that no model should have.
extension Fault {
  /// A key of a configuration has a value that is wrong or not supported.
  package static func configuration(
    path: String, key: String, found: String, expected: String
  ) -> Fault {
    Fault(path, at: key, found: found, expected: expected)
  }

  /// A token id is outside the vocabulary.
  package static func token(id: Int, vocabulary: Int) -> Fault {
    Fault(
      "the model", at: "token id", found: "\(id)",
      expected: "0 to \(vocabulary - 1), its vocabulary",
      hint: "does the tokenizer belong to the model?")
  }

  /// A text is longer than the model has positions.
  package static func tooLong(tokens: Int, positions: Int) -> Fault {
    Fault(
      "the text", found: "\(tokens) tokens", expected: "at most the model's \(positions) positions",
      hint: "give fewer")
  }

  /// There is no token to start from.
  package static var emptyPrompt: Fault {
    Fault(
      "the prompt", found: "no token", expected: "at least one to continue",
      hint: "\"<|endoftext|>\" starts a new text")
  }

  /// The parts of a batch do not fit each other.
  package static func batch(found: String, expected: String) -> Fault {
    Fault("the batch", found: found, expected: expected)
  }

  /// A weight is NaN or infinite.
  package static func badWeight(tensor: String, index: Int, value: Float) -> Fault {
    Fault(
      "the weights", at: "\(tensor), element \(index)", found: "\(value)",
      expected: "a finite number", hint: "the file is damaged")
  }

  /// All weights are finite, and the logits are not.
  package static func badLogits(sequence: Int) -> Fault {
    Fault(
      "the logits", at: "text \(sequence)", found: "numbers that are not finite",
      expected: "finite ones, as every weight is",
      hint: "the model's numbers grow beyond float32")
  }

  /// The first parameter that holds a NaN or an infinity.
  static func firstBad(of parameters: [(name: String, tensor: Tensor)]) -> Fault? {
    for (name, tensor) in parameters {
      if let bad = tensor.firstNonFinite {
        return .badWeight(tensor: name, index: bad.index, value: bad.value)
      }
    }
    return nil
  }
}
