import FoxFiles

/// What can go wrong with tokenizers in more than one place, in the words of `Fault`.
extension Fault {
  /// The folder holds none of the files a tokenizer is read from.
  static func noTokenizer(_ folder: String) -> Fault {
    Fault(
      folder, found: "no tokenizer",
      expected: "tokenizer.json, or vocab.json and merges.txt, or encoder.json and vocab.bpe, or "
        + "vocab.txt")
  }

  /// The file asks for something that this package does not do.
  static func unsupported(_ file: String, _ feature: String) -> Fault {
    Fault(file, found: feature, expected: "what this package supports")
  }

  /// Two tokens have the same id.
  static func sameID(_ file: String, _ id: Int, _ first: String, _ second: String) -> Fault {
    Fault(
      file, found: "the id \(id) of both \(shown(first)) and \(shown(second))",
      expected: "another for each token")
  }

  /// No token has this id.
  static func unknownID(_ id: Int, below limit: Int) -> Fault {
    Fault("the ids", found: "\(id)", expected: "ids of tokens, 0 to \(limit - 1)")
  }

  /// Neither the options nor the tokenizer say a length.
  static let noMaxLength = Fault(
    "max_length", found: "none, nor a model_max_length in tokenizer_config.json",
    expected: "a length")
}

/// Where a merge stands.
enum MergePlace: CustomStringConvertible {
  /// In a line of a text file, counted from 1.
  case line(Int)
  /// In the array `model.merges` of a tokenizer.json, counted from 0.
  case index(Int)

  var description: String {
    switch self {
    case .line(let line): "line \(line)"
    case .index(let index): "model.merges[\(index)]"
    }
  }
}
