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

  /// Refuses sizes that no model can have.
  ///
  /// - Parameter sizes: By their keys in `config.json`.
  static func check(
    _ sizes: KeyValuePairs<String, Int>, heads: String, channels: String, _ path: String
  ) throws(Fault) {
    for (key, size) in sizes where size < 1 {
      // With 0 heads C/H divides by 0; negative sizes come from damaged files.
      throw Fault(path, at: key, found: "\(size)", expected: "at least 1")
    }
    // Every head gets the same share, C/H; a remainder would belong to none.
    func size(_ key: String) -> Int { sizes.first { $0.key == key }?.value ?? 1 }
    if size(channels) % size(heads) != 0 {
      throw Fault(
        path, at: heads, found: "\(size(heads))",
        expected: "a divisor of \(channels) (\(size(channels)))")
    }
  }
}
