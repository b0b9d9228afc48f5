import FoxFiles
import FoxFormats

/// What can go wrong with a GPT-2 and what it is given.
public enum GPT2Error: Error, Equatable, Sendable {
  /// The configuration describes another kind of model.
  case architecture(path: String, found: String)
  /// A key of the configuration has a value that is wrong or not supported.
  case configuration(path: String, key: String, found: String, expected: String)
  /// A token id is outside the vocabulary.
  case token(id: Int, vocabulary: Int)
  /// A sequence is longer than the model has positions.
  case tooLong(tokens: Int, positions: Int)
  /// There is no token to start from.
  case emptyPrompt
  /// The parts of a batch do not fit each other.
  case batch(String)
  /// A weight is NaN or infinite.
  case badWeight(tensor: String, index: Int, value: Float)
  /// All weights are finite, and the logits are not: the numbers grew out of float32's range.
  case badLogits(sequence: Int)
}

extension GPT2Error: ConfigurationFailure {}

extension GPT2Error: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .architecture(let path, let found):
      "\(path): describes a model of type \(shown(found)); only gpt2 is supported here"
    case .configuration(let path, let key, let found, let expected):
      "\(path): \(key) is \(found); supported is \(expected)"
    case .token(let id, let vocabulary):
      "token id \(id) is outside the model's vocabulary of \(vocabulary) (ids 0 to "
        + "\(vocabulary - 1)); does the tokenizer belong to the model?"
    case .tooLong(let tokens, let positions):
      "\(tokens) tokens are needed, but the model has \(positions) positions (n_positions); "
        + "give fewer"
    case .emptyPrompt:
      "the prompt is empty; GPT-2 needs at least one token to continue "
        + "(\"<|endoftext|>\" starts a new text)"
    case .batch(let what): what
    case .badWeight(let tensor, let index, let value):
      "the weights are damaged: element \(index) of \(tensor) is \(value)"
    case .badLogits(let sequence):
      "the logits of sequence \(sequence) are not finite although every weight is: the model's "
        + "numbers grow beyond float32"
    }
  }
}
