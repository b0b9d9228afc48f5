import FoxFormats
import FoxKernels

/// What is wrong when a model gives numbers that are not finite, or does not fit what it is used with.
/// SPEC `GPT2-10`, `BERT-8`.
extension Fault {
  /// A key of a configuration has a value that is wrong or not supported.
  package static func configuration(
    path: String, key: String, found: String, expected: String
  ) -> Fault {
    Fault(path, at: key, found: found, expected: expected)
  }

  /// There is no token to start from: logits are those after a token.
  package static var emptyPrompt: Fault {
    Fault(
      "the prompt", found: "no token", expected: "at least one to continue",
      hint: "\"<|endoftext|>\" starts a new text")
  }

  /// A weight is NaN or infinite. One is enough to spread to every number after it.
  package static func badWeight(tensor: String, index: Int, value: Float) -> Fault {
    Fault(
      "the weights", at: "\(tensor), element \(index)", found: "\(value)",
      expected: "a finite number", hint: "the file is damaged")
  }

  /// All weights are finite, and the logits are not: sums overflowed.
  package static func badLogits(sequence: Int) -> Fault {
    overflow("the logits", at: "text \(sequence)")
  }

  /// All weights are finite, and the outputs are not.
  package static func badOutput(row: Int) -> Fault { overflow("the outputs", at: "row \(row)") }

  private static func overflow(_ subject: String, at place: String) -> Fault {
    Fault(
      subject, at: place, found: "numbers that are not finite",
      expected: "finite ones, as every weight is", hint: "the model's numbers grow beyond float32")
  }

  /// The first parameter that holds a NaN or an infinity.
  fileprivate static func firstBad(of parameters: [(name: String, tensor: Tensor)]) -> Fault? {
    for (name, tensor) in parameters {
      if let bad = tensor.firstNonFinite {
        return .badWeight(tensor: name, index: bad.index, value: bad.value)
      }
    }
    return nil
  }
}

extension GPT2Model {
  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters). Ask only when logits are not finite.
  package func firstBadWeight() -> Fault? { Fault.firstBad(of: parameters) }
}

extension BERTModel {
  /// The first parameter that holds a NaN or an infinity.
  ///
  /// - Complexity: O(parameters). Ask only when outputs are not finite.
  package func firstBadWeight() -> Fault? { Fault.firstBad(of: parameters) }

  /// Refuses a tokenizer that has ids the model has no words for; fewer ids than words do no harm.
  ///
  /// - Parameter tokens: One more than its greatest id.
  package func checkTokenizer(tokens: Int) throws(Fault) {
    if tokens > configuration.vocabularySize {
      throw Fault(
        "the tokenizer", found: "ids up to \(tokens - 1)",
        expected: "at most the model's \(configuration.vocabularySize) words",
        hint: "the two do not belong together")
    }
  }
}
