import FoxKernels

/// Batches from outside, checked against a model before anything is computed or drawn. SPEC
/// `BERT-8`, `BERT-16`.
extension TokenRows {
  /// The tokens of a batch, text after text without padding.
  ///
  /// - Parameter readsFirst: Whether first tokens are read. A text whose first column is padding is
  ///   then refused: the reference's pooler would read the state of a padding token and give a vector
  ///   that means nothing.
  init(
    _ batch: BERTBatch, _ configuration: BERTConfiguration, readsFirst: Bool = false
  ) throws(Fault) {
    try batch.check(configuration)
    if readsFirst, let text = batch.mask?.firstIndex(where: { $0.first == 0 }) {
      throw Fault(
        "the batch", at: "text \(text)", found: "a mask that hides its first token",
        expected: "one that shows it, as the pooler reads it", hint: "pad on the right")
    }
    self.init(batch)
  }
}

extension BERTModel {
  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: ``Fault`` for ids, types and lengths that the model does not have, a missing pooler
  ///   or classifier, and a text that begins with padding.
  package func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    _ = try head()  // the cheapest refusal first
    return try logits(TokenRows(batch, configuration, readsFirst: true), arena)
  }
}

extension BERTBatch {
  /// Refuses what the lookups in tables would read beyond, and what has no result.
  fileprivate func check(_ configuration: BERTConfiguration) throws(Fault) {
    let lengths = ids.map(\.count)  // [B]: columns of each text, masked ones included
    // An empty batch has no mean loss and no vector; better a fault here than NaN later.
    guard let longest = lengths.max() else {
      throw .batch(found: "no text", expected: "at least one")
    }
    for (what, part) in [("list of token types", typeIDs), ("mask", mask)] {
      if let part, part.map(\.count) != lengths {
        throw .batch(
          found: "a \(what) of \(part.map(\.count))",
          expected: "one number for each token, \(lengths)")
      }
    }
    if longest > width {
      throw .batch(found: "a text of \(longest) tokens", expected: "at most its width, \(width)")
    }
    // The width, not the longest text: in the reference padding has positions, too.
    if width > configuration.positions {
      throw .tooLong(tokens: width, positions: configuration.positions)
    }
    // Padding is checked too: the reference looks it up. Some mark it by −1, for which that fails.
    try Fault.check(ids.joined(), vocabulary: configuration.vocabularySize)
    for type in (typeIDs ?? []).joined() where type < 0 || type >= configuration.types {
      throw Fault(
        "the model", at: "token type", found: "\(type)",
        expected: "0 to \(configuration.types - 1), its types (type_vocab_size)")
    }
    // The reference adds (1 − mask) · −10,000 to scores: a 2 would outweigh every other token.
    for (text, mask) in (mask ?? []).enumerated() {
      for (column, shown) in mask.enumerated() where shown != 0 && shown != 1 {
        throw .batch(
          at: "text \(text), mask, column \(column)", found: "\(shown)", expected: "0 or 1")
      }
    }
    // A softmax over no key has no value; the reference spreads attention over padding instead.
    for (text, ids) in ids.enumerated() where !(mask?[text] ?? ids.map { _ in 1 }).contains(1) {
      throw .batch(at: "text \(text)", found: "no token", expected: "at least one")
    }
  }
}
