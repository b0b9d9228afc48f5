import FoxFiles
import FoxFormats

/// What can go wrong with a BERT and what it is given.
public enum BERTError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// The configuration describes another kind of model.
  case architecture(path: String, found: String)
  /// A key of the configuration has a value that is wrong or not supported.
  case configuration(path: String, key: String, found: String, expected: String)
  /// A token id is outside the vocabulary.
  case token(id: Int, vocabulary: Int)
  /// A token type is outside the table of types.
  case type(id: Int, types: Int)
  /// A sequence is longer than the model has positions.
  case tooLong(tokens: Int, positions: Int)
  /// The parts of a batch do not fit each other.
  case batch(String)
  /// The pooler reads the first column, and the mask hides it.
  case firstTokenHidden(row: Int)
  /// Labels do not fit the batch or the model.
  case labels(String)
  /// The model does not have a part that is asked for.
  case missingPart(BERTPart)
  /// A checkpoint has been trained on another number of labels.
  case labelCount(file: String, found: [Int], labels: Int)
  /// The tokenizer has more tokens than the model has words.
  case tokenizer(tokens: Int, vocabulary: Int)
  /// A weight is NaN or infinite.
  case badWeight(tensor: String, index: Int, value: Float)
  /// All weights are finite, and the outputs are not: the numbers grew out of float32's range.
  case badOutput(row: Int)
}

/// A part that not every BERT has.
public enum BERTPart: String, Sendable {
  /// The dense layer over the first token.
  case pooler
  /// The classification head.
  case classifier
}

extension BERTError: ConfigurationFailure {}

extension BERTError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .architecture(let path, let found):
      "\(path): describes a model of type \(shown(found)); only bert is supported here"
    case .configuration(let path, let key, let found, let expected):
      "\(path): \(key) is \(found); supported is \(expected)"
    case .token(let id, let vocabulary):
      "token id \(id) is outside the model's vocabulary of \(vocabulary) (ids 0 to "
        + "\(vocabulary - 1)); does the tokenizer belong to the model?"
    case .type(let id, let types):
      "token type \(id) is outside the model's \(types) types (type_vocab_size)"
    case .tooLong(let tokens, let positions):
      "\(tokens) tokens are needed, but the model has \(positions) positions "
        + "(max_position_embeddings); give fewer, or let the tokenizer cut them"
    case .batch(let what), .labels(let what): what
    case .firstTokenHidden(let row):
      "the mask hides the first token of row \(row), which the pooler reads; pad on the right"
    case .missingPart(.pooler):
      "the model has no pooler; mean and cls need none"
    case .missingPart(.classifier):
      "the model has no classification head (classifier.weight); train one: fox train classifier"
    case .labelCount(let file, let found, let labels):
      "\(file): the classification head has the shape \(found), the model \(labels) labels; set "
        + "num_labels to \(found.first ?? 0), or take the model before it was trained on its task"
    case .tokenizer(let tokens, let vocabulary):
      "the tokenizer has ids up to \(tokens - 1), the model only \(vocabulary) words; the two do "
        + "not belong together"
    case .badWeight(let tensor, let index, let value):
      "the weights are damaged: element \(index) of \(tensor) is \(value)"
    case .badOutput(let row):
      "the outputs of row \(row) are not finite although every weight is: the model's numbers grow "
        + "beyond float32"
    }
  }
}
